// Rotary position embedding (Su et al. 2021, section 3.4) on pairs (i, i + head_dim / 2), as Llama checkpoints of
// Hugging Face are laid out. Thread rule: const, shared freely.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace tandem {

// Stretching of the frequencies theta^(-2i / head_dim), i < head_dim / 2, before they are multiplied by positions.
struct RopeScaling {
    enum class Kind {
        none,
        linear,   // every frequency divided by `factor`
        llama3,   // long waves divided by `factor`, short ones kept, a ramp between (Llama 3.1's bands)
        factors,  // each divided by its own of `factors` (GGUF tensor rope_freqs.weight)
    };
    Kind kind = Kind::none;
    double factor = 1;
    double low_freq_factor = 1;
    double high_freq_factor = 4;
    double original_context = 8192;
    std::vector<double> factors;  // [head_dim / 2]
};

// Cosines and sines of a run of positions, computed once for all layers of a forward pass.
struct Rotation {
    at::Tensor cosines;  // f32 [tokens, head_dim / 2]
    at::Tensor sines;    // the same

    // x f32 [batch, heads, tokens, head_dim], rotated.
    at::Tensor apply(const at::Tensor& x) const;
};

class Rope {
public:
    Rope() = default;
    Rope(std::int64_t head_dim, double theta, const RopeScaling& scaling);

    // Radians per position, in f64.
    const std::vector<double>& frequencies() const { return frequencies_; }

    // Positions first ... first + tokens - 1; angles in f64, cosines and sines rounded to f32.
    Rotation at(std::int64_t first, std::int64_t tokens, at::Device device) const;

private:
    std::vector<double> frequencies_;
};

}  // namespace tandem
