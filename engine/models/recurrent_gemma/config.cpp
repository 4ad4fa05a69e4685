#include "engine/models/recurrent_gemma/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"

namespace tandem::recurrent_gemma {

TensorList tensors(const ModelShape& shape);

namespace {

// A short list of "recurrent" and "attention" that is repeated over the layers.
Result<std::vector<bool>> recurrent_layers(const ConfigReader& config, std::int64_t layers) {
    std::vector<std::string> types = TANDEM_TRY(config.texts("block_types"));
    if (types.empty()) {
        types = TANDEM_TRY(config.texts("_block_types"));  // as the published files call it
    }
    if (types.empty()) {
        types = {"recurrent", "recurrent", "attention"};
    }
    std::vector<bool> is_recurrent;
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        const std::string& type = types[static_cast<std::size_t>(layer) % types.size()];
        if (type != "recurrent" && type != "attention") {
            return config.unsupported("a block of type '" + type.substr(0, 40) + "'");
        }
        is_recurrent.push_back(type == "recurrent");
    }
    return is_recurrent;
}

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    own.activation = TANDEM_TRY(config.activation("hidden_activation", "gelu_pytorch_tanh"));
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", 26));
    TANDEM_TRY(check_range("layers", shape.layers, 1, most_layers, config.origin()));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", 2560));
    TANDEM_TRY(check_range("hidden size", shape.hidden, 1, 1 << 20, config.origin()));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", 10));
    TANDEM_TRY(check_range("heads", shape.heads, 1, 1 << 12, config.origin()));
    shape.kv_heads = TANDEM_TRY(config.integer("num_key_value_heads", shape.heads));
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size", 7680)) / 2;
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 256000));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", 8192));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-6)), config.origin()));
    own.is_recurrent = TANDEM_TRY(recurrent_layers(config, shape.layers));
    own.recurrence = TANDEM_TRY(config.integer("lru_width", shape.hidden));
    TANDEM_TRY(check_range("lru_width", own.recurrence, 1, 1 << 20, config.origin()));
    if (own.recurrence % shape.heads != 0) {
        return config.fault("CFG_HEADS", std::to_string(shape.heads) + " heads do not divide a recurrence of width " +
                                             std::to_string(own.recurrence));
    }
    own.convolution = TANDEM_TRY(config.integer("conv1d_width", 4));
    TANDEM_TRY(check_range("conv1d_width", own.convolution, 1, 1 << 10, config.origin()));
    own.window = TANDEM_TRY(config.integer("attention_window_size", 2048));
    TANDEM_TRY(check_range("the attention's window", own.window, 1, 1 << 30, config.origin()));
    own.output_softcap = TANDEM_TRY(config.real("logits_soft_cap", 30));
    if (!(own.output_softcap > 0 && own.output_softcap < 1e6)) {
        return config.fault("CFG_RANGE", "logits_soft_cap is " + std::to_string(own.output_softcap) +
                                             ", allowed is above 0 to 1000000");
    }
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .partial = 0.5, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    if (own.rope.kind != RopeSettings::Kind::plain) {
        return config.unsupported("a rotary scaling of RecurrentGemma");
    }
    const auto recurrent = std::ranges::count(own.is_recurrent, true);
    shape.cache_fixed = recurrent * own.kept();
    shape.cache_per_token = 2 * (shape.layers - recurrent) * shape.kv_heads * shape.head_dim;
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {
        {"rotary", describe(rope)},
        {"window", describe_window(window)},
        {"recurrent", std::to_string(std::ranges::count(is_recurrent, true)) + " of " +
                          std::to_string(is_recurrent.size()) + " layers, " + std::to_string(recurrence) + " wide"}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "recurrent_gemma",
                                    .model_types = {"recurrent_gemma"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::recurrent_gemma
