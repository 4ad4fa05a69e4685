# Finds libtorch once, for modules and tests that compute. TANDEM_TORCH_PREFIX is the folder that holds include/, lib/
# and share/cmake/Torch; without it the usual places are searched. A CUDA build is taken the same way.

set(TANDEM_TORCH_PREFIX "" CACHE PATH "Folder of libtorch: the one with include/, lib/ and share/cmake/Torch")

# Its configuration looks for the profiler's static library, which is part of libtorch_cpu and ships nowhere.
if(TANDEM_TORCH_PREFIX)
    set(kineto_LIBRARY "${TANDEM_TORCH_PREFIX}/lib/libtorch_cpu.so")
    find_package(Torch REQUIRED PATHS "${TANDEM_TORCH_PREFIX}/share/cmake/Torch" NO_DEFAULT_PATH)
else()
    find_package(Torch REQUIRED)
endif()
if(Torch_VERSION AND Torch_VERSION VERSION_LESS 2.11)
    message(FATAL_ERROR "libtorch ${Torch_VERSION} at ${TORCH_INSTALL_PREFIX} is too old; need 2.11 or newer")
endif()
# at::parallel_for is a header: without OpenMP in our own code it runs on one thread. The runtime that a wheel brings is
# linked instead of the compiler's own, as a process must have one only.
# clang without its own OpenMP, which the sanitizers and fuzz targets are built with, does with one thread.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    find_package(OpenMP COMPONENTS CXX)
else()
    find_package(OpenMP REQUIRED COMPONENTS CXX)
endif()
file(GLOB tandem_openmp "${TORCH_INSTALL_PREFIX}/lib/libgomp*.so*")
if(NOT tandem_openmp)
    set(tandem_openmp ${OpenMP_CXX_LIBRARIES})
endif()

# Everything that is compiled with torch headers links this. They are system headers: their warnings are not ours.
add_library(tandem_torch INTERFACE)
target_link_libraries(tandem_torch INTERFACE ${TORCH_LIBRARIES} ${tandem_openmp} Threads::Threads)
target_include_directories(tandem_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
separate_arguments(torch_flags NATIVE_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(tandem_torch INTERFACE ${torch_flags} ${OpenMP_CXX_FLAGS})

# Folders where MKL was on the machine that built libtorch; they would end up in our programs' search path.
if(TARGET caffe2::mkl)
    set_target_properties(caffe2::mkl PROPERTIES INTERFACE_LINK_DIRECTORIES "")
endif()

# Installed programs find libtorch where it was found at build time.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

# Parsing ATen's headers takes most of a compilation: they are compiled once for libraries and once for programs, whose
# code is position-independent in another way.
foreach(kind libraries programs)
    add_library(tandem_precompiled_${kind} STATIC "${CMAKE_SOURCE_DIR}/engine/precompiled.cpp")
    target_link_libraries(tandem_precompiled_${kind} PUBLIC tandem_flags tandem_torch)
    target_precompile_headers(tandem_precompiled_${kind} PRIVATE "${CMAKE_SOURCE_DIR}/engine/precompiled.h")
endforeach()
set_target_properties(tandem_precompiled_programs PROPERTIES POSITION_INDEPENDENT_CODE OFF)
target_compile_options(tandem_precompiled_programs PRIVATE -fPIE)

# tandem_torch_library(NAME SOURCES ... DEPENDS ...): tandem_library with libtorch and its precompiled headers.
function(tandem_torch_library name)
    tandem_library(${name} ${ARGN})
    target_link_libraries(${name} PUBLIC tandem_torch)
    target_precompile_headers(${name} REUSE_FROM tandem_precompiled_libraries)
endfunction()

# tandem_torch_program(NAME): a program or test, already declared, gets the same. libtorch computes on every core, so
# ctest runs such a test alone: threads that wait for each other on fewer cores crawl.
cmake_host_system_information(RESULT tandem_cores QUERY NUMBER_OF_LOGICAL_CORES)
function(tandem_torch_program name)
    if(TEST ${name})
        set_tests_properties(${name} PROPERTIES PROCESSORS ${tandem_cores})
        set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT OMP_WAIT_POLICY=passive)
    endif()
    target_link_libraries(${name} PRIVATE tandem_torch)
    target_precompile_headers(${name} REUSE_FROM tandem_precompiled_programs)
endfunction()
