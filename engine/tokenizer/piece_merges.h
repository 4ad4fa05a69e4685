// The merges that a SentencePiece BPE model does not write down: every way to make a piece of two others, in the order
// of the pieces. Thread rule: stateless.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/tokenizer/sentencepiece_file.h"

namespace tandem {

std::vector<std::pair<std::string, std::string>> piece_merges(const SentencePieceFile& file);

}  // namespace tandem
