#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <utility>

#include "engine/evaluation/ter.h"

namespace tandem::scores {
namespace {

constexpr std::size_t longest_shift = 10;
constexpr std::size_t furthest_shift = 50;
constexpr std::size_t most_candidates = 1000;
constexpr double beam = 25;
constexpr std::int32_t infinite = 1 << 30;

enum class Step : std::uint8_t { none, keep, replace, from_hypothesis, from_reference };

struct Cell {
    std::int32_t cost = infinite;
    Step step = Step::none;
};

// One row of the edit distance table: only the columns near the diagonal are there.
struct Row {
    std::size_t begin = 0;
    std::vector<Cell> cells;

    std::int32_t cost(std::size_t j) const {
        return j < begin || j - begin >= cells.size() ? infinite : cells[j - begin].cost;
    }
};

// The table of one hypothesis against the reference. A shifted hypothesis shares the rows before its first change.
class EditTable {
public:
    explicit EditTable(const Symbols& reference) : reference_(reference) {
        Row& first = rows_.emplace_back();
        for (std::size_t j = 0; j <= reference.size(); ++j) {
            first.cells.push_back({static_cast<std::int32_t>(j), Step::from_reference});
        }
    }

    void fill(const Symbols& words) {
        rows_.resize(1);
        words_ = words;
        for (std::size_t i = 1; i <= words.size(); ++i) {
            Row row = next(rows_.back(), i, words);
            rows_.push_back(std::move(row));
        }
    }

    std::int32_t distance() const { return rows_.back().cost(reference_.size()); }

    // Of other words, as many as those of the table.
    std::int32_t distance(const Symbols& words) const {
        const auto same = std::mismatch(words.begin(), words.end(), words_.begin()).first - words.begin();
        const Row* above = &rows_[static_cast<std::size_t>(same)];
        Row row;
        for (auto i = static_cast<std::size_t>(same) + 1; i <= words.size(); ++i) {
            row = next(*above, i, words);
            above = &row;
        }
        return above->cost(reference_.size());
    }

    // From both ends to the beginnings, in the order of the texts.
    std::vector<Step> steps() const {
        std::vector<Step> steps;
        for (std::size_t i = words_.size(), j = reference_.size(); i > 0 || j > 0;) {
            const Step step = rows_[i].cells[j - rows_[i].begin].step;
            steps.push_back(step);
            i -= step == Step::from_reference ? 0 : 1;
            j -= step == Step::from_hypothesis ? 0 : 1;
        }
        std::reverse(steps.begin(), steps.end());
        return steps;
    }

private:
    Row next(const Row& above, std::size_t i, const Symbols& words) const {
        const double ratio = static_cast<double>(reference_.size()) / static_cast<double>(words.size());
        const double half = beam < ratio / 2 ? std::ceil(ratio / 2 + beam) : beam;
        const double diagonal = std::floor(static_cast<double>(i) * ratio);
        const auto end = i == words.size() ? reference_.size() + 1
                                           : std::min(reference_.size() + 1, static_cast<std::size_t>(diagonal + half));
        Row row{.begin = static_cast<std::size_t>(std::max(0.0, diagonal - half))};
        for (std::size_t j = row.begin; j < end; ++j) {
            Cell cell;
            // The order of the three decides between equal costs.
            if (j > 0) {
                const bool same = words[i - 1] == reference_[j - 1];
                improve(cell, above.cost(j - 1) + (same ? 0 : 1), same ? Step::keep : Step::replace);
            }
            improve(cell, above.cost(j) + 1, Step::from_hypothesis);
            if (j > 0) {
                improve(cell, row.cost(j - 1) + 1, Step::from_reference);
            }
            row.cells.push_back(cell);
        }
        return row;
    }

    static void improve(Cell& cell, std::int32_t cost, Step step) {
        if (cost < cell.cost) {
            cell = {cost, step};
        }
    }

    const Symbols& reference_;
    Symbols words_;
    std::vector<Row> rows_;
};

// Which word of the hypothesis stands where each of the reference should (-1: before the first), and which are wrong.
struct Alignment {
    std::vector<std::ptrdiff_t> place;  // of each word of the reference
    std::vector<bool> reference_wrong, hypothesis_wrong;

    explicit Alignment(const std::vector<Step>& steps) {
        std::ptrdiff_t at = -1;
        for (const Step step : steps) {
            if (step != Step::from_reference) {
                ++at;
                hypothesis_wrong.push_back(step != Step::keep);
            }
            if (step != Step::from_hypothesis) {
                place.push_back(at);
                reference_wrong.push_back(step != Step::keep);
            }
        }
    }
};

bool any(const std::vector<bool>& flags, std::size_t begin, std::size_t count) {
    const auto first = flags.begin() + static_cast<std::ptrdiff_t>(begin);
    return std::find(first, first + static_cast<std::ptrdiff_t>(count), true) !=
           first + static_cast<std::ptrdiff_t>(count);
}

Symbols shifted(const Symbols& words, std::size_t start, std::size_t length, std::size_t target) {
    Symbols result = words;
    const auto at = [&](std::size_t i) {
        return result.begin() + static_cast<std::ptrdiff_t>(std::min(i, words.size()));
    };
    if (target < start) {
        std::rotate(at(target), at(start), at(start + length));
    } else if (target > start + length) {
        std::rotate(at(start), at(start + length), at(target));
    } else {
        std::rotate(at(start), at(start + length), at(length + target));
    }
    return result;
}

class ShiftSearch {
public:
    ShiftSearch(const Symbols& words, const Symbols& reference, const EditTable& table, std::size_t& candidates)
        : words_(words), reference_(reference), table_(table), aligned_(table.steps()), candidates_(candidates) {}

    // The words after the shift that saves most; how much it saves is 0 or less where none does.
    std::pair<std::int32_t, Symbols> best() {
        for (std::size_t from = 0; from < words_.size(); ++from) {
            for (std::size_t to = 0; to < reference_.size(); ++to) {
                if (std::max(from, to) - std::min(from, to) > furthest_shift) {
                    continue;
                }
                for (std::size_t length = 1;
                     length <= longest_shift && from + length <= words_.size() && to + length <= reference_.size() &&
                     words_[from + length - 1] == reference_[to + length - 1];
                     ++length) {
                    if (!try_run(from, to, length)) {
                        return result();
                    }
                }
            }
        }
        return result();
    }

private:
    // False where enough was tried.
    bool try_run(std::size_t from, std::size_t to, std::size_t length) {
        const std::ptrdiff_t place = aligned_.place[to];
        const auto begin = static_cast<std::ptrdiff_t>(from);
        if (!any(aligned_.hypothesis_wrong, from, length) || !any(aligned_.reference_wrong, to, length) ||
            (begin <= place && place < begin + static_cast<std::ptrdiff_t>(length))) {
            return true;
        }
        std::ptrdiff_t previous = -1;
        for (std::size_t i = to; i <= to + length; ++i) {  // behind the word that word i - 1 of the reference is at
            const std::ptrdiff_t target = i == 0 ? 0 : aligned_.place[i - 1] + 1;
            if (target == previous) {
                continue;
            }
            previous = target;
            Symbols words = shifted(words_, from, length, static_cast<std::size_t>(target));
            const std::tuple rank(table_.distance() - table_.distance(words), length, -begin, -target);
            ++candidates_;
            if (!found_ || rank > rank_) {
                found_ = true;
                rank_ = rank;
                best_ = std::move(words);
            }
        }
        return candidates_ < most_candidates;
    }

    std::pair<std::int32_t, Symbols> result() {
        return found_ ? std::pair(std::get<0>(rank_), std::move(best_)) : std::pair(0, words_);
    }

    const Symbols& words_;
    const Symbols& reference_;
    const EditTable& table_;
    Alignment aligned_;
    std::size_t& candidates_;
    bool found_ = false;
    std::tuple<std::int32_t, std::size_t, std::ptrdiff_t, std::ptrdiff_t> rank_{};
    Symbols best_;
};

}  // namespace

std::size_t ter_edits(const Symbols& hypothesis, const Symbols& reference) {
    if (reference.empty()) {
        return hypothesis.size();
    }
    EditTable table(reference);
    Symbols words = hypothesis;
    table.fill(words);
    std::size_t shifts = 0, candidates = 0;
    for (;;) {
        auto [saved, better] = ShiftSearch(words, reference, table, candidates).best();
        if (candidates >= most_candidates || saved <= 0) {
            break;
        }
        ++shifts;
        words = std::move(better);
        table.fill(words);
    }
    return shifts + static_cast<std::size_t>(table.distance());
}

}  // namespace tandem::scores
