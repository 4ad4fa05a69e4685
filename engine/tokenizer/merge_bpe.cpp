#include "engine/tokenizer/merge_bpe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>

#include "engine/api/utf8.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/fallback_bytes.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr std::size_t short_word = 32;  // up to here a plain search for the best pair beats a queue
constexpr TokenId none = -1;

std::uint64_t pair_of(TokenId left, TokenId right) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
}

std::size_t mix(std::uint64_t pair) {
    pair *= 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(pair ^ (pair >> 29));
}

// Part of the UTF-8 of an assigned character other than a control character (Unicode 15: planes 0 to 3, 14 to 16).
bool is_text_byte(unsigned byte) {
    return byte == '\t' || byte == '\n' || byte == '\r' || (byte >= 0x20 && byte <= 0x7E) ||
           (byte >= 0x80 && byte <= 0xBF) || (byte >= 0xC2 && byte <= 0xF0);
}

}  // namespace

Result<std::unique_ptr<const MergeBpe>> MergeBpe::create(std::shared_ptr<const Vocabulary> vocabulary,
                                                         const Merges& merges, const MergeBpeOptions& options) {
    std::unique_ptr<MergeBpe> model(new MergeBpe(std::move(vocabulary), options));
    TANDEM_TRY(model->fill_bytes());
    TANDEM_TRY(model->fill_merges(merges));
    return std::unique_ptr<const MergeBpe>(std::move(model));
}

Result<void> MergeBpe::fill_bytes() {
    if (!options_.byte_level && !options_.byte_fallback) {
        return {};
    }
    int missing = 0;
    int missing_text = 0;
    std::string first;
    byte_ids_.assign(256, none);
    for (unsigned byte = 0; byte < 256; ++byte) {
        std::string name;
        if (options_.byte_level) {
            unicode::append(name, byte_alphabet::char_of(static_cast<std::uint8_t>(byte)));
        } else {
            name = fallback_name(byte);
        }
        if (const auto id = vocabulary_->find(name)) {
            byte_ids_[byte] = *id;
            continue;
        }
        ++missing;
        if (is_text_byte(byte)) {
            if (++missing_text <= 3) {
                first += (first.empty() ? "" : ", ") + fallback_name(byte).substr(1, 4);
            }
        }
    }
    if (options_.byte_level && missing_text > 0) {
        return tokenizer_error("TOK_BYTES_MISSING",
                               std::to_string(missing) + " of 256 bytes have no token, " +
                                   std::to_string(missing_text) + " of them part of ordinary text (" + first +
                                   (missing_text > 3 ? ", ...)" : ")") + "; a byte-level vocabulary needs those",
                               vocabulary_->origin());
    }
    return {};
}

Result<void> MergeBpe::fill_merges(const Merges& merges) {
    if (merges.size() > most_merges) {
        return config_error(
            "there are " + std::to_string(merges.size()) + " merges, allowed are " + std::to_string(most_merges),
            vocabulary_->origin());
    }
    table_.assign(std::bit_ceil(merges.size() * 2 + 2), Merge{});
    std::uint32_t rank = 0;
    std::string joined;
    for (const auto& [left, right] : merges) {
        joined = left;
        joined += right;
        for (const std::string* part : {&left, &right, const_cast<const std::string*>(&joined)}) {
            if (!vocabulary_->find(*part)) {
                return tokenizer_error("TOK_MERGE_UNKNOWN",
                                       "merge " + std::to_string(rank) + " ('" + printable(left) + "' + '" +
                                           printable(right) + "') needs the token '" + printable(*part) +
                                           "', which is not in the vocabulary",
                                       vocabulary_->origin());
            }
        }
        put(*vocabulary_->find(left), *vocabulary_->find(right), rank, *vocabulary_->find(joined));
        ++rank;
    }
    return {};
}

void MergeBpe::put(TokenId left, TokenId right, std::uint32_t rank, TokenId merged) {
    const std::uint64_t pair = pair_of(left, right);
    const std::size_t mask = table_.size() - 1;
    std::size_t at = mix(pair) & mask;
    while (table_[at].pair != no_pair && table_[at].pair != pair) {
        at = (at + 1) & mask;
    }
    table_[at] = {.pair = pair, .rank = rank, .merged = merged};
}

const MergeBpe::Merge* MergeBpe::find(TokenId left, TokenId right) const {
    const std::uint64_t pair = pair_of(left, right);
    const std::size_t mask = table_.size() - 1;
    for (std::size_t at = mix(pair) & mask; table_[at].pair != no_pair; at = (at + 1) & mask) {
        if (table_[at].pair == pair) {
            return &table_[at];
        }
    }
    return nullptr;
}

void MergeBpe::start_bytes(std::string_view word, std::vector<TokenId>& symbols) const {
    bool after_unknown = false;
    for (const char c : word) {
        const TokenId id = byte_ids_[static_cast<unsigned char>(c)];
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

// An unknown token waits until the next known one (or the end), and fallback bytes do not make it leave: the order the
// reference has.
void MergeBpe::start_chars(std::string_view word, std::vector<TokenId>& symbols) const {
    bool waiting = false;
    const auto leave = [&] {
        if (waiting) {
            symbols.push_back(*options_.unknown);
            waiting = false;
        }
    };
    while (!word.empty()) {
        const std::string_view one = word.substr(0, unicode::char_size(word[0]));
        word.remove_prefix(one.size());
        if (const auto id = vocabulary_->find(one)) {
            leave();
            symbols.push_back(*id);
            continue;
        }
        const bool falls_back = options_.byte_fallback && std::all_of(one.begin(), one.end(), [&](char c) {
                                    return byte_ids_[static_cast<unsigned char>(c)] != none;
                                });
        if (falls_back) {
            for (const char c : one) {
                symbols.push_back(byte_ids_[static_cast<unsigned char>(c)]);
            }
        } else if (options_.unknown) {
            if (!options_.fuse_unknown) {
                leave();
            }
            waiting = true;
        }
    }
    leave();
}

void MergeBpe::merge_short(std::vector<TokenId>& symbols) const {
    std::array<const Merge*, short_word> merges{};
    std::size_t count = symbols.size();
    for (std::size_t i = 0; i + 1 < count; ++i) {
        merges[i] = find(symbols[i], symbols[i + 1]);
    }
    while (count > 1) {
        std::size_t best = count;
        for (std::size_t i = 0; i + 1 < count; ++i) {
            if (merges[i] != nullptr && (best == count || merges[i]->rank < merges[best]->rank)) {
                best = i;
            }
        }
        if (best == count) {
            break;
        }
        symbols[best] = merges[best]->merged;
        std::move(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 2,
                  symbols.begin() + static_cast<std::ptrdiff_t>(count),
                  symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
        for (std::size_t i = best + 1; i + 2 < count; ++i) {
            merges[i] = merges[i + 1];
        }
        --count;
        if (best + 1 < count) {
            merges[best] = find(symbols[best], symbols[best + 1]);
        }
        if (best > 0) {
            merges[best - 1] = find(symbols[best - 1], symbols[best]);
        }
    }
    symbols.resize(count);
}

void MergeBpe::merge_long(std::vector<TokenId>& symbols) const {
    struct Candidate {
        std::uint32_t rank;
        std::int32_t at;
        TokenId merged;
        bool operator>(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
    };
    constexpr std::int32_t dead = -2;
    std::vector<Symbol> chain(symbols.size());
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
    const auto offer = [&](std::int32_t at) {
        const std::int32_t next = at < 0 ? -1 : chain[static_cast<std::size_t>(at)].next;
        if (next < 0) {
            return;
        }
        if (const Merge* merge =
                find(chain[static_cast<std::size_t>(at)].id, chain[static_cast<std::size_t>(next)].id)) {
            queue.push({.rank = merge->rank, .at = at, .merged = merge->merged});
        }
    };
    const auto count = static_cast<std::int32_t>(symbols.size());
    for (std::int32_t i = 0; i < count; ++i) {
        chain[static_cast<std::size_t>(i)] = {symbols[static_cast<std::size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1};
    }
    for (std::int32_t i = 0; i < count; ++i) {
        offer(i);
    }
    while (!queue.empty()) {
        const Candidate top = queue.top();
        queue.pop();
        Symbol& left = chain[static_cast<std::size_t>(top.at)];
        if (left.next < 0) {
            continue;
        }
        Symbol& right = chain[static_cast<std::size_t>(left.next)];
        // A candidate is out of date when its symbols have merged with others since.
        const Merge* merge = find(left.id, right.id);
        if (merge == nullptr || merge->merged != top.merged) {
            continue;
        }
        left.id = top.merged;
        left.next = right.next;
        right.next = dead;
        if (left.next >= 0) {
            chain[static_cast<std::size_t>(left.next)].previous = top.at;
        }
        offer(left.previous);
        offer(top.at);
    }
    symbols.clear();
    for (std::int32_t at = 0; at >= 0; at = chain[static_cast<std::size_t>(at)].next) {
        symbols.push_back(chain[static_cast<std::size_t>(at)].id);
    }
}

void MergeBpe::encode(std::string_view word, std::vector<TokenId>& ids) const {
    if (options_.ignore_merges) {
        const auto whole = vocabulary_->find(options_.byte_level ? byte_alphabet::spelled(word) : std::string(word));
        if (whole) {
            ids.push_back(*whole);
            return;
        }
    }
    thread_local std::vector<TokenId> symbols;
    symbols.clear();
    if (options_.byte_level) {
        start_bytes(word, symbols);
    } else {
        start_chars(word, symbols);
    }
    if (symbols.size() > short_word) {
        merge_long(symbols);
    } else if (symbols.size() > 1) {
        merge_short(symbols);
    }
    ids.insert(ids.end(), symbols.begin(), symbols.end());
    if (symbols.capacity() > 65536) {
        std::vector<TokenId>().swap(symbols);
    }
}

}  // namespace tandem
