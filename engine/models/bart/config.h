// BART (Lewis et al. 2020) and the encoder-decoders that differ from it by switches: mBART (Liu et al. 2020), PLBART,
// Marian (Junczys-Dowmunt et al. 2018), Pegasus (Zhang et al. 2020), M2M-100 and NLLB (Fan et al. 2021), Blenderbot.
// No torch. Thread rule: plain data.
#pragma once

#include "engine/models/family.h"
#include "engine/nn/activation.h"

namespace tandem::bart {

enum class Positions {
    learned,  // a table of the file, whose first rows may be for padding
    fixed,    // sines and cosines by place; a file may hold them
    counted,  // sines and cosines by the number of tokens so far that are no padding
};

struct Config : FamilyConfig {
    std::vector<std::pair<std::string, std::string>> details() const override;

    Positions positions = Positions::learned;
    std::int64_t position_offset = 0;  // learned: rows before that of position 0
    bool norm_first = false;           // before each block, else after the sum with its input
    bool embedding_norm = false;
    bool final_norm = false;
    bool logits_bias = true;
    bool tied = true;               // what a file does not hold of embeddings and output repeats the shared embedding
    bool shared_embeddings = true;  // Marian: else source and target have vocabularies of their own
    double embedding_scale = 1;
    Activation activation = Activation::gelu;
    std::int64_t padding = 1;  // counted: the id that has no position
    std::int64_t encoder_heads = 0;
    std::int64_t encoder_ffn = 0;
};

}  // namespace tandem::bart
