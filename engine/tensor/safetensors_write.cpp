#include "engine/tensor/safetensors_write.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "engine/api/utf8.h"
#include "engine/tensor/safetensors.h"

namespace tandem {
namespace {

Error fault(const char* code, const std::string& message) {
    return {.code = code, .message = message + "; nothing was written", .kind = ErrorKind::bad_input};
}

std::string text_of(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The head over tensors whose sizes are known.
template <class Tensors, class Size>
std::string make_head(const Tensors& tensors, Size size_of, const std::map<std::string, std::string>& metadata) {
    std::string json = metadata.empty() ? "{" : "{\"__metadata__\":" + text_of(metadata);
    std::uint64_t offset = 0;
    for (const auto& tensor : tensors) {
        const std::uint64_t end = offset + static_cast<std::uint64_t>(size_of(tensor));
        json += (json.size() > 1 ? "," : "") + text_of(tensor.name) + ":" +
                text_of({{"dtype", tensor_type_info(tensor.type).name},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, end}}});
        offset = end;
    }
    json += '}';
    json.append((8 - json.size() % 8) % 8, ' ');
    const std::uint64_t length = json.size();
    return std::string(reinterpret_cast<const char*>(&length), sizeof length) + json;
}

std::int64_t element_bytes(const TensorPlan& tensor) {
    return tensor_type_info(tensor.type).block_bytes;
}

std::string shard_name(std::size_t index, std::size_t count) {
    char name[64];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", index + 1, count);
    return name;
}

}  // namespace

Result<std::string> safetensors_head(std::span<const TensorPlan> tensors,
                                     const std::map<std::string, std::string>& metadata) {
    std::unordered_set<std::string_view> names{"__metadata__"};
    for (const TensorPlan& tensor : tensors) {
        if (!names.insert(tensor.name).second || find_invalid_utf8(tensor.name)) {
            return fault("ST_WRITE_NAME",
                         "tensor '" + printable(tensor.name) + "' occurs twice, is no text, or is a reserved name");
        }
        if (is_quantised(tensor.type)) {
            return fault("ST_WRITE_TYPE", "tensor '" + printable(tensor.name) + "' is " +
                                              std::string(tensor_type_info(tensor.type).name) +
                                              ", which safetensors has no type for; it holds plain numbers");
        }
        (void)TANDEM_TRY(stored_bytes(tensor));
    }
    return make_head(
        tensors, [](const TensorPlan& tensor) { return stored_bytes(tensor).value(); }, metadata);
}

Result<SafetensorsWriter> SafetensorsWriter::create(const std::filesystem::path& path,
                                                    std::span<const TensorPlan> tensors,
                                                    const std::map<std::string, std::string>& metadata) {
    const std::string head = TANDEM_TRY(safetensors_head(tensors, metadata));
    std::int64_t bytes = 0;
    for (const TensorPlan& tensor : tensors) {
        bytes += TANDEM_TRY(stored_bytes(tensor));
    }
    OutputFile file = TANDEM_TRY(OutputFile::create(path));
    TANDEM_TRY(file.append(head));
    return SafetensorsWriter(std::move(file), bytes);
}

Result<void> SafetensorsWriter::append(std::span<const std::byte> bytes) {
    left_ -= static_cast<std::int64_t>(bytes.size());
    if (left_ < 0) {
        return fault("TENSOR_SIZE", std::to_string(-left_) + " bytes more than the planned tensors hold");
    }
    return file_.append(bytes);
}

Result<void> SafetensorsWriter::finish() {
    if (left_ != 0) {
        return fault("TENSOR_SIZE", std::to_string(left_) + " bytes of the planned tensors are missing");
    }
    return file_.commit();
}

Result<std::vector<SafetensorsShard>> plan_shards(std::span<const TensorPlan> tensors, std::int64_t largest) {
    std::vector<SafetensorsShard> shards;
    for (const TensorPlan& tensor : tensors) {
        const std::int64_t bytes = TANDEM_TRY(stored_bytes(tensor));
        if (shards.empty() || (!shards.back().tensors.empty() && bytes > largest - shards.back().bytes)) {
            shards.emplace_back();
        }
        shards.back().tensors.push_back(tensor);
        shards.back().bytes += bytes;
    }
    for (std::size_t i = 0; i < shards.size(); ++i) {
        shards[i].file = shards.size() == 1 ? "model.safetensors" : shard_name(i, shards.size());
        std::stable_sort(shards[i].tensors.begin(), shards[i].tensors.end(),
                         [](const TensorPlan& a, const TensorPlan& b) { return element_bytes(a) > element_bytes(b); });
    }
    return shards;
}

std::string shard_index(std::span<const SafetensorsShard> shards) {
    std::int64_t total = 0;
    nlohmann::json map = nlohmann::json::object();
    for (const SafetensorsShard& shard : shards) {
        total += shard.bytes;
        for (const TensorPlan& tensor : shard.tensors) {
            map[tensor.name] = shard.file;
        }
    }
    const nlohmann::json index{{"metadata", {{"total_size", total}}}, {"weight_map", std::move(map)}};
    return index.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::vector<std::byte> write_safetensors(std::span<const TensorView> tensors,
                                         const std::map<std::string, std::string>& metadata) {
    const std::string head = make_head(
        tensors, [](const TensorView& tensor) { return tensor.data.size(); }, metadata);
    std::vector<std::byte> file(head.size());
    std::memcpy(file.data(), head.data(), head.size());
    for (const TensorView& tensor : tensors) {
        file.insert(file.end(), tensor.data.begin(), tensor.data.end());
    }
    return file;
}

}  // namespace tandem
