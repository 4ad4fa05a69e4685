// model.safetensors.index.json: no accepted file name may lead out of the folder.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/tensor/safetensors_index.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto map = tandem::parse_weight_map({reinterpret_cast<const char*>(data), size}, "index");
    if (map.ok()) {
        for (const auto& [tensor, file] : *map) {
            if (file.empty() || file == ".." || file.find('/') != file.npos || file.find('\0') != file.npos) {
                std::abort();
            }
        }
    }
    return 0;
}
