// Source of what happens beyond the trained length: the modeling code that Qwen's checkpoints bring along.
#include <cmath>

#include "engine/models/qwen/config.h"
#include "engine/models/rotary_decoder.h"

namespace tandem::qwen {
namespace {

// By how much the rotary base's stretch grows with a prompt's length: 1 up to the trained one, 3 up to twice that, 7 up
// to four times.
double ntk_alpha(std::int64_t length, std::int64_t trained) {
    const double doublings = std::log2(static_cast<double>(length) / static_cast<double>(trained));
    return std::max(std::exp2(std::ceil(doublings + 1)) - 1, 1.0);
}

class Qwen : public RotaryDecoder {
public:
    using RotaryDecoder::RotaryDecoder;

protected:
    Rotations rotations(const KvCache& cache, std::int64_t tokens) const override {
        const Rotation keys = rotation(cache, tokens);
        return {log_scaled(keys, cache, tokens), keys};
    }

private:
    const Config& config() const { return config_of<Config>(shape()); }

    // Each row by the length of its own prompt, which stays what it was while tokens are added.
    Rotation rotation(const KvCache& cache, std::int64_t tokens) const {
        const auto unstretched = [&] { return Rope(rope_settings()).next(cache, tokens, device()); };
        if (!config().dynamic_ntk) {
            return unstretched();
        }
        const std::int64_t prompt = cache.prompt(tokens);
        if (prompt <= config().trained_length) {
            return unstretched();
        }
        if (!cache.starts().defined()) {
            return stretched(prompt).at(cache.length(), tokens, device());
        }
        std::vector<at::Tensor> cosines;
        std::vector<at::Tensor> sines;
        for (const at::Tensor& start : cache.starts().to(at::kCPU).split(1)) {
            const std::int64_t own_prompt = prompt - start.item<std::int64_t>();
            const Rotation row = stretched(own_prompt).at(cache.length(), tokens, device(), start);
            cosines.push_back(row.cosines);
            sines.push_back(row.sines);
        }
        return {at::cat(cosines), at::cat(sines)};
    }

    Rope stretched(std::int64_t prompt) const {
        RopeSettings settings = rope_settings();
        const auto dims = static_cast<double>(settings.dims);
        if (dims > 2) {
            settings.theta *= std::pow(ntk_alpha(prompt, config().trained_length), dims / (dims - 2));
        }
        return Rope(settings);
    }

    // Queries beyond the trained length are multiplied by the logarithm of their place to its base, which their
    // rotation does along the way.
    Rotation log_scaled(const Rotation& rotation, const KvCache& cache, std::int64_t tokens) const {
        if (!config().log_n || cache.length() + tokens <= config().trained_length) {
            return rotation;
        }
        const at::Tensor places = (cache.positions(tokens) + 1).to(at::kDouble);  // [1 or batch, tokens], from 1
        const double base = std::log(static_cast<double>(config().trained_length));
        at::Tensor factors = (places.log() / base).clamp_min(1).to(at::kFloat).unsqueeze(-1);
        factors = cache.starts().defined() ? factors.unsqueeze(1) : factors.squeeze(0);
        return {rotation.cosines * factors, rotation.sines * factors};
    }
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    const auto norm = [&](const std::string& name) { return weights.rms_norm(name, config.norm_epsilon); };
    RotaryParts parts;
    parts.rope = config.rope;
    parts.embedding = weights.matrix("transformer.wte.weight");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "transformer.h." + std::to_string(index) + ".";
        parts.layers.push_back({.attention_norm = norm(name + "ln_1"),
                                .attention = take_fused_attention(weights, name + "attn.c_attn", name + "attn.c_proj",
                                                                  load.shape.heads, load.shape.kv_heads),
                                .mlp_norm = norm(name + "ln_2"),
                                .mlp = {.gate = weights.linear(name + "mlp.w2"),
                                        .up = weights.linear(name + "mlp.w1"),
                                        .down = weights.linear(name + "mlp.c_proj")}});
    }
    parts.final_norm = norm("transformer.ln_f");
    parts.output = load.weights.output(parts.embedding);
    return load.finish<Qwen>(std::move(parts));
}

}  // namespace tandem::qwen
