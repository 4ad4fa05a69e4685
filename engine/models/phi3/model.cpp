#include "engine/models/phi3/config.h"
#include "engine/models/rotary_decoder.h"

namespace tandem::phi3 {

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    const auto norm = [&](const std::string& name) { return load.weights.rms_norm(name, config.norm_epsilon); };
    RotaryParts parts = take_ends(load, config.norm_epsilon, config.rope);
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        RotaryLayer layer{
            .attention_norm = norm(name + "input_layernorm"),
            .attention = take_fused_attention(load.weights, name + "self_attn.qkv_proj", name + "self_attn.o_proj",
                                              load.shape.heads, load.shape.kv_heads),
            .mlp_norm = norm(name + "post_attention_layernorm"),
            .mlp = take_fused_mlp(load.weights, name + "mlp.gate_up_proj", name + "mlp.down_proj", config.activation)};
        layer.attention.options.window = config.window;
        parts.layers.push_back(std::move(layer));
    }
    return load.finish<RotaryDecoder>(std::move(parts));
}

}  // namespace tandem::phi3
