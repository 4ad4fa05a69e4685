#include "engine/convert/weight_target.h"

#include <algorithm>
#include <array>
#include <vector>

namespace tandem {
namespace {

struct Target {
    std::string_view name;
    TensorType type;
};

constexpr std::array<Target, 13> targets{{{"f32", TensorType::f32},
                                          {"f16", TensorType::f16},
                                          {"bf16", TensorType::bf16},
                                          {"q8_0", TensorType::q8_0},
                                          {"q6_k", TensorType::q6_k},
                                          {"q5_k", TensorType::q5_k},
                                          {"q5_1", TensorType::q5_1},
                                          {"q5_0", TensorType::q5_0},
                                          {"q4_k", TensorType::q4_k},
                                          {"q4_1", TensorType::q4_1},
                                          {"q4_0", TensorType::q4_0},
                                          {"q3_k", TensorType::q3_k},
                                          {"q2_k", TensorType::q2_k}}};

// Parts of names of matrices that llama.cpp keeps as they are: it computes with them element by element.
constexpr std::array<std::string_view, 12> kept{
    "_norm.weight", "ffn_gate_inp.weight", "position_embd", "pos_embd",   "token_types",  "ssm_conv1d",
    "shortconv",    "time_mix_",           "attn_rel_b",    "rope_freqs", "rope_factors", "per_layer_model_proj"};

bool fits(TensorType type, std::int64_t columns) {
    return columns % tensor_type_info(type).block_elements == 0;
}

TensorType next_larger(TensorType type) {
    switch (type) {
        case TensorType::q2_k:
        case TensorType::q3_k:
            return TensorType::q4_0;
        case TensorType::q4_k:
            return TensorType::q5_0;
        case TensorType::q5_k:
            return TensorType::q5_1;
        case TensorType::q6_k:
            return TensorType::q8_0;
        default:
            return TensorType::f16;
    }
}

}  // namespace

std::string WeightTarget::name() const {
    if (kind == Kind::keep) {
        return "keep";
    }
    if (kind == Kind::int8) {
        return "int8";
    }
    for (const Target& target : targets) {
        if (target.type == type) {
            return std::string(target.name);
        }
    }
    return std::string(tensor_type_info(type).name);
}

std::vector<std::string> weight_target_names() {
    std::vector<std::string> names;
    for (const Target& target : targets) {
        names.emplace_back(target.name);
    }
    names.emplace_back("int8");
    return names;
}

Result<WeightTarget> weight_target(std::string_view name) {
    if (name == "keep") {
        return WeightTarget{};
    }
    if (name == "int8") {
        return WeightTarget{.kind = WeightTarget::Kind::int8, .type = TensorType::i8};
    }
    for (const Target& target : targets) {
        if (target.name == name) {
            return WeightTarget{.kind = WeightTarget::Kind::type, .type = target.type};
        }
    }
    std::string known;
    for (const std::string& one : weight_target_names()) {
        known += (known.empty() ? "" : ", ") + one;
    }
    return Error{.code = "CONVERT_TYPE",
                 .message = "'" + std::string(name.substr(0, 40)) + "' is no type to convert to; there are " + known,
                 .where = "--to",
                 .kind = ErrorKind::bad_input};
}

bool is_weight_matrix(std::string_view gguf_name, std::span<const std::int64_t> shape) {
    if (shape.size() < 2 || !gguf_name.ends_with("weight") || shape.back() <= 1 || shape[shape.size() - 2] <= 1) {
        return false;
    }
    return std::none_of(kept.begin(), kept.end(),
                        [&](std::string_view part) { return gguf_name.find(part) != std::string_view::npos; });
}

TensorType fitting_type(TensorType wanted, std::int64_t columns, bool delicate, bool pure) {
    TensorType type = wanted;
    const bool coarse = is_quantised(wanted) && wanted != TensorType::q8_0 && wanted != TensorType::q6_k;
    if (delicate && !pure && coarse) {
        type = TensorType::q6_k;
    }
    while (!fits(type, columns)) {
        type = next_larger(type);
    }
    return type;
}

}  // namespace tandem
