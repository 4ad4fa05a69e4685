#include "engine/generation/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace tandem {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
// What a beam that must not be chosen has added to its score: far below any sum, and finite, so that it still has an
// order.
constexpr float dead = -1e9F;

Error not_finite(const char* what) {
    return {.code = "LOGITS_NOT_FINITE",
            .message = std::string("the model's logits hold ") + what +
                       "; its weights may be damaged or the number format too narrow, try dtype f32",
            .kind = ErrorKind::failed};
}

// The places of the `count` largest, best first; of equal ones the first.
std::vector<std::size_t> largest(const std::vector<float>& scores, std::size_t count) {
    std::vector<std::size_t> places(scores.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::ranges::stable_sort(places, [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    places.resize(std::min(count, places.size()));
    return places;
}

}  // namespace

BeamSearch::BeamSearch(const GenerationOptions& options, TargetTokens rules, std::vector<TokenId> end_ids,
                       std::vector<TokenId> beginning)
    : options_(options),
      rules_(std::move(rules)),
      end_ids_(std::move(end_ids)),
      beginning_(std::move(beginning)),
      running_(static_cast<std::size_t>(options.beams), Beam{.tokens = {}, .score = dead}),
      finished_(running_) {
    running_.front().score = 0;  // all are the same yet: one is continued
}

const std::vector<TokenId>& BeamSearch::best() const {
    return (finished_.front().finished ? finished_ : running_).front().tokens;
}

Result<void> BeamSearch::step(std::span<float> log_probs) {
    const std::size_t vocab = log_probs.size() / running_.size();
    for (std::size_t row = 0; row < running_.size(); ++row) {
        const std::span<float> values = log_probs.subspan(row * vocab, vocab);
        if (std::ranges::any_of(values, [](float value) { return value != value; })) {
            return not_finite("a number-less value (NaN) or an infinite one");
        }
        adjust(values, running_[row]);
    }
    const std::vector<Continuation> found = TANDEM_TRY(best_continuations(log_probs, vocab));
    ++steps_;
    const auto divisor = static_cast<float>(std::pow(static_cast<double>(steps_), options_.length_penalty));
    std::vector<Beam> finished = finish(found, divisor);
    running_ = run_on(found);
    finished_ = std::move(finished);

    const bool all_finished = std::ranges::all_of(finished_, &Beam::finished);
    const float worst = std::ranges::min(finished_, {}, &Beam::score).score;
    const bool may_improve = std::ranges::any_of(
        finished_, [&](const Beam& beam) { return running_.front().score / divisor > (beam.finished ? worst : dead); });
    const bool goes_on = std::ranges::any_of(found, [](const Continuation& by) { return !by.ends; });
    over_ = !may_improve || !goes_on || (all_finished && options_.early_stopping);
    return {};
}

bool BeamSearch::is_end(TokenId id) const {
    return std::ranges::find(end_ids_, id) != end_ids_.end();
}

TokenId BeamSearch::forced() const {
    const bool is_last = steps_ + 1 >= options_.max_new_tokens;
    if (is_last && rules_.forced_last >= 0 && !options_.ignore_eos) {
        return static_cast<TokenId>(rules_.forced_last);
    }
    return steps_ == 0 ? static_cast<TokenId>(rules_.forced_first) : -1;
}

void BeamSearch::adjust(std::span<float> row, const Beam& beam) {
    if (const TokenId only = forced(); only >= 0) {
        std::ranges::fill(row, -infinity);
        row[static_cast<std::size_t>(only)] = 0;
        return;
    }
    const auto forbid = [&](std::int64_t id) {
        if (id >= 0 && static_cast<std::size_t>(id) < row.size()) {
            row[static_cast<std::size_t>(id)] = -infinity;
        }
    };
    penalise(row, beam);
    if (steps_ < options_.min_new_tokens) {
        std::ranges::for_each(end_ids_, forbid);
    }
    std::ranges::for_each(rules_.never, forbid);
}

void BeamSearch::penalise(std::span<float> row, const Beam& beam) {
    if (options_.repetition_penalty == 1) {
        return;
    }
    seen_.assign(row.size(), false);
    const auto penalty = static_cast<float>(options_.repetition_penalty);
    for (const std::vector<TokenId>* tokens : {&std::as_const(beginning_), &beam.tokens}) {
        for (const TokenId id : *tokens) {
            const auto place = static_cast<std::size_t>(id);
            if (id < 0 || place >= row.size() || seen_[place]) {
                continue;
            }
            seen_[place] = true;
            row[place] = row[place] < 0 ? row[place] * penalty : row[place] / penalty;
        }
    }
}

Result<std::vector<BeamSearch::Continuation>> BeamSearch::best_continuations(std::span<const float> log_probs,
                                                                             std::size_t vocab) const {
    const std::size_t ends = options_.ignore_eos ? 0 : end_ids_.size();
    const std::size_t wanted = std::min(running_.size() * std::max<std::size_t>(2, 1 + ends), log_probs.size());
    struct Place {
        float score;
        std::size_t index;
    };
    // The front of the heap is the worst of those kept.
    const auto better = [](const Place& a, const Place& b) {
        return a.score != b.score ? a.score > b.score : a.index < b.index;
    };
    std::vector<Place> kept;
    kept.reserve(wanted);
    for (std::size_t row = 0; row < running_.size(); ++row) {
        const float before = running_[row].score;
        for (std::size_t index = row * vocab; index < (row + 1) * vocab; ++index) {
            const float score = log_probs[index] + before;
            if (kept.size() == wanted) {
                if (!(score > kept.front().score)) {
                    continue;
                }
                std::ranges::pop_heap(kept, better);
                kept.pop_back();
            }
            kept.push_back({score, index});
            std::ranges::push_heap(kept, better);
        }
    }
    std::ranges::sort_heap(kept, better);
    if (kept.empty() || kept.front().score == -infinity) {
        return not_finite("no token that may be chosen: all are minus infinity");
    }
    const bool at_length = steps_ + 1 >= options_.max_new_tokens;
    std::vector<Continuation> found;
    for (const Place& place : kept) {
        const auto id = static_cast<TokenId>(place.index % vocab);
        found.push_back({.score = place.score,
                         .row = static_cast<std::int64_t>(place.index / vocab),
                         .id = id,
                         .ends = at_length || (!options_.ignore_eos && is_end(id))});
    }
    return found;
}

BeamSearch::Beam BeamSearch::continued(const Continuation& by, float score) const {
    Beam beam{.tokens = running_[static_cast<std::size_t>(by.row)].tokens, .score = score};
    beam.tokens.push_back(by.id);
    return beam;
}

std::vector<BeamSearch::Beam> BeamSearch::finish(const std::vector<Continuation>& continuations, float divisor) {
    std::vector<float> scores;
    for (const Beam& beam : finished_) {
        scores.push_back(beam.score);
    }
    const auto ended = [&](std::size_t i) { return continuations[i].ends && i < running_.size(); };
    for (std::size_t i = 0; i < continuations.size(); ++i) {
        scores.push_back(continuations[i].score / divisor + (ended(i) ? 0 : dead));
    }
    std::vector<Beam> best;
    for (const std::size_t place : largest(scores, finished_.size())) {
        if (place < finished_.size()) {
            best.push_back(std::move(finished_[place]));
            continue;
        }
        const std::size_t i = place - finished_.size();
        best.push_back(ended(i) ? continued(continuations[i], scores[place]) : Beam{.score = scores[place]});
        best.back().finished = ended(i);
    }
    return best;
}

std::vector<BeamSearch::Beam> BeamSearch::run_on(const std::vector<Continuation>& continuations) {
    std::vector<float> scores;
    for (const Continuation& by : continuations) {
        scores.push_back(by.score + (by.ends ? dead : 0));
    }
    std::vector<Beam> beams;
    last_.clear();
    rows_.clear();
    for (const std::size_t place : largest(scores, running_.size())) {
        const Continuation& by = continuations[place];
        beams.push_back(continued(by, scores[place]));
        last_.push_back(by.id);
        rows_.push_back(by.row);
    }
    return beams;
}

}  // namespace tandem
