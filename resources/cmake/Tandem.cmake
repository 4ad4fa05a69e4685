# How Tandem's libraries, programs, tests and fuzz targets are declared. One call each, so that a module's
# CMakeLists.txt is its list of sources and of the modules it may include.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Assertions of the standard library stay on; -O2 with line tables keeps builds short and crash logs readable.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG" CACHE STRING "" FORCE)

include(GNUInstallDirs)
find_package(Threads REQUIRED)
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(tandem_flags INTERFACE)
target_include_directories(tandem_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(tandem_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                              -Wnon-virtual-dtor -Woverloaded-virtual -Werror=return-type)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A designated initialiser that leaves defaulted members out is how options are written here.
    target_compile_options(tandem_flags INTERFACE -Wno-missing-field-initializers)
else()
    target_compile_options(tandem_flags INTERFACE -Wno-missing-field-initializers -Wno-gnu-statement-expression
                                                  -Wno-missing-braces)
endif()
if(TANDEM_SANITIZE)
    target_compile_options(tandem_flags INTERFACE -fsanitize=${TANDEM_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all)
    target_link_options(tandem_flags INTERFACE -fsanitize=${TANDEM_SANITIZE})
endif()
if(TANDEM_FUZZ)
    target_compile_options(tandem_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# tandem_library(NAME SOURCES ... DEPENDS ...): a static library of one module.
function(tandem_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC tandem_flags ${ARG_DEPENDS})
endfunction()

# tandem_program(NAME SOURCES ... DEPENDS ...): an installed program in build/PRESET/bin.
function(tandem_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE tandem_flags ${ARG_DEPENDS})
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# tandem_test(NAME LABEL unit SOURCES ... DEPENDS ... [TIMEOUT s]): one GoogleTest program, one ctest entry.
function(tandem_test name)
    cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;DEPENDS;ENVIRONMENT" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE tandem_flags ${ARG_DEPENDS} GTest::gtest GTest::gtest_main)
    target_compile_definitions(${name} PRIVATE TANDEM_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                               TANDEM_BINARY_DIR="${CMAKE_BINARY_DIR}")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT}
                                            ENVIRONMENT "${ARG_ENVIRONMENT}")
endfunction()

# tandem_fuzz(NAME SOURCES ... DEPENDS ...): a libFuzzer target in build/PRESET/fuzz where TANDEM_FUZZ is on, and in
# every build a test that runs the inputs of tests/fuzz/corpus/NAME through the same entry function.
function(tandem_fuzz name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
    set(corpus "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
    if(EXISTS "${corpus}")
        add_executable(corpus_${name} ${ARG_SOURCES} "${CMAKE_SOURCE_DIR}/tests/fuzz/run_corpus.cpp")
        target_link_libraries(corpus_${name} PRIVATE tandem_flags ${ARG_DEPENDS})
        set_target_properties(corpus_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
        add_test(NAME corpus_${name} COMMAND corpus_${name} "${corpus}")
        set_tests_properties(corpus_${name} PROPERTIES LABELS unit TIMEOUT 120)
    endif()
    if(NOT TANDEM_FUZZ)
        return()
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE tandem_flags ${ARG_DEPENDS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
endfunction()
