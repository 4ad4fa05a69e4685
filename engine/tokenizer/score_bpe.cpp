#include "engine/tokenizer/score_bpe.h"

#include <queue>
#include <unordered_map>

#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

struct Symbol {
    std::size_t begin = 0;
    std::size_t size = 0;  // 0: merged away
    std::int64_t previous = -1;
    std::int64_t next = -1;
};

struct Candidate {
    float score;
    std::int64_t left;
    std::int64_t right;
    std::size_t size;  // of both together when it was offered
    bool operator<(const Candidate& other) const {
        return score != other.score ? score < other.score : left > other.left;
    }
};

}  // namespace

// How unused pieces came about: their text to the size of the left part.
struct ScoreBpe::Run {
    std::unordered_map<std::string_view, std::size_t> parts;
};

Result<std::unique_ptr<const ScoreBpe>> ScoreBpe::create(std::shared_ptr<const Vocabulary> vocabulary,
                                                         std::vector<float> scores, std::vector<PieceUse> uses,
                                                         std::optional<TokenId> unknown) {
    std::unique_ptr<ScoreBpe> model(new ScoreBpe());
    model->scores_ = std::move(scores);
    model->uses_ = std::move(uses);
    model->unknown_ = unknown;
    constexpr std::string_view digits = "0123456789ABCDEF";
    int missing = 0;
    model->byte_ids_.assign(256, -1);
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto id = vocabulary->find(std::string{'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'});
        missing += id ? 0 : 1;
        model->byte_ids_[byte] = id.value_or(-1);
    }
    if (missing == 256 && unknown) {
        model->byte_ids_.clear();
    } else if (missing > 0) {
        return tokenizer_error("TOK_BYTES_MISSING",
                               std::to_string(missing) +
                                   " of 256 bytes have no token; a vocabulary needs all of them, "
                                   "or none and an unknown token",
                               vocabulary->origin());
    }
    model->vocabulary_ = std::move(vocabulary);
    return std::unique_ptr<const ScoreBpe>(std::move(model));
}

std::optional<TokenId> ScoreBpe::piece(std::string_view text) const {
    const auto id = vocabulary_->find(text);
    return id && uses_[static_cast<std::size_t>(*id)] != PieceUse::none ? id : std::nullopt;
}

void ScoreBpe::emit(std::string_view text, const Run& run, std::vector<TokenId>& ids) const {
    const auto id = piece(text);
    if (id && uses_[static_cast<std::size_t>(*id)] == PieceUse::unused) {
        if (const auto parts = run.parts.find(text); parts != run.parts.end()) {
            emit(text.substr(0, parts->second), run, ids);
            emit(text.substr(parts->second), run, ids);
            return;
        }
    }
    if (id) {
        ids.push_back(*id);
    } else if (!byte_ids_.empty()) {
        for (const char c : text) {
            ids.push_back(byte_ids_[static_cast<unsigned char>(c)]);
        }
    } else if (ids.empty() || ids.back() != *unknown_) {
        ids.push_back(*unknown_);
    }
}

void ScoreBpe::encode(std::string_view word, std::vector<TokenId>& ids) const {
    std::vector<Symbol> symbols;
    symbols.reserve(word.size());
    for (std::size_t at = 0; at < word.size();) {
        const std::size_t size = std::min(unicode::char_size(word[at]), word.size() - at);
        const auto index = static_cast<std::int64_t>(symbols.size());
        symbols.push_back({at, size, index - 1, index + 1});
        at += size;
    }
    if (symbols.empty()) {
        return;
    }
    symbols.back().next = -1;
    Run run;
    std::priority_queue<Candidate> queue;
    const auto at = [&](std::int64_t index) -> Symbol& { return symbols[static_cast<std::size_t>(index)]; };
    const auto offer = [&](std::int64_t left, std::int64_t right) {
        if (left < 0 || right < 0) {
            return;
        }
        const std::string_view joined = word.substr(at(left).begin, at(left).size + at(right).size);
        if (const auto id = piece(joined)) {
            const auto index = static_cast<std::size_t>(*id);
            if (uses_[index] == PieceUse::unused) {
                run.parts[joined] = at(left).size;
            }
            queue.push({scores_[index], left, right, joined.size()});
        }
    };
    for (std::size_t i = 1; i < symbols.size(); ++i) {
        offer(static_cast<std::int64_t>(i) - 1, static_cast<std::int64_t>(i));
    }
    while (!queue.empty()) {
        const Candidate top = queue.top();
        queue.pop();
        Symbol& left = at(top.left);
        Symbol& right = at(top.right);
        if (left.size == 0 || right.size == 0 || left.size + right.size != top.size) {
            continue;
        }
        left.size += right.size;
        left.next = right.next;
        right.size = 0;
        if (left.next >= 0) {
            at(left.next).previous = top.left;
        }
        offer(left.previous, top.left);
        offer(top.left, left.next);
    }
    for (std::int64_t i = 0; i >= 0; i = at(i).next) {
        emit(word.substr(at(i).begin, at(i).size), run, ids);
    }
}

}  // namespace tandem
