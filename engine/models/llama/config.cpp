#include "engine/models/llama/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/layer_types.h"
#include "engine/models/rope_config.h"

namespace tandem::llama {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);
Result<nlohmann::ordered_json> to_config(const ModelShape& shape);

namespace {

// What differs between the configuration classes.
struct Kind {
    std::int64_t context = 2048;
    std::optional<std::int64_t> kv_heads;  // where the configuration has none; absent: as many as heads
    double theta = 10000;
    bool has_biases = true;
    bool tied = false;
};

Kind kind_of(const std::string& type) {
    if (type == "mistral") {
        return {.context = 131072, .kv_heads = 8, .has_biases = false};
    }
    if (type == "smollm3") {
        return {.context = 32768, .kv_heads = 4, .theta = 2000000, .tied = true};
    }
    return {};
}

// MobiLlama's own configurations call themselves Llama's.
Result<bool> is_mobillama(const ConfigReader& config, const std::string& type) {
    const std::vector<std::string> classes = TANDEM_TRY(config.texts("architectures"));
    return type == "mobillama" || (!classes.empty() && classes.front() == "MobiLlamaForCausalLM");
}

// Mistral's code takes 4096 where the key is absent; only an explicit null is full attention.
Result<std::vector<std::int64_t>> mistral_windows(const ConfigReader& config, std::int64_t layers) {
    const std::int64_t window =
        config.says_null("sliding_window") ? 0 : TANDEM_TRY(config.integer("sliding_window", 4096));
    return read_windows(config, layers, window, [&](std::int64_t) { return window != 0; });
}

// no_rope_layers: 1 for a layer with positions; without it, every fourth has none. A window is of those without.
Result<void> read_smollm3(const ConfigReader& config, std::int64_t layers, Config& own) {
    const std::int64_t interval = TANDEM_TRY(config.integer("no_rope_layer_interval", 4));
    TANDEM_TRY(check_range("no_rope_layer_interval", interval, 1, 1 << 20, config.origin()));
    const std::vector<std::int64_t> listed = TANDEM_TRY(config.integers("no_rope_layers"));
    if (layers < 1 || layers > most_layers) {
        return {};  // the check of ranges that follows names the layers
    }
    if (!listed.empty() && listed.size() < static_cast<std::size_t>(layers)) {
        return config.fault("CFG_SHAPE", "no_rope_layers has " + std::to_string(listed.size()) +
                                             " entries, need one for each of " + std::to_string(layers) + " layers");
    }
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        own.rotates.push_back(listed.empty() ? (layer + 1) % interval != 0
                                             : listed[static_cast<std::size_t>(layer)] != 0);
    }
    const bool uses_window = TANDEM_TRY(config.truth("use_sliding_window", false));
    const std::int64_t stated = TANDEM_TRY(config.integer("sliding_window", 0));
    // Listed types of layers have their window whether use_sliding_window says so or not.
    own.windows = TANDEM_TRY(read_windows(config, layers, stated, [&](std::int64_t layer) {
        return uses_window && stated != 0 && !own.rotates[static_cast<std::size_t>(layer)];
    }));
    return {};
}

Result<ModelShape> from_config(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    const Kind kind = kind_of(type);
    ModelShape shape;
    Config own;
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers"));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size"));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads"));
    shape.kv_heads = TANDEM_TRY(config.integer("num_key_value_heads", config.says_null("num_key_value_heads")
                                                                          ? shape.heads
                                                                          : kind.kv_heads.value_or(shape.heads)));
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size"));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size"));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", kind.context));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", kind.tied));
    if (kind.has_biases) {
        own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
        own.output_bias = own.attention_bias;
        own.mlp_bias = TANDEM_TRY(config.truth("mlp_bias", false));
    }
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-6)), config.origin()));
    if (type == "mistral") {
        own.windows = TANDEM_TRY(mistral_windows(config, shape.layers));
    } else if (type == "smollm3") {
        TANDEM_TRY(read_smollm3(config, shape.layers, own));
    }
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = kind.theta, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    if (TANDEM_TRY(is_mobillama(config, type))) {
        // Its code makes keys and values as wide as queries and turns by 10000, whatever these keys say.
        shape.kv_heads = shape.heads;
        own.rope = {.dims = shape.head_dim};
        // The large base model has a block for each layer and is read as what it says it is, a Llama.
        own.shared_mlp = !own.mlp_bias;
    }
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.attention_bias = config.has_tensor("blk.0.attn_q.bias");
    own.output_bias = config.has_tensor("blk.0.attn_output.bias");
    own.mlp_bias = config.has_tensor("blk.0.ffn_gate.bias");
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_rms_epsilon"));
    const std::int64_t window = TANDEM_TRY(config.integer("attention.sliding_window", 0));
    TANDEM_TRY(check_range("the sliding window", window, 0, 1 << 30, config.file().origin()));
    const bool counts = shape.layers >= 1 && shape.layers <= most_layers;
    const auto layers = static_cast<std::size_t>(counts ? shape.layers : 0);
    own.windows.assign(layers, window);
    if (config.architecture() == "smollm3") {
        if (window != 0) {
            return config.unsupported("a sliding window of SmolLM3");
        }
        for (std::size_t layer = 0; layer < layers; ++layer) {
            own.rotates.push_back((layer + 1) % 4 != 0);  // as llama.cpp takes it; the file does not say
        }
    }
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    if (own.rope.dims != shape.head_dim) {
        return config.unsupported("rotating only a part of each head");
    }
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)},
            {"window", describe_windows(windows)},
            {"biases", attention_bias && mlp_bias ? "attention, feed-forward"
                       : attention_bias           ? "attention"
                       : mlp_bias                 ? "feed-forward"
                                                  : "none"}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "llama",
                                    .model_types = {"llama", "mistral", "mobillama", "smollm3"},
                                    .gguf_architectures = {"llama", "smollm3"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf,
                                    .to_config = to_config};

}  // namespace tandem::llama
