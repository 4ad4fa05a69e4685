#include "engine/models/gemma/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/layer_types.h"
#include "engine/models/rope_config.h"

namespace tandem::gemma {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);
Result<nlohmann::ordered_json> to_config(const ModelShape& shape);

namespace {

// Defaults of the three configuration classes.
struct Kind {
    int generation = 1;
    ModelShape shape;
    double theta = 10000;
};

Kind kind_of(const std::string& type) {
    Kind kind;
    ModelShape& shape = kind.shape;
    shape.head_dim = 256;
    if (type == "gemma") {
        shape.layers = 28, shape.hidden = 3072, shape.heads = 16, shape.kv_heads = 16, shape.ffn = 24576;
        shape.vocab = 256000, shape.context = 8192;
        return kind;
    }
    kind.generation = type == "gemma2" ? 2 : 3;
    shape.layers = 26, shape.hidden = 2304, shape.heads = 8, shape.kv_heads = 4, shape.ffn = 9216;
    shape.vocab = kind.generation == 2 ? 256000 : 262208;
    shape.context = kind.generation == 2 ? 8192 : 131072;
    kind.theta = kind.generation == 2 ? 10000 : 1000000;
    return kind;
}

// null: none.
Result<double> softcap(const ConfigReader& config, const char* key, double absent) {
    const double cap = config.says_null(key) ? 0 : TANDEM_TRY(config.real(key, absent));
    if (!(cap >= 0 && cap < 1e6)) {
        return config.fault("CFG_RANGE", std::string(key) + " is " + std::to_string(cap) + ", allowed are 0..1000000");
    }
    return cap;
}

Result<std::vector<std::int64_t>> windows(const ConfigReader& config, std::int64_t layers, int generation) {
    const std::int64_t window =
        config.says_null("sliding_window") ? 0 : TANDEM_TRY(config.integer("sliding_window", 4096));
    const std::int64_t pattern = generation == 2 ? 2 : TANDEM_TRY(config.integer("sliding_window_pattern", 6));
    TANDEM_TRY(check_range("sliding_window_pattern", pattern, 1, 1 << 20, config.origin()));
    return read_windows(config, layers, window, [&](std::int64_t layer) { return (layer + 1) % pattern != 0; });
}

// Gemma 3: rope_parameters by type of layer, or rope_theta with rope_scaling for the global layers and
// rope_local_base_freq for the others.
Result<void> read_ropes(const ConfigReader& config, const Kind& kind, const ModelShape& shape, Config& own) {
    RopeDefaults rotary{.head_dim = shape.head_dim, .theta = kind.theta, .context = shape.context};
    if (kind.generation < 3) {
        own.rope = TANDEM_TRY(read_rope(config, rotary));
        own.local_rope = own.rope;
        return {};
    }
    rotary.layer_type = "full_attention";
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    rotary.layer_type = "sliding_attention";
    rotary.theta = 10000;
    rotary.theta_key = "rope_local_base_freq";
    rotary.by_layer_type_only = true;
    own.local_rope = TANDEM_TRY(read_rope(config, rotary));
    return {};
}

// Gemma 1's first code ignored hidden_act, which its files gave as "gelu", for the tanh approximation or what
// hidden_activation says; files that have that key are of those days.
Result<Activation> older_activation(const ConfigReader& config) {
    const bool is_older = config.has("hidden_activation") || config.says_null("hidden_activation");
    return config.activation(is_older ? "hidden_activation" : "hidden_act", "gelu_pytorch_tanh");
}

Result<ModelShape> read_text(const ConfigReader& config, const Kind& kind, bool with_pictures) {
    ModelShape shape = kind.shape;
    Config own;
    own.with_pictures = with_pictures;
    own.head_norms = kind.generation == 3;
    own.post_norms = kind.generation >= 2;
    own.activation = kind.generation == 1 ? TANDEM_TRY(older_activation(config))
                                          : TANDEM_TRY(config.activation("hidden_activation", "gelu_pytorch_tanh"));
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", shape.layers));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", shape.hidden));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", shape.heads));
    shape.kv_heads = TANDEM_TRY(config.integer("num_key_value_heads", shape.kv_heads));
    shape.head_dim = TANDEM_TRY(config.integer("head_dim", shape.head_dim));
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size", shape.ffn));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", shape.vocab));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", shape.context));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-6)), config.origin()));
    if (TANDEM_TRY(config.truth("use_bidirectional_attention", false))) {
        return config.unsupported("attention in both directions");
    }
    if (kind.generation >= 2) {
        const double scalar = TANDEM_TRY(config.real("query_pre_attn_scalar", 256));
        if (!(scalar > 0 && scalar < 1e9)) {
            return config.fault("CFG_RANGE", "query_pre_attn_scalar is " + std::to_string(scalar) +
                                                 ", allowed is above 0 to 1000000000");
        }
        own.attention_scale = 1 / std::sqrt(scalar);
        const bool capped = kind.generation == 2;
        const double scores = TANDEM_TRY(softcap(config, "attn_logit_softcapping", capped ? 50 : 0));
        const double logits = TANDEM_TRY(softcap(config, "final_logit_softcapping", capped ? 30 : 0));
        // The reference has both keys for Gemma 3, and uses only that of the logits, and only without pictures.
        own.attention_softcap = capped ? scores : 0;
        own.output_softcap = with_pictures ? 0 : logits;
        own.windows = TANDEM_TRY(windows(config, shape.layers, kind.generation));
    }
    TANDEM_TRY(read_ropes(config, kind, shape, own));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_config(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    const Kind kind = kind_of(type);
    if (type != "gemma3") {
        return read_text(config, kind, false);
    }
    config.warn("W_TEXT_ONLY: the model's vision encoder is not used; it reads and writes text alone");
    if (!config.has("text_config")) {
        const nlohmann::json empty = nlohmann::json::object();
        return read_text(ConfigReader(empty, config.origin() + ":text_config"), kind, true);
    }
    const ConfigReader text = TANDEM_TRY(config.object("text_config"));
    ModelShape shape = TANDEM_TRY(read_text(text, kind, true));
    TANDEM_TRY(text.refuse_unread());
    return shape;
}

// Every `pattern`-th layer sees everything, or as a list says.
Result<std::vector<std::int64_t>> windows(const GgufConfig& config, std::int64_t layers, int generation) {
    const std::int64_t window = TANDEM_TRY(config.integer("attention.sliding_window", generation == 2 ? 4096 : 0));
    TANDEM_TRY(check_range("the sliding window", window, 0, 1 << 30, config.file().origin()));
    std::int64_t pattern = generation == 2 ? 2 : 6;
    std::vector<bool> slides;
    if (config.has("attention.sliding_window_pattern")) {
        const auto one = config.integer("attention.sliding_window_pattern");
        if (one.ok()) {
            pattern = *one;
        } else {
            slides = TANDEM_TRY(config.truths("attention.sliding_window_pattern"));
        }
    }
    TANDEM_TRY(check_range("the pattern of sliding windows", pattern, 1, 1 << 20, config.file().origin()));
    std::vector<std::int64_t> windows;
    if (layers < 1 || layers > most_layers) {
        return windows;
    }
    if (!slides.empty() && slides.size() != static_cast<std::size_t>(layers)) {
        return config.fault("CFG_SHAPE", "the pattern of sliding windows has " + std::to_string(slides.size()) +
                                             " entries, need one for each of " + std::to_string(layers) + " layers");
    }
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        const bool is_local = slides.empty() ? (layer + 1) % pattern != 0 : slides[static_cast<std::size_t>(layer)];
        windows.push_back(is_local ? window : 0);
    }
    return windows;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    const std::string& type = config.architecture();
    const Kind kind = kind_of(type);
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.attention_bias = config.has_tensor("blk.0.attn_q.bias");
    own.head_norms = kind.generation == 3;
    own.post_norms = kind.generation >= 2;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_rms_epsilon"));
    if (kind.generation >= 2) {
        // The file does not say the scale: llama.cpp knows the one size that differs by its layers.
        const bool by_hidden = shape.layers == (kind.generation == 2 ? 46 : 62) && shape.heads > 0;
        if (by_hidden) {
            own.attention_scale = 1 / std::sqrt(static_cast<double>(shape.hidden / shape.heads));
        }
        own.attention_softcap = TANDEM_TRY(config.real("attn_logit_softcapping", kind.generation == 2 ? 50 : 0));
        own.output_softcap = TANDEM_TRY(config.real("final_logit_softcapping", kind.generation == 2 ? 30 : 0));
        own.windows = TANDEM_TRY(windows(config, shape.layers, kind.generation));
    }
    RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    own.local_rope = own.rope;
    if (kind.generation == 2 && TANDEM_TRY(config.real("rope.freq_base_swa", own.rope.theta)) != own.rope.theta) {
        return config.unsupported("a rotation of its own for Gemma 2's layers with a window");
    }
    if (kind.generation == 3) {
        own.local_rope = {.dims = own.rope.dims, .theta = TANDEM_TRY(config.real("rope.freq_base_swa", 10000))};
        own.local_rope = TANDEM_TRY(checked_rope(own.local_rope, config.file().origin()));
    }
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    std::vector<std::pair<std::string, std::string>> all{{"rotary", describe(rope)},
                                                         {"window", describe_windows(windows)}};
    if (head_norms) {
        all.emplace_back("local rotary", describe(local_rope));
    }
    if (attention_softcap > 0 || output_softcap > 0) {
        all.emplace_back("soft caps", std::string(attention_softcap > 0 ? "scores" : "") +
                                          (attention_softcap > 0 && output_softcap > 0 ? ", " : "") +
                                          (output_softcap > 0 ? "logits" : ""));
    }
    return all;
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "gemma",
                                    .model_types = {"gemma", "gemma2", "gemma3", "gemma3_text"},
                                    .gguf_architectures = {"gemma", "gemma2", "gemma3"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf,
                                    .to_config = to_config};

}  // namespace tandem::gemma
