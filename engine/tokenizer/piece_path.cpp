#include "engine/tokenizer/piece_path.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

using Use = SentencePieceFile::Use;
constexpr float unknown_penalty = 10;
constexpr TokenId unknown = -2;

struct Reached {
    float score = 0;
    TokenId id = unknown;
    std::uint32_t size = 0;  // of the last piece; 0: not reached
};

void append_bytes(std::string_view text, std::vector<std::string>& pieces) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        pieces.push_back(std::string("<0x") + digits[byte >> 4U] + digits[byte & 15U] + ">");
    }
}

}  // namespace

PiecePath::PiecePath(const SentencePieceFile& file) : byte_fallback_(file.byte_fallback) {
    float lowest = std::numeric_limits<float>::max();
    highest_ = std::numeric_limits<float>::min();
    for (std::size_t i = 0; i < file.pieces.size(); ++i) {
        const SentencePieceFile::Piece& piece = file.pieces[i];
        scores_.push_back(piece.score);
        user_defined_.push_back(piece.use == Use::user_defined);
        if (piece.use == Use::normal) {
            lowest = std::min(lowest, piece.score);
            highest_ = std::max(highest_, piece.score);
        }
        // Unused pieces are found and passed over, which is as if they were not there.
        if (piece.use == Use::normal || piece.use == Use::user_defined) {
            trie_.add(piece.text, static_cast<TokenId>(i));
        }
    }
    unknown_score_ = lowest - unknown_penalty;
}

void PiecePath::append_pieces(std::string_view text, std::vector<std::string>& pieces) const {
    std::vector<Reached> best(text.size() + 1);
    const auto offer = [](Reached& place, float score, TokenId id, std::size_t size) {
        if (place.size == 0 || score > place.score) {
            place = {.score = score, .id = id, .size = static_cast<std::uint32_t>(size)};
        }
    };
    for (std::size_t begin = 0; begin < text.size();) {
        const float so_far = best[begin].score;
        const std::size_t one = std::min(unicode::char_size(text[begin]), text.size() - begin);
        bool known = false;
        PieceTrie::Place place = PieceTrie::root();
        for (std::size_t at = begin; at < text.size() && trie_.step(place, text[at]); ++at) {
            if (place.id < 0) {
                continue;
            }
            const std::size_t size = at + 1 - begin;
            const auto index = static_cast<std::size_t>(place.id);
            // A symbol of the user always wins.
            const float score =
                user_defined_[index] ? static_cast<float>(static_cast<float>(size) * highest_ - 0.1) : scores_[index];
            offer(best[at + 1], score + so_far, place.id, size);
            known = known || size == one;
        }
        if (!known) {
            offer(best[begin + one], unknown_score_ + so_far, unknown, one);
        }
        begin += one;
    }
    std::vector<std::size_t> ends;
    for (std::size_t end = text.size(); end > 0; end -= best[end].size) {
        ends.push_back(end);
    }
    bool after_unknown = false;
    std::size_t begin = 0;
    for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
        const std::string_view piece = text.substr(begin, *end - begin);
        const bool is_unknown = best[*end].id == unknown;
        if (is_unknown && byte_fallback_) {
            append_bytes(piece, pieces);
        } else if (is_unknown && after_unknown) {
            pieces.back() += piece;
        } else {
            pieces.emplace_back(piece);
        }
        after_unknown = is_unknown;
        begin = *end;
    }
}

}  // namespace tandem
