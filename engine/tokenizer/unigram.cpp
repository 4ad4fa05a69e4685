#include "engine/tokenizer/unigram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/api/utf8.h"
#include "engine/tokenizer/fallback_bytes.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

// The best way to reach a place in the word.
struct Reached {
    double score = 0;
    TokenId id = 0;
    std::uint32_t size = 0;  // of the last piece; 0: not reached
};

constexpr std::size_t most_kept = std::size_t{1} << 16;  // a long word's memory is given back

}  // namespace

Result<std::unique_ptr<const Unigram>> Unigram::create(const std::vector<UnigramPiece>& pieces,
                                                       const UnigramOptions& options, const std::string& origin) {
    if (options.unknown < 0 || static_cast<std::size_t>(options.unknown) >= pieces.size()) {
        return config_error("the unknown piece has the id " + std::to_string(options.unknown) + ", there are " +
                                std::to_string(pieces.size()) + " pieces",
                            origin);
    }
    std::unique_ptr<Unigram> model(new Unigram());
    model->options_ = options;
    double lowest = std::numeric_limits<double>::infinity();
    std::size_t bytes = 0;
    for (const UnigramPiece& piece : pieces) {
        bytes += piece.text.size();
    }
    model->trie_.reserve(bytes / 4);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const UnigramPiece& piece = pieces[i];
        if (!std::isfinite(piece.score)) {
            return config_error(
                "the score of piece " + std::to_string(i) + " '" + printable(piece.text) + "' is not a finite number",
                origin);
        }
        model->scores_.push_back(piece.score);
        if (piece.matches) {
            lowest = std::min(lowest, piece.score);
            model->trie_.add(piece.text, static_cast<TokenId>(i));
        }
    }
    model->unknown_score_ = lowest - unknown_penalty;
    if (options.byte_fallback) {
        std::vector<TokenId>& ids = model->byte_ids_;
        ids.assign(256, -1);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (const auto byte = exact_fallback_byte(pieces[i].text)) {
                ids[*byte] = static_cast<TokenId>(i);
            }
        }
    }
    return std::unique_ptr<const Unigram>(std::move(model));
}

void Unigram::emit_unknown(std::string_view text, std::vector<TokenId>& ids) const {
    if (const auto id = trie_.find(text)) {
        ids.push_back(*id);
        return;
    }
    const bool falls_back = !byte_ids_.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return byte_ids_[static_cast<unsigned char>(c)] >= 0;
    });
    if (!falls_back) {
        ids.push_back(options_.unknown);
        return;
    }
    for (const char c : text) {
        ids.push_back(byte_ids_[static_cast<unsigned char>(c)]);
    }
}

void Unigram::encode(std::string_view word, std::vector<TokenId>& ids) const {
    thread_local std::vector<Reached> best;
    best.assign(word.size() + 1, Reached{});
    const auto offer = [](Reached& place, double score, TokenId id, std::size_t size) {
        if (place.size == 0 || score > place.score) {
            place = {.score = score, .id = id, .size = static_cast<std::uint32_t>(size)};
        }
    };
    for (std::size_t begin = 0; begin < word.size();) {
        const double so_far = best[begin].score;
        const std::size_t one = std::min(unicode::char_size(word[begin]), word.size() - begin);
        bool known = false;
        PieceTrie::Place place = PieceTrie::root();
        for (std::size_t at = begin; at < word.size() && trie_.step(place, word[at]); ++at) {
            if (place.id >= 0) {
                const std::size_t size = at + 1 - begin;
                offer(best[at + 1], so_far + scores_[static_cast<std::size_t>(place.id)], place.id, size);
                known = known || size == one;
            }
        }
        if (!known) {
            offer(best[begin + one], so_far + unknown_score_, options_.unknown, one);
        }
        begin += one;
    }
    // Backwards from the end; then the same way forwards: each place learns where its piece ends.
    std::size_t end = word.size();
    std::uint32_t next = 0;
    while (end > 0) {
        const std::uint32_t size = best[end].size;
        best[end].size = next;
        next = size;
        end -= size;
    }
    best[0].size = next;
    for (std::size_t begin = 0; begin < word.size();) {
        std::size_t stop = begin + best[begin].size;
        const TokenId id = best[stop].id;
        if (id != options_.unknown) {
            ids.push_back(id);
        } else {
            while (options_.fuse_unknown && stop < word.size() && best[stop + best[stop].size].id == options_.unknown) {
                stop += best[stop].size;
            }
            emit_unknown(word.substr(begin, stop - begin), ids);
        }
        begin = stop;
    }
    if (best.capacity() > most_kept) {
        std::vector<Reached>().swap(best);
    }
}

}  // namespace tandem
