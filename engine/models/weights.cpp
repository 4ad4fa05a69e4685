#include "engine/models/weights.h"

namespace tandem {
namespace {

// What stands for numbers that were left out takes no memory.
std::int64_t bytes_of(const at::Tensor& tensor) {
    return tensor.is_meta() ? 0 : static_cast<std::int64_t>(tensor.nbytes());
}

}  // namespace

bool Weights::has(const std::string& name) const {
    const TensorSpec* spec = list_.find(name);
    return spec != nullptr && (!(spec->optional || spec->derived) || source_.has(*spec));
}

const TensorSpec* Weights::spec_of(const std::string& name) {
    const TensorSpec* spec = fault_ ? nullptr : list_.find(name);
    if (!fault_ && spec == nullptr) {
        fault_ = Error{.code = "INTERNAL",
                       .message = "the family's list has no tensor '" + name + "'; nothing was loaded",
                       .kind = ErrorKind::internal};
    }
    return spec;
}

WeightMatrix Weights::matrix(const std::string& name) {
    const TensorSpec* spec = spec_of(name);
    if (spec == nullptr) {
        return {};
    }
    auto matrix = source_.matrix(*spec);
    if (!matrix) {
        fault_ = std::move(matrix).error();
        return {};
    }
    bytes_ += matrix->bytes();
    return std::move(matrix).value();
}

at::Tensor Weights::dense_matrix(const std::string& name) {
    const TensorSpec* spec = spec_of(name);
    if (spec == nullptr) {
        return {};
    }
    auto dense = source_.dense_matrix(*spec);
    if (!dense) {
        fault_ = std::move(dense).error();
        return {};
    }
    bytes_ += bytes_of(*dense);
    return std::move(dense).value();
}

at::Tensor Weights::tensor(const std::string& name) {
    const TensorSpec* spec = spec_of(name);
    if (spec == nullptr) {
        return {};
    }
    auto tensor = source_.tensor(*spec);
    if (!tensor) {
        fault_ = std::move(tensor).error();
        return {};
    }
    bytes_ += bytes_of(*tensor);
    return std::move(tensor).value();
}

Linear Weights::linear(const std::string& name) {
    Linear linear;
    linear.weight = matrix(name + ".weight");
    if (has(name + ".bias")) {
        linear.bias = tensor(name + ".bias");
    }
    return linear;
}

Linear Weights::output(const WeightMatrix& embedding, const std::string& name) {
    return has(name + ".weight") ? linear(name) : Linear{embedding, {}};
}

RmsNorm Weights::rms_norm(const std::string& name, double epsilon) {
    return {.weight = tensor(name + ".weight"), .epsilon = epsilon};
}

LayerNorm Weights::layer_norm(const std::string& name, double epsilon) {
    LayerNorm norm{.weight = tensor(name + ".weight"), .epsilon = epsilon};
    if (has(name + ".bias")) {
        norm.bias = tensor(name + ".bias");
    }
    return norm;
}

Projections Weights::projections(const std::string& name) {
    return {.query = linear(name + "q_proj"), .key = linear(name + "k_proj"), .value = linear(name + "v_proj")};
}

GatedMlp Weights::gated_mlp(const std::string& name, Activation activation) {
    return {.gate = linear(name + "gate_proj"),
            .up = linear(name + "up_proj"),
            .down = linear(name + "down_proj"),
            .activation = activation};
}

Result<void> Weights::done() const {
    if (fault_) {
        return *fault_;
    }
    return source_.check_all_known();
}

}  // namespace tandem
