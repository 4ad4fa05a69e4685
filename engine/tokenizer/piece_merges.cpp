#include "engine/tokenizer/piece_merges.h"

#include <string_view>
#include <unordered_set>

#include "engine/tokenizer/unicode.h"

namespace tandem {

std::vector<std::pair<std::string, std::string>> piece_merges(const SentencePieceFile& file) {
    std::unordered_set<std::string_view> pieces;
    pieces.reserve(file.pieces.size());
    for (const auto& piece : file.pieces) {
        pieces.insert(piece.text);
    }
    std::vector<std::pair<std::string, std::string>> merges;
    for (const auto& piece : file.pieces) {
        const std::string_view text = piece.text;
        for (std::size_t cut = unicode::char_size(text[0]); cut < text.size(); cut += unicode::char_size(text[cut])) {
            if (pieces.contains(text.substr(0, cut)) && pieces.contains(text.substr(cut))) {
                merges.emplace_back(text.substr(0, cut), text.substr(cut));
            }
        }
    }
    return merges;
}

}  // namespace tandem
