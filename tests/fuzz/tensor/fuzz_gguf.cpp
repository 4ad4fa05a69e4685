// A GGUF from bytes, its tensors touched and its model's shape read.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/models/inspect.h"
#include "engine/tensor/gguf.h"
#include "tests/fuzz/tensor/touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto file = tandem::GgufFile::parse(bytes, "fuzz.gguf");
    if (!file.ok()) {
        if (file.error().code.empty() || file.error().message.empty()) {
            std::abort();
        }
        return 0;
    }
    (void)tandem::test::touch_tensors(**file, bytes);
    for (const auto& [key, value] : (*file)->metadata()) {
        (void)(*file)->integer(key).ok();
        (void)(*file)->real(key).ok();
        (void)(*file)->reals(key).ok();
    }
    if (const auto shape = tandem::shape_from_gguf(**file); shape.ok()) {
        if (shape->heads <= 0 || shape->hidden <= 0 || tandem::parameter_count(*shape) <= 0) {
            std::abort();
        }
    }
    return 0;
}
