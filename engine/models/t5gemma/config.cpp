#include "engine/models/t5gemma/config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/layer_types.h"
#include "engine/models/rope_config.h"
#include "engine/models/target_tokens.h"

namespace tandem::t5gemma {

TensorList tensors(const ModelShape& shape);

std::vector<std::pair<std::string, std::string>> Config::details() const {
    const auto words = [](const StackConfig& stack) {
        const auto windows = std::ranges::count_if(stack.windows, [](std::int64_t window) { return window > 0; });
        return std::to_string(stack.layers) + " layers of width " + std::to_string(stack.hidden) + ", " +
               std::to_string(windows) + " of them with a window";
    };
    return {{"encoder", words(encoder)}, {"decoder", words(decoder)}};
}

namespace {

// An absent or null cap is none.
Result<double> read_softcap(const ConfigReader& config, std::string_view key, double absent) {
    const double cap = config.says_null(key) ? 0 : TANDEM_TRY(config.real(key, absent));
    if (!(cap >= 0 && cap <= 1e6)) {
        return config.fault("CFG_RANGE", std::string(key) + " is " + std::to_string(cap) + ", allowed are 0..1e6");
    }
    return cap;
}

// Every other layer sees a window, the first among them, unless the configuration lists the layers.
Result<std::vector<std::int64_t>> windows_of(const ConfigReader& config, std::int64_t layers) {
    const std::int64_t window =
        config.says_null("sliding_window") ? 0 : TANDEM_TRY(config.integer("sliding_window", 4096));
    return read_windows(config, layers, window, [](std::int64_t layer) { return layer % 2 == 0; });
}

Result<StackConfig> read_stack(const ConfigReader& config) {
    StackConfig stack;
    (void)config.value("is_decoder");  // which of the two it is says its place
    const std::string activation = TANDEM_TRY(config.text("hidden_activation", "gelu_pytorch_tanh"));
    if (!activation_of(activation)) {
        return config.unsupported("the activation '" + activation.substr(0, 40) + "'");
    }
    stack.activation = *activation_of(activation);
    stack.layers = TANDEM_TRY(config.integer("num_hidden_layers", 26));
    stack.hidden = TANDEM_TRY(config.integer("hidden_size", 2304));
    stack.heads = TANDEM_TRY(config.integer("num_attention_heads", 8));
    stack.kv_heads = TANDEM_TRY(config.integer("num_key_value_heads", 4));
    stack.head_dim = TANDEM_TRY(config.integer("head_dim", 256));
    stack.ffn = TANDEM_TRY(config.integer("intermediate_size", 9216));
    stack.vocab = TANDEM_TRY(config.integer("vocab_size", 256000));
    stack.context = TANDEM_TRY(config.integer("max_position_embeddings", 8192));
    stack.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-6)), config.origin()));
    const double scalar = TANDEM_TRY(config.real("query_pre_attn_scalar", 256));
    if (!(scalar > 0 && scalar <= 1e6)) {
        return config.fault("CFG_RANGE",
                            "query_pre_attn_scalar is " + std::to_string(scalar) + ", allowed is above 0 to 1e6");
    }
    stack.attention_scale = 1 / std::sqrt(scalar);
    stack.attention_softcap = TANDEM_TRY(read_softcap(config, "attn_logit_softcapping", 50));
    stack.logits_softcap = TANDEM_TRY(read_softcap(config, "final_logit_softcapping", 30));
    stack.windows = TANDEM_TRY(windows_of(config, stack.layers));
    stack.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
    stack.rope = TANDEM_TRY(read_rope(config, {.head_dim = stack.head_dim, .theta = 10000, .context = stack.context}));
    return stack;
}

ModelShape shape_of(const StackConfig& stack) {
    return {.kind = ModelKind::encoder_decoder,
            .layers = stack.layers,
            .encoder_layers = stack.layers,
            .hidden = stack.hidden,
            .heads = stack.heads,
            .kv_heads = stack.kv_heads,
            .head_dim = stack.head_dim,
            .ffn = stack.ffn,
            .vocab = stack.vocab,
            .context = stack.context};
}

Result<ModelShape> from_config(const ConfigReader& config) {
    static const nlohmann::json nothing = nlohmann::json::object();
    Config own;
    TANDEM_TRY(config.refuse_unless("is_encoder_decoder", true));
    TargetTokens target{.start = 2};
    for (const auto& [name, stack] : {std::pair{"encoder", &own.encoder}, std::pair{"decoder", &own.decoder}}) {
        const ConfigReader inner =
            config.has(name) ? TANDEM_TRY(config.object(name)) : ConfigReader(nothing, config.origin() + ":" + name);
        *stack = TANDEM_TRY(read_stack(inner));
        TANDEM_TRY(inner.refuse_unread());
        TANDEM_TRY(checked_shape(shape_of(*stack), inner.origin()));
        target.start = TANDEM_TRY(inner.integer("bos_token_id", 2));
        own.padding = name == std::string_view("encoder") ? TANDEM_TRY(inner.integer("pad_token_id", 0)) : own.padding;
    }
    ModelShape shape = shape_of(own.decoder);
    shape.encoder_layers = own.encoder.layers;
    shape.source_vocab = own.encoder.vocab;
    shape.context = std::min(own.encoder.context, own.decoder.context);
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    target.start = TANDEM_TRY(config.integer("bos_token_id", target.start));
    shape.target = TANDEM_TRY(read_target_tokens(config, target));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "t5gemma",
                                    .model_types = {"t5gemma"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::t5gemma
