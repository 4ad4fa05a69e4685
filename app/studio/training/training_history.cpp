#include "app/studio/training/training_history.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tandem::studio {
namespace {

void cut_from(Curve& curve, std::int64_t step) {
    while (!curve.empty() && curve.back().step >= step) {
        curve.pop_back();
    }
}

}  // namespace

Curve thinned(const Curve& curve, std::size_t most) {
    constexpr std::size_t ends = 2;
    if (curve.size() <= std::max(most, 2 * ends)) {
        return curve;
    }
    // Of each stretch its lowest and its highest, in their order.
    const std::size_t stretches = std::max<std::size_t>(1, (most - std::min(most, ends)) / 2);
    const std::size_t inner = curve.size() - ends;
    Curve few{curve.front()};
    for (std::size_t i = 0; i < stretches; ++i) {
        const auto begin = curve.begin() + static_cast<std::ptrdiff_t>(1 + inner * i / stretches);
        const auto end = curve.begin() + static_cast<std::ptrdiff_t>(1 + inner * (i + 1) / stretches);
        if (begin == end) {
            continue;
        }
        auto [low, high] =
            std::minmax_element(begin, end, [](const CurvePoint& a, const CurvePoint& b) { return a.value < b.value; });
        if (high < low) {
            std::swap(low, high);
        }
        few.push_back(*low);
        if (high != low) {
            few.push_back(*high);
        }
    }
    few.push_back(curve.back());
    return few;
}

bool TrainingHistory::takes(const Observation& observation) {
    if (observation.kind == ObservationKind::preview) {
        return true;
    }
    return observation.kind == ObservationKind::sample &&
           (observation.name == "train_loss" || observation.name == "validation_loss" ||
            observation.name == "learning_rate" || observation.name == "train_tokens_per_second" ||
            observation.name == "train_steps");
}

void TrainingHistory::add(std::int64_t attempt, const Observation& observation) {
    if (!takes(observation)) {
        return;
    }
    if (attempt != attempt_) {
        attempt_ = attempt;
        pace_ = {};
    }
    pace_.add(observation);
    if (observation.kind == ObservationKind::preview) {
        put_preview(observation);
    } else if (observation.name == "train_loss") {
        forget_from(observation.index);
        put(loss_, observation);
    } else if (observation.name == "validation_loss") {
        put(validation_loss_, observation);
    } else if (observation.name == "learning_rate") {
        put(learning_rate_, observation);
    } else if (observation.name == "train_tokens_per_second") {
        put(tokens_per_second_, observation);
    }
}

void TrainingHistory::put_before(TrainingHistory earlier) {
    if (!loss_.empty()) {
        earlier.forget_from(loss_.front().step);
    }
    if (!validation_loss_.empty()) {
        cut_from(earlier.validation_loss_, validation_loss_.front().step);
    }
    const auto join = [](Curve& before, const Curve& now) { before.insert(before.end(), now.begin(), now.end()); };
    join(earlier.loss_, loss_);
    join(earlier.validation_loss_, validation_loss_);
    join(earlier.learning_rate_, learning_rate_);
    join(earlier.tokens_per_second_, tokens_per_second_);
    for (auto& [example, pair] : pairs_) {
        earlier.pairs_[example] = std::move(pair);
    }
    earlier.previews_.insert(earlier.previews_.end(), previews_.begin(), previews_.end());
    while (earlier.previews_.size() > max_previews) {
        earlier.previews_.pop_front();
    }
    if (attempt_ != 0) {
        earlier.pace_ = pace_;
        earlier.attempt_ = attempt_;
    }
    earlier.previews_version_ = std::max(earlier.previews_version_, previews_version_) + 1;
    *this = std::move(earlier);
}

PreviewedPair TrainingHistory::pair(std::int64_t example) const {
    const auto found = pairs_.find(example);
    return found == pairs_.end() ? PreviewedPair() : found->second;
}

std::optional<CurvePoint> TrainingHistory::best_validation() const {
    const auto best = std::min_element(validation_loss_.begin(), validation_loss_.end(),
                                       [](const CurvePoint& a, const CurvePoint& b) { return a.value < b.value; });
    return best == validation_loss_.end() ? std::nullopt : std::optional(*best);
}

void TrainingHistory::put(Curve& curve, const Observation& observation) {
    cut_from(curve, observation.index);
    if (std::isfinite(observation.value)) {
        curve.push_back({observation.index, observation.value});
    }
}

void TrainingHistory::put_preview(const Observation& observation) {
    ++previews_version_;
    if (observation.index < 0) {
        PreviewedPair& pair = pairs_[observation.repetition];
        (observation.name == "source" ? pair.source : pair.target) = observation.text;
        return;
    }
    // A validation that is made again after an interruption.
    for (auto known = previews_.rbegin(); known != previews_.rend() && known->step >= observation.index; ++known) {
        if (known->step == observation.index && known->example == observation.repetition) {
            known->reason = observation.name;
            known->answer = observation.text;
            return;
        }
    }
    previews_.push_back({.step = observation.index,
                         .example = observation.repetition,
                         .reason = observation.name,
                         .answer = observation.text});
    if (previews_.size() > max_previews) {
        previews_.pop_front();
    }
}

void TrainingHistory::forget_from(std::int64_t step) {
    cut_from(loss_, step);
    cut_from(validation_loss_, step);
    cut_from(learning_rate_, step);
    cut_from(tokens_per_second_, step);
    while (!previews_.empty() && previews_.back().step >= step) {
        previews_.pop_back();
        ++previews_version_;
    }
}

}  // namespace tandem::studio
