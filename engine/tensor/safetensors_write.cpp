#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/tensor/safetensors.h"

namespace tandem {

std::vector<std::byte> write_safetensors(std::span<const TensorView> tensors,
                                         const std::map<std::string, std::string>& metadata) {
    const auto text_of = [](const nlohmann::json& value) {
        return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    };
    std::string json = metadata.empty() ? "{" : "{\"__metadata__\":" + text_of(metadata);
    std::size_t offset = 0;
    for (const TensorView& tensor : tensors) {
        const std::size_t end = offset + tensor.data.size();
        json += (json.size() > 1 ? "," : "") + text_of(tensor.name) + ":" +
                text_of({{"dtype", tensor_type_info(tensor.type).name},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, end}}});
        offset = end;
    }
    json += '}';
    json.append((8 - json.size() % 8) % 8, ' ');

    const std::uint64_t length = json.size();
    std::vector<std::byte> file(8 + json.size() + offset);
    std::byte* at = file.data();
    std::memcpy(at, &length, 8);
    at += 8;
    std::memcpy(at, json.data(), json.size());
    at += json.size();
    for (const TensorView& tensor : tensors) {
        if (!tensor.data.empty()) {
            std::memcpy(at, tensor.data.data(), tensor.data.size());
            at += tensor.data.size();
        }
    }
    return file;
}

}  // namespace tandem
