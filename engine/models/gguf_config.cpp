#include "engine/models/gguf_config.h"

#include <array>
#include <limits>

#include "engine/models/inspect_check.h"

namespace tandem {
namespace {

// Keys of all families that change what is computed, each with the values that do not.
struct NeutralValue {
    std::string_view key;
    std::array<double, 2> neutral;
};
constexpr std::array<NeutralValue, 17> neutral_values{{
    {"expert_count", {0, 0}},
    {"attention.sliding_window", {0, 0}},
    {"attention.scale", {0, 0}},
    {"attention.clamp_kqv", {0, 0}},
    {"attention.max_alibi_bias", {0, 0}},
    {"attention.causal", {1, 1}},
    {"attn_logit_softcapping", {0, 0}},
    {"final_logit_softcapping", {0, 0}},
    {"logit_scale", {0, 1}},
    {"embedding_scale", {0, 1}},
    {"residual_scale", {0, 1}},
    {"rope.scaling.attn_factor", {0, 1}},
    {"rope.scaling.factor", {0, 1}},
    {"rope.scale_linear", {0, 1}},
    {"rope.scaling.alpha", {0, 0}},
    {"use_parallel_residual", {0, 0}},
    {"swiglu_clamp_exp", {0, 0}},
}};

}  // namespace

GgufConfig::GgufConfig(const GgufFile& file, std::string architecture)
    : file_(file),
      architecture_(std::move(architecture)),
      asked_(std::make_shared<std::set<std::string, std::less<>>>()) {}

bool GgufConfig::has(std::string_view key) const {
    asked_->emplace(key);
    return file_.has(full(key));
}

Result<std::int64_t> GgufConfig::integer(std::string_view key, std::optional<std::int64_t> absent) const {
    return has(key) || !absent ? file_.integer(full(key)) : Result<std::int64_t>(*absent);
}

Result<double> GgufConfig::real(std::string_view key, std::optional<double> absent) const {
    return has(key) || !absent ? file_.real(full(key)) : Result<double>(*absent);
}

Result<std::string> GgufConfig::text(std::string_view key, std::optional<std::string> absent) const {
    return has(key) || !absent ? file_.text(full(key)) : Result<std::string>(*absent);
}

Result<bool> GgufConfig::truth(std::string_view key, std::optional<bool> absent) const {
    if (!has(key) && absent) {
        return *absent;
    }
    const auto found = file_.metadata().find(full(key));
    const bool* value = found == file_.metadata().end() ? nullptr : std::get_if<bool>(&found->second);
    return value != nullptr ? Result<bool>(*value)
                            : fault("GGUF_KV_TYPE", "metadata '" + full(key) + "': need true or false");
}

Result<std::vector<std::int64_t>> GgufConfig::integers_by_layer(std::string_view key, std::int64_t layers) const {
    if (!has(key)) {
        return std::vector<std::int64_t>{};
    }
    if (layers < 1 || layers > most_layers) {
        return std::vector<std::int64_t>{};  // the range check that follows names the layers
    }
    const auto found = file_.metadata().find(full(key));
    if (std::holds_alternative<std::int64_t>(found->second)) {
        return std::vector<std::int64_t>(static_cast<std::size_t>(layers), std::get<std::int64_t>(found->second));
    }
    std::vector<std::int64_t> values = TANDEM_TRY(file_.integers(full(key)));
    if (values.size() != static_cast<std::size_t>(layers)) {
        return fault("CFG_SHAPE", "metadata '" + full(key) + "' has " + std::to_string(values.size()) +
                                      " numbers, need one for each of " + std::to_string(layers) + " layers");
    }
    return values;
}

Result<std::vector<bool>> GgufConfig::truths(std::string_view key) const {
    if (!has(key)) {
        return std::vector<bool>{};
    }
    const auto found = file_.metadata().find(full(key));
    if (const auto* truths = std::get_if<std::vector<bool>>(&found->second)) {
        return *truths;
    }
    std::vector<bool> values;
    for (const std::int64_t value : TANDEM_TRY(file_.integers(full(key)))) {
        values.push_back(value != 0);
    }
    return values;
}

Result<std::int64_t> GgufConfig::vocabulary(std::int64_t hidden) const {
    if (const TensorView* embedding = file_.find("token_embd.weight")) {
        if (embedding->shape.size() != 2 || embedding->shape[1] != hidden) {
            return fault("CFG_SHAPE",
                         "token_embd.weight does not have rows of the hidden size " + std::to_string(hidden));
        }
        return embedding->shape[0];
    }
    if (has("vocab_size")) {
        return integer("vocab_size");
    }
    return static_cast<std::int64_t>(TANDEM_TRY(file_.texts("tokenizer.ggml.tokens")).size());
}

bool GgufConfig::tied_embeddings() const {
    return !file_.tensors().empty() && !has_tensor("output.weight");
}

Result<std::int64_t> GgufConfig::head_dim(std::int64_t hidden, std::int64_t heads) const {
    if (heads < 1 || hidden < 1) {
        return std::int64_t{2};  // the check of ranges that follows names the one at fault
    }
    if (hidden % heads != 0 && !has("attention.key_length")) {
        return fault("CFG_HEADS",
                     std::to_string(heads) + " heads do not divide a hidden size of " + std::to_string(hidden));
    }
    const std::int64_t size = TANDEM_TRY(integer("attention.key_length", hidden / heads));
    if (TANDEM_TRY(integer("attention.value_length", size)) != size) {
        return unsupported("a value size that differs from the key size");
    }
    return size;
}

Result<ModelShape> GgufConfig::sizes() const {
    ModelShape shape;
    shape.layers = TANDEM_TRY(integer("block_count"));
    shape.hidden = TANDEM_TRY(integer("embedding_length"));
    shape.heads = TANDEM_TRY(integer("attention.head_count"));
    shape.kv_heads = TANDEM_TRY(integer("attention.head_count_kv", shape.heads));
    shape.head_dim = TANDEM_TRY(head_dim(shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(integer("feed_forward_length"));
    shape.context = TANDEM_TRY(integer("context_length"));
    shape.vocab = TANDEM_TRY(vocabulary(shape.hidden));
    shape.tied_embeddings = tied_embeddings();
    return shape;
}

Result<double> GgufConfig::epsilon(std::string_view key) const {
    return checked_epsilon(TANDEM_TRY(real(key)), file_.origin());
}

std::optional<double> GgufConfig::number(std::string_view key) const {
    const auto found = file_.metadata().find(full(key));
    if (found == file_.metadata().end()) {
        return std::nullopt;
    }
    const GgufValue& value = found->second;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        return static_cast<double>(*whole);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return *real;
    }
    const auto* truth = std::get_if<bool>(&value);
    return truth == nullptr ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(*truth);
}

Result<void> GgufConfig::refuse_unread() const {
    for (const auto& [key, neutral] : neutral_values) {
        const std::optional<double> value = asked_->contains(key) ? std::nullopt : number(key);
        if (value && *value != neutral[0] && *value != neutral[1]) {
            return unsupported("a metadata key '" + full(key) + "' other than " +
                               std::to_string(static_cast<int>(neutral[1])));
        }
    }
    return {};
}

Error GgufConfig::fault(const char* code, const std::string& message) const {
    return {.code = code,
            .message = message + "; nothing was loaded",
            .where = file_.origin(),
            .kind = ErrorKind::bad_input};
}

Error GgufConfig::unsupported(const std::string& what) const {
    return unsupported_variant(what, file_.origin());
}

}  // namespace tandem
