#include "engine/models/adapter.h"

#include <array>

#include "engine/tensor/foreign_file.h"

namespace tandem {
namespace {

constexpr std::string_view beginning = "base_model.model.";

Error fault(const char* code, const std::string& message, const std::string& where) {
    return {.code = code, .message = message + "; nothing was loaded", .where = where, .kind = ErrorKind::bad_input};
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (const std::int64_t size : shape) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    }
    return text + "]";
}

// "model.layers.0.self_attn.q_proj" and which of its tensors it is.
struct AdapterName {
    enum class Role { whole, down, up, embedding_down, embedding_up, magnitude };
    std::string module;  // of Role::whole the tensor's whole name
    Role role = Role::whole;
};

AdapterName parse_name(std::string_view name) {
    using Role = AdapterName::Role;
    static constexpr std::array<std::pair<std::string_view, Role>, 6> endings{{
        {".lora_A.weight", Role::down},
        {".lora_B.weight", Role::up},
        {".lora_embedding_A", Role::embedding_down},
        {".lora_embedding_B", Role::embedding_up},
        {".lora_magnitude_vector", Role::magnitude},
        {".lora_magnitude_vector.weight", Role::magnitude},
    }};
    for (const auto& [ending, role] : endings) {
        if (name.ends_with(ending)) {
            return {std::string(name.substr(0, name.size() - ending.size())), role};
        }
    }
    // The model's own numbers as they were beside the adapter, or trained with it.
    std::string whole(name);
    for (const std::string_view part : {".base_layer.", ".modules_to_save."}) {
        if (const auto at = whole.rfind(part); at != std::string::npos) {
            whole.replace(at, part.size(), ".");
        }
    }
    return {std::move(whole), Role::whole};
}

class Reader {
public:
    Reader(const AdapterConfig& config, const ModelShape& shape, const TensorList& list, std::string where)
        : config_(config), shape_(shape), list_(list), where_(std::move(where)) {}

    Result<void> add(const TensorView& tensor, Adapter& adapter) const {
        using Role = AdapterName::Role;
        if (!tensor.name.starts_with(beginning)) {
            return fault("ADAPTER_TENSOR",
                         "tensor '" + tensor.name + "' does not begin with '" + std::string(beginning) + "'", where_);
        }
        const AdapterName name = parse_name(std::string_view(tensor.name).substr(beginning.size()));
        const bool whole = name.role == Role::whole;
        const TensorSpec* spec = list_.find_in_folder(whole ? name.module : name.module + ".weight");
        if (spec == nullptr) {
            return fault("ADAPTER_TENSOR",
                         "tensor '" + tensor.name + "' is for a module that the model (" + shape_.architecture +
                             ") has not, or that shares its numbers with another",
                         where_);
        }
        AdapterChange& change = adapter.changes[spec->name()];
        if (whole) {
            change.replaced = &tensor;
            return check_whole(tensor, *spec);
        }
        if (spec->shape.size() != 2) {
            return fault("ADAPTER_TENSOR", "tensor '" + tensor.name + "' is for a module that is no matrix", where_);
        }
        if (!TANDEM_TRY(config_.targets(name.module))) {
            return fault("ADAPTER_TENSOR",
                         "tensor '" + tensor.name + "' is for a module that target_modules does not name", where_);
        }
        change.scale = TANDEM_TRY(config_.scale_of(name.module));
        change.of_embedding =
            name.role == Role::embedding_down || name.role == Role::embedding_up || change.of_embedding;
        const std::int64_t rank = TANDEM_TRY(config_.rank_of(name.module));
        const std::int64_t rows = spec->shape[0];
        const std::int64_t columns = spec->shape[1];
        switch (name.role) {
            case Role::down:
                change.down = &tensor;
                return check_shape(tensor, {rank, columns});
            case Role::up:
                change.up = &tensor;
                return check_shape(tensor, {rows, rank});
            case Role::embedding_down:
                change.down = &tensor;
                return check_shape(tensor, {rank, rows});
            case Role::embedding_up:
                change.up = &tensor;
                return check_shape(tensor, {columns, rank});
            case Role::magnitude:
            case Role::whole:
                break;
        }
        change.magnitude = &tensor;
        return check_shape(tensor, {rows});
    }

    // What can only be seen once all tensors are there.
    Result<void> check(const Adapter& adapter) const {
        for (const auto& [name, change] : adapter.changes) {
            if ((change.down == nullptr) != (change.up == nullptr) ||
                (change.magnitude != nullptr && change.down == nullptr)) {
                return fault("ADAPTER_TENSOR", "of the adapter's matrices for '" + name + "' one is not there", where_);
            }
            if ((change.magnitude != nullptr) != (config_.decomposed && change.down != nullptr)) {
                return fault("ADAPTER_TENSOR",
                             "use_dora is " + std::string(config_.decomposed ? "true" : "false") + " and '" + name +
                                 "' has " + (change.magnitude == nullptr ? "no" : "a") + " lora_magnitude_vector",
                             where_);
            }
            const bool embedding = change.of_embedding || list_.find(name)->part == Part::embedding;
            if (shape_.tied_embeddings && embedding) {
                return refuse(
                    "an adapter of an embedding that is the output's matrix too (with the reference it depends "
                    "on whether it is merged)");
            }
            if (change.of_embedding && change.magnitude != nullptr) {
                return refuse("DoRA of an embedding");
            }
        }
        if (adapter.changes.empty()) {
            return fault("ADAPTER_TENSOR", "the adapter has no tensors", where_);
        }
        return {};
    }

private:
    Result<void> check_shape(const TensorView& tensor, const std::vector<std::int64_t>& need) const {
        if (tensor.shape != need) {
            return fault("ADAPTER_SHAPE",
                         "tensor '" + tensor.name + "' is " + shape_text(tensor.shape) + ", need " + shape_text(need) +
                             " by the model's shape and the adapter's rank",
                         where_);
        }
        TANDEM_TRY(dequantise(tensor.type, {}, {}));  // refuses what is not a number to compute with
        return {};
    }
    Result<void> check_whole(const TensorView& tensor, const TensorSpec& spec) const {
        std::vector<std::int64_t> need = spec.shape;
        if (spec.hugging_face.transposed) {
            std::swap(need[0], need[1]);
        }
        return check_shape(tensor, need);
    }
    Error refuse(const std::string& what) const {
        return {.code = "ADAPTER_UNSUPPORTED",
                .message = what + " is not supported by this version; nothing was loaded",
                .where = where_,
                .kind = ErrorKind::unsupported};
    }

    const AdapterConfig& config_;
    const ModelShape& shape_;
    const TensorList& list_;
    std::string where_;
};

}  // namespace

std::int64_t Adapter::parameters() const {
    std::int64_t sum = 0;
    for (const auto& [name, change] : changes) {
        for (const TensorView* tensor : {change.replaced, change.down, change.up, change.magnitude}) {
            sum += tensor == nullptr ? 0 : static_cast<std::int64_t>(tensor->elements());
        }
    }
    return sum;
}

Result<Adapter> open_adapter(const std::filesystem::path& folder, const ModelShape& shape, const TensorList& list) {
    const AdapterConfig config = TANDEM_TRY(open_adapter_config(folder));
    const auto path = folder / "adapter_model.safetensors";
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        if (std::filesystem::exists(folder / "adapter_model.bin", ignored)) {
            return pickle_refused("an adapter in PyTorch's own format ('adapter_model.bin')", folder.string());
        }
        return fault("ADAPTER_NOT_FOUND", "there is no adapter_model.safetensors", folder.string());
    }
    Adapter adapter{.file = TANDEM_TRY(SafetensorsFile::open(path)), .changes = {}};
    const Reader reader(config, shape, list, path.string());
    for (const TensorView& tensor : adapter.file->tensors()) {
        TANDEM_TRY(reader.add(tensor, adapter));
    }
    TANDEM_TRY(reader.check(adapter));
    return adapter;
}

}  // namespace tandem
