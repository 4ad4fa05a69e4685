// A safetensors file from bytes. Whatever is accepted must hold together: every view inside the file, of the size that
// its shape says, and none over another.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/tensor/safetensors.h"
#include "tests/fuzz/tensor/touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto file = tandem::SafetensorsFile::parse(bytes, "fuzz.safetensors");
    if (!file.ok()) {
        if (file.error().code.empty() || file.error().message.empty()) {
            std::abort();
        }
        return 0;
    }
    if (tandem::test::touch_tensors(**file, bytes) > size) {
        std::abort();
    }
    return 0;
}
