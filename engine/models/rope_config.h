// Rotary settings out of a config.json or a GGUF, the same for all families that rotate.
// Errors: CFG_*. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>

#include "engine/models/config_reader.h"
#include "engine/models/gguf_config.h"
#include "engine/nn/rope_settings.h"

namespace tandem {

struct RopeDefaults {
    std::int64_t head_dim = 0;
    double theta = 10000;
    double partial = 1;                 // the fraction of each head that rotates
    std::int64_t context = 0;           // max_position_embeddings
    std::int64_t original_context = 0;  // what a stretched context starts from where nothing says it; 0: `context`
    std::string_view theta_key = "rope_theta";
    std::string_view partial_key = "partial_rotary_factor";
    std::string_view layer_type = {};  // the entry of rope_parameters where it has one for each type of layer
    bool by_layer_type_only = false;   // settings that name no type of layer are not of these layers
};

// "rope_parameters" of transformers 5; before that "rope_theta" and "rope_scaling".
Result<RopeSettings> read_rope(const ConfigReader& config, const RopeDefaults& defaults);

// "rope.*" keys and the tensors rope_freqs.weight, rope_factors_short.weight and rope_factors_long.weight, which are
// read here, as they are settings and not weights.
Result<RopeSettings> read_rope(const GgufConfig& config, const RopeDefaults& defaults);

// "theta 10000, 16 of each head, linear by 4", for people.
std::string describe(const RopeSettings& settings);
// "512 tokens" or "all tokens": what attention sees.
std::string describe_window(std::int64_t window);

// One of these for a family that rotates whole heads, whatever a partial_rotary_factor says: any other is refused.
template <class Source>
Result<RopeSettings> read_whole_rope(const Source& config, const ModelShape& shape) {
    RopeSettings rope =
        TANDEM_TRY(read_rope(config, RopeDefaults{.head_dim = shape.head_dim, .context = shape.context}));
    if (rope.dims != shape.head_dim) {
        return config.unsupported("rotating only a part of each head");
    }
    return rope;
}

// Errors: CFG_RANGE, CFG_HEADS.
Result<RopeSettings> checked_rope(RopeSettings settings, const std::string& origin);

}  // namespace tandem
