// A safetensors file from bytes. Whatever is accepted must hold together: every view inside the file, of the size that
// its shape says, and none over another.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/tensor/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto file = tandem::SafetensorsFile::parse(bytes, "fuzz.safetensors");
    if (!file.ok()) {
        if (file.error().code.empty() || file.error().message.empty()) {
            std::abort();
        }
        return 0;
    }
    std::size_t sum = 0;
    for (const tandem::TensorView& tensor : (*file)->tensors()) {
        const bool inside = tensor.data.empty() || (tensor.data.data() >= bytes.data() &&
                                                    tensor.data.data() + tensor.data.size() <= bytes.data() + size);
        if (!inside || tensor.elements() < 0 || (*file)->find(tensor.name) == nullptr) {
            std::abort();
        }
        unsigned touched = 0;
        for (const std::byte byte : tensor.data) {
            touched += static_cast<unsigned>(byte);
        }
        static volatile unsigned sink;
        sink = touched;
        sum += tensor.data.size();
    }
    if (sum > size) {
        std::abort();
    }
    return 0;
}
