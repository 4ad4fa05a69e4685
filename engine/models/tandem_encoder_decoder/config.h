// The encoder-decoder of "Return of the Encoder" (arXiv 2501.16273): rotary positions, fewer key-value heads than query
// heads, attention narrower than the model. No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/rope_settings.h"

namespace tandem::tandem_encoder_decoder {

struct Config : FamilyConfig {
    std::vector<std::pair<std::string, std::string>> details() const override;

    RopeSettings rope;
    std::int64_t padding = 0;  // the id that nobody attends to
    bool interleaved = false;  // query head h uses key head h / group, else h mod kv_heads
};

}  // namespace tandem::tandem_encoder_decoder
