#include "engine/models/inspect_parts.h"

#include <array>
#include <utility>

#include "engine/models/inspect.h"

namespace tandem {
namespace {

// First match decides: "attn_norm" is a norm, "self_attn.q_norm" too.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> part_names{{
    {"rope_freqs", "other"},
    {"rotary_emb", "other"},
    {"norm", "norm"},
    {"token_embd", "embedding"},
    {"embed_tokens", "embedding"},
    {"lm_head", "output"},
    {"attn", "attention"},
    {"ffn", "mlp"},
    {"mlp", "mlp"},
    {"output.weight", "output"},
    {"output.bias", "output"},
}};

struct ShapeCount {
    std::int64_t embedding;
    std::int64_t attention;
    std::int64_t mlp;
    std::int64_t norm;
    std::int64_t output;
};

ShapeCount count(const ModelShape& shape) {
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    const std::int64_t attention_bias = shape.attention_bias ? query + 2 * key + shape.hidden : 0;
    const std::int64_t mlp_bias = shape.mlp_bias ? 2 * shape.ffn + shape.hidden : 0;
    return {.embedding = shape.vocab * shape.hidden,
            .attention = shape.layers * (shape.hidden * (2 * query + 2 * key) + attention_bias),
            .mlp = shape.layers * (3 * shape.hidden * shape.ffn + mlp_bias),
            .norm = (2 * shape.layers + 1) * shape.hidden,
            .output = shape.tied_embeddings ? 0 : shape.vocab * shape.hidden};
}

}  // namespace

std::string_view part_of(std::string_view tensor_name) {
    for (const auto& [text, part] : part_names) {
        if (tensor_name.find(text) != std::string_view::npos) {
            return part;
        }
    }
    return "other";
}

std::int64_t parameter_count(const ModelShape& shape) {
    const ShapeCount parts = count(shape);
    return parts.embedding + parts.attention + parts.mlp + parts.norm + parts.output;
}

void sum_tensors(const WeightFile& file, ModelFacts& facts) {
    for (const TensorView& tensor : file.tensors()) {
        const std::string_view part = part_of(tensor.name);
        const auto bytes = static_cast<std::int64_t>(tensor.data.size());
        facts.weights_bytes += bytes;
        facts.bytes_by_part[std::string(part)] += bytes;
        ++facts.tensors_by_type[std::string(tensor_type_info(tensor.type).name)];
        if (part != "other") {
            facts.parameters += tensor.elements();
        }
    }
    const std::int64_t expected = parameter_count(facts.shape);
    if (facts.parameters != expected) {
        facts.warnings.push_back("W_PARAMETERS: the file holds " + std::to_string(facts.parameters) +
                                 " parameters, a model of its stated shape has " + std::to_string(expected));
    }
}

void sum_shape(ModelFacts& facts) {
    constexpr std::int64_t bytes = 4;
    const ShapeCount parts = count(facts.shape);
    facts.parameters = parameter_count(facts.shape);
    facts.weights_bytes = facts.parameters * bytes;
    facts.bytes_by_part = {{"embedding", parts.embedding * bytes},
                           {"attention", parts.attention * bytes},
                           {"mlp", parts.mlp * bytes},
                           {"norm", parts.norm * bytes},
                           {"output", parts.output * bytes}};
    facts.tensors_by_type["F32"] = 9 * facts.shape.layers + (facts.shape.tied_embeddings ? 2 : 3);
}

}  // namespace tandem
