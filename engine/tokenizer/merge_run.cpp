#include "engine/tokenizer/merge_run.h"

#include <algorithm>
#include <array>

namespace tandem {
namespace {

constexpr std::size_t short_word = 32;  // up to here a plain search for the best pair beats a queue

struct Candidate {
    std::uint32_t rank;
    std::int32_t at;
    TokenId merged;
    bool operator>(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
};

void merge_short(const MergeTable& table, std::vector<TokenId>& symbols) {
    std::array<const MergeTable::Merge*, short_word> merges{};
    std::size_t count = symbols.size();
    for (std::size_t i = 0; i + 1 < count; ++i) {
        merges[i] = table.find(symbols[i], symbols[i + 1]);
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
            merges[best] = table.find(symbols[best], symbols[best + 1]);
        }
        if (best > 0) {
            merges[best - 1] = table.find(symbols[best - 1], symbols[best]);
        }
    }
    symbols.resize(count);
}

// Candidates by rank, then place. Those of the whole word at the start are sorted once; only what merging makes later
// goes through a heap, which so stays small and near.
class Queue {
public:
    explicit Queue(std::vector<Candidate>& start) : start_(start) {
        std::sort(start_.begin(), start_.end(), [](const Candidate& a, const Candidate& b) { return b > a; });
    }
    bool empty() const { return next_ == start_.size() && heap_.empty(); }
    void push(const Candidate& candidate) {
        heap_.push_back(candidate);
        std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
    }
    Candidate pop() {
        if (heap_.empty() || (next_ < start_.size() && heap_.front() > start_[next_])) {
            return start_[next_++];
        }
        std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
        const Candidate top = heap_.back();
        heap_.pop_back();
        return top;
    }

private:
    std::vector<Candidate>& start_;
    std::size_t next_ = 0;
    std::vector<Candidate> heap_;
};

void merge_long(const MergeTable& table, std::vector<TokenId>& symbols) {
    struct Symbol {
        TokenId id = 0;
        std::int32_t previous = -1;
        std::int32_t next = -1;  // -1: none; dead: merged away
    };
    constexpr std::int32_t dead = -2;
    const auto count = static_cast<std::int32_t>(symbols.size());
    std::vector<Symbol> chain(symbols.size());
    std::vector<Candidate> start;
    for (std::int32_t i = 0; i < count; ++i) {
        const auto here = static_cast<std::size_t>(i);
        chain[here] = {symbols[here], i - 1, i + 1 < count ? i + 1 : -1};
        if (i + 1 < count) {
            if (const auto* merge = table.find(symbols[here], symbols[here + 1])) {
                start.push_back({.rank = merge->rank, .at = i, .merged = merge->merged});
            }
        }
    }
    Queue queue(start);
    const auto at = [&](std::int32_t place) -> Symbol& { return chain[static_cast<std::size_t>(place)]; };
    const auto offer = [&](std::int32_t place) {
        const std::int32_t next = place < 0 ? -1 : at(place).next;
        if (next < 0) {
            return;
        }
        if (const auto* merge = table.find(at(place).id, at(next).id)) {
            queue.push({.rank = merge->rank, .at = place, .merged = merge->merged});
        }
    };
    while (!queue.empty()) {
        const Candidate top = queue.pop();
        Symbol& left = at(top.at);
        if (left.next < 0) {
            continue;
        }
        Symbol& right = at(left.next);
        // A candidate is out of date when its symbols have merged with others since.
        const auto* merge = table.find(left.id, right.id);
        if (merge == nullptr || merge->merged != top.merged) {
            continue;
        }
        left.id = top.merged;
        left.next = right.next;
        right.next = dead;
        if (left.next >= 0) {
            at(left.next).previous = top.at;
        }
        offer(left.previous);
        offer(top.at);
    }
    symbols.clear();
    for (std::int32_t place = 0; place >= 0; place = at(place).next) {
        symbols.push_back(at(place).id);
    }
}

}  // namespace

void run_merges(const MergeTable& merges, std::vector<TokenId>& symbols) {
    if (symbols.size() > short_word) {
        merge_long(merges, symbols);
    } else if (symbols.size() > 1) {
        merge_short(merges, symbols);
    }
}

}  // namespace tandem
