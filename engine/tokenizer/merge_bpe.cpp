#include "engine/tokenizer/merge_bpe.h"

#include <algorithm>
#include <atomic>

#include "engine/api/utf8.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/fallback_bytes.h"
#include "engine/tokenizer/merge_run.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"
#include "engine/tokenizer/word_cache.h"

namespace tandem {
namespace {

constexpr TokenId none = -1;
constexpr std::size_t most_kept = std::size_t{1} << 16;  // a long word's memory is given back

// Part of the UTF-8 of an assigned character other than a control character (Unicode 15: planes 0 to 3, 14 to 16).
bool is_text_byte(unsigned byte) {
    return byte == '\t' || byte == '\n' || byte == '\r' || (byte >= 0x20 && byte <= 0x7E) ||
           (byte >= 0x80 && byte <= 0xBF) || (byte >= 0xC2 && byte <= 0xF0);
}

std::string letter_of(unsigned byte) {
    std::string letter;
    unicode::append(letter, byte_alphabet::char_of(static_cast<std::uint8_t>(byte)));
    return letter;
}

// The character that is all of `text`.
std::optional<char32_t> only_char(std::string_view text) {
    if (text.empty() || unicode::char_size(text[0]) != text.size()) {
        return std::nullopt;
    }
    return unicode::first_char(text).code;
}

char32_t last_char(std::string_view text) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) {
        --at;
    }
    return unicode::first_char(text.substr(at)).code;
}

}  // namespace

Result<void> check_byte_alphabet(const Vocabulary& vocabulary) {
    int missing = 0;
    int missing_text = 0;
    std::string first;
    for (unsigned byte = 0; byte < 256; ++byte) {
        if (vocabulary.find_piece(letter_of(byte))) {
            continue;
        }
        ++missing;
        if (is_text_byte(byte)) {
            if (++missing_text <= 3) {
                first += (first.empty() ? "" : ", ") + fallback_name(byte).substr(1, 4);
            }
        }
    }
    if (missing_text == 0) {
        return {};
    }
    return tokenizer_error("TOK_BYTES_MISSING",
                           std::to_string(missing) + " of 256 bytes have no token, " + std::to_string(missing_text) +
                               " of them part of ordinary text (" + first + (missing_text > 3 ? ", ...)" : ")") +
                               "; a byte-level vocabulary needs those",
                           vocabulary.origin());
}

MergeBpe::MergeBpe(std::shared_ptr<const Vocabulary> vocabulary, const MergeBpeOptions& options)
    : vocabulary_(std::move(vocabulary)), options_(options) {
    // Two numbers each: one for words, one for parts of words.
    static std::atomic<std::uint64_t> next{1};
    serial_ = next.fetch_add(2);
}

Result<std::unique_ptr<const MergeBpe>> MergeBpe::create(std::shared_ptr<const Vocabulary> vocabulary,
                                                         const Merges& merges, const MergeBpeOptions& options) {
    std::unique_ptr<MergeBpe> model(new MergeBpe(std::move(vocabulary), options));
    TANDEM_TRY(model->fill_symbols());
    TANDEM_TRY(model->fill_merges(merges));
    return std::unique_ptr<const MergeBpe>(std::move(model));
}

std::string MergeBpe::with_affixes(std::string_view one, Place place) const {
    std::string text = place.first ? std::string() : options_.continuing_prefix;
    text += one;
    return place.last ? text + options_.word_suffix : text;
}

Result<void> MergeBpe::fill_symbols() {
    constexpr std::array<Place, 4> places{{{true, false}, {true, true}, {false, false}, {false, true}}};
    if (options_.byte_level) {
        TANDEM_TRY(check_byte_alphabet(*vocabulary_));
        for (const Place place : places) {
            std::vector<TokenId>& ids = alphabet_ids_[index(place)];
            for (unsigned byte = 0; byte < 256; ++byte) {
                ids.push_back(vocabulary_->find_piece(with_affixes(letter_of(byte), place)).value_or(none));
            }
        }
        return {};
    }
    if (options_.byte_fallback) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            fallback_ids_.push_back(vocabulary_->find_piece(fallback_name(byte)).value_or(none));
        }
    }
    for (TokenId id = 0; id < vocabulary_->size(); ++id) {
        const std::string_view text = vocabulary_->text(id);
        if (text.empty() || vocabulary_->find_piece(text) != id) {
            continue;
        }
        for (const Place place : places) {
            std::string_view inner = text;
            if (!place.first) {
                if (!inner.starts_with(options_.continuing_prefix)) {
                    continue;
                }
                inner.remove_prefix(options_.continuing_prefix.size());
            }
            if (place.last) {
                if (!inner.ends_with(options_.word_suffix)) {
                    continue;
                }
                inner.remove_suffix(options_.word_suffix.size());
            }
            if (const auto code = only_char(inner)) {
                char_ids_[index(place)].put(*code, id);
            }
            if (!has_affixes()) {
                break;
            }
        }
    }
    return {};
}

Result<void> MergeBpe::fill_merges(const Merges& merges) {
    const std::string& origin = vocabulary_->origin();
    if (merges.size() > most_merges) {
        return config_error(
            "there are " + std::to_string(merges.size()) + " merges, allowed are " + std::to_string(most_merges),
            origin);
    }
    merges_.reserve(merges.size());
    knows_meeting_ = !options_.byte_level && !has_affixes();
    if (knows_meeting_) {
        meeting_.reserve(merges.size());
    }
    // Symbols that stand for more than their text.
    const auto is_no_text = [&](TokenId id, const std::string& text) {
        return id == options_.unknown || (text.starts_with('<') && std::find(fallback_ids_.begin(), fallback_ids_.end(),
                                                                             id) != fallback_ids_.end());
    };
    const std::size_t prefix = options_.continuing_prefix.size();
    std::uint32_t rank = 0;
    for (const auto& [left, right] : merges) {
        // The right part goes on a word, so its prefix goes.
        const std::string joined = left + (right.size() >= prefix ? right.substr(prefix) : std::string());
        std::array<TokenId, 3> ids{};
        std::size_t part = 0;
        for (const std::string* text : {&left, &right, &joined}) {
            const auto id = vocabulary_->find_piece(*text);
            if (!id || right.size() < prefix) {
                return tokenizer_error("TOK_MERGE_UNKNOWN",
                                       "merge " + std::to_string(rank) + " ('" + printable(left) + "' + '" +
                                           printable(right) + "') needs the token '" + printable(*text) +
                                           "', which is not in the vocabulary",
                                       origin);
            }
            ids[part++] = *id;
        }
        merges_.put(ids[0], ids[1], rank, ids[2]);
        ++rank;
        if (knows_meeting_ && !left.empty() && !right.empty()) {
            knows_meeting_ = !is_no_text(ids[0], left) && !is_no_text(ids[1], right);
            const TokenId last = char_ids_[0].find(last_char(left));
            const TokenId first = char_ids_[0].find(unicode::first_char(right).code);
            if (last != none && first != none) {
                meeting_.put(last, first, 0, 0);
            }
        }
    }
    return {};
}

// As the reference: an unknown token waits until the next known one or the end.
void MergeBpe::start_bytes(std::string_view word, std::vector<TokenId>& symbols) const {
    bool after_unknown = false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const Place place{.first = i == 0, .last = i + 1 == word.size()};
        const TokenId id = alphabet_ids_[index(place)][static_cast<unsigned char>(word[i])];
        if (id != none) {
            symbols.push_back(id);
            after_unknown = false;
        } else if (options_.unknown) {
            if (!after_unknown || !options_.fuse_unknown) {
                symbols.push_back(*options_.unknown);
            }
            after_unknown = true;
        }
    }
}

bool MergeBpe::fall_back(std::string_view one, Place place, std::vector<TokenId>& ids) const {
    if (fallback_ids_.empty()) {
        return false;
    }
    const std::string text = with_affixes(one, place);
    const auto id_of = [&](char c) { return fallback_ids_[static_cast<unsigned char>(c)]; };
    if (!std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) != none; })) {
        return false;
    }
    for (const char c : text) {
        ids.push_back(id_of(c));
    }
    return true;
}

void MergeBpe::encode_part(std::string_view part, std::vector<TokenId>& symbols, std::vector<TokenId>& ids) const {
    if (symbols.size() > 1) {
        const bool is_short = knows_meeting_ && part.size() <= WordCache::longest_word;
        if (is_short) {
            const std::uint64_t hash = WordCache::hash_of(part);
            WordCache::Entry& entry = WordCache::entry(hash);
            if (entry.holds(part, hash, serial_ + 1)) {
                const auto tokens = entry.tokens();
                ids.insert(ids.end(), tokens.begin(), tokens.end());
                symbols.clear();
                return;
            }
            run_merges(merges_, symbols);
            WordCache::keep(entry, part, hash, serial_ + 1, symbols);
        } else {
            run_merges(merges_, symbols);
        }
    }
    ids.insert(ids.end(), symbols.begin(), symbols.end());
    symbols.clear();
}

// An unknown token waits until the next known one (or the end), and fallback bytes do not make it leave: the order the
// reference has.
void MergeBpe::encode_chars(std::string_view word, std::vector<TokenId>& ids) const {
    thread_local std::vector<TokenId> symbols;
    symbols.clear();
    std::size_t part_begin = 0;
    bool waiting = false;
    // Ends the part before `at`, where nothing can merge across.
    const auto cut = [&](std::size_t at) {
        if (knows_meeting_) {
            encode_part(word.substr(part_begin, at - part_begin), symbols, ids);
        }
        part_begin = at;
    };
    std::vector<TokenId>& loose = knows_meeting_ ? ids : symbols;
    const auto leave = [&](std::size_t at) {
        if (waiting) {
            cut(at);
            loose.push_back(*options_.unknown);
            waiting = false;
        }
    };
    for (std::size_t at = 0; at < word.size();) {
        const unicode::Char c = unicode::first_char(word.substr(at));
        const Place place{.first = at == 0 || options_.continuing_prefix.empty(),
                          .last = at + c.size == word.size() && !options_.word_suffix.empty()};
        const TokenId id = char_ids_[index(place)].find(c.code);
        if (id != none) {
            leave(at);
            if (knows_meeting_ && !symbols.empty() && meeting_.find(symbols.back(), id) == nullptr) {
                cut(at);
            }
            symbols.push_back(id);
        } else {
            cut(at);
            if (!fall_back(word.substr(at, c.size), place, loose) && options_.unknown) {
                if (!options_.fuse_unknown) {
                    leave(at);
                }
                waiting = true;
            }
            part_begin = at + c.size;
        }
        at += c.size;
    }
    leave(word.size());
    encode_part(word.substr(part_begin), symbols, ids);
    if (symbols.capacity() > most_kept) {
        std::vector<TokenId>().swap(symbols);
    }
}

void MergeBpe::encode_new(std::string_view word, std::vector<TokenId>& ids) const {
    if (options_.ignore_merges) {
        const auto whole =
            options_.byte_level ? vocabulary_->find_piece(byte_alphabet::spelled(word)) : vocabulary_->find_piece(word);
        if (whole) {
            ids.push_back(*whole);
            return;
        }
    }
    if (!options_.byte_level) {
        encode_chars(word, ids);
        return;
    }
    thread_local std::vector<TokenId> symbols;
    symbols.clear();
    start_bytes(word, symbols);
    run_merges(merges_, symbols);
    ids.insert(ids.end(), symbols.begin(), symbols.end());
    if (symbols.capacity() > most_kept) {
        std::vector<TokenId>().swap(symbols);
    }
}

void MergeBpe::encode(std::string_view word, std::vector<TokenId>& ids) const {
    if (word.size() > WordCache::longest_word) {
        return encode_new(word, ids);
    }
    const std::uint64_t hash = WordCache::hash_of(word);
    WordCache::Entry& entry = WordCache::entry(hash);
    if (entry.holds(word, hash, serial_)) {
        const auto tokens = entry.tokens();
        ids.insert(ids.end(), tokens.begin(), tokens.end());
        return;
    }
    const std::size_t before = ids.size();
    encode_new(word, ids);
    WordCache::keep(entry, word, hash, serial_, std::span<const TokenId>(ids).subspan(before));
}

}  // namespace tandem
