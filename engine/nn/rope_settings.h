// Rotary position embedding as a configuration describes it, and the frequencies that follow. No torch.
// Thread rule: stateless.
#pragma once

#include <cstdint>
#include <vector>

namespace tandem {

// Stretching of the frequencies theta^(-2i / dims), i < dims / 2, before they are multiplied by positions.
struct RopeSettings {
    enum class Kind {
        plain,
        linear,    // every frequency divided by `factor`
        dynamic,   // theta grows with the length beyond `original_context` (NTK-aware)
        yarn,      // Peng et al. 2023: long waves divided by `factor`, short ones kept, a ramp by turns between
        longrope,  // Ding et al. 2024: each frequency divided by its own factor, other ones beyond original_context
        llama3,    // long waves divided by `factor`, short ones kept, a ramp between (Llama 3.1's bands)
    };
    std::int64_t dims = 0;  // rotated numbers of each head, even; the rest of a head is left alone
    double theta = 10000;
    Kind kind = Kind::plain;
    double factor = 1;
    double original_context = 0;
    double low_freq_factor = 1;  // llama3
    double high_freq_factor = 4;
    double beta_fast = 32;  // yarn
    double beta_slow = 1;
    bool truncate = true;
    // longrope, [dims / 2]. As a plain list of divisors (a GGUF's rope_freqs.weight) both are the same.
    std::vector<double> short_factors;
    std::vector<double> long_factors;
    double attention_factor = 1;  // multiplies cosines and sines

    bool depends_on_length() const { return kind == Kind::dynamic || kind == Kind::longrope; }
};

// Radians per position, in f64 [dims / 2], for a sequence of `length` positions. Source: transformers 5.17,
// modeling_rope_utils.py.
std::vector<double> rope_frequencies(const RopeSettings& settings, std::int64_t length);

}  // namespace tandem
