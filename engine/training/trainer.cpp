#include "engine/training/trainer.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <type_traits>

#include "engine/api/sha256.h"
#include "engine/tensor/torch_error.h"
#include "engine/training/schedule.h"

namespace tandem {
namespace {

constexpr std::uint64_t random_stream = 0x7261696E;  // apart from those that shuffle

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Error cancelled(std::int64_t step) {
    return {.code = "CANCELLED",
            .message = "training was stopped after step " + std::to_string(step) + "; running it again goes on there",
            .kind = ErrorKind::cancelled};
}

}  // namespace

Trainer::Trainer(TrainStep& step, TrainingOptions options, TrainingPlace place, TrainingHooks hooks)
    : step_(step),
      options_(std::move(options)),
      place_(std::move(place)),
      hooks_(std::move(hooks)),
      optimiser_(step.parameters(), options_.optimiser),
      random_(place_.seed, random_stream) {}

std::vector<Batch> Trainer::plan(std::int64_t epoch) const {
    return plan_epoch(step_.lengths(), {.tokens = options_.batch_tokens, .rows = options_.batch_rows}, place_.seed,
                      epoch);
}

std::int64_t Trainer::count_steps() const {
    if (options_.steps > 0) {
        return options_.steps;
    }
    std::int64_t steps = 0;
    for (std::int64_t epoch = 0; epoch < options_.epochs; ++epoch) {
        const auto batches = static_cast<std::int64_t>(plan(epoch).size());
        steps += (batches + options_.accumulation - 1) / options_.accumulation;
    }
    return steps;
}

// Everything that the bytes of the result depend on.
std::string Trainer::identity() const {
    std::string text = place_.run + "\nseed " + std::to_string(place_.seed);
    const auto add = [&](const FieldInfo& field, const auto& value) {
        if (!field.changes_result) {
            return;
        }
        text += "\n" + std::string(field.name) + " ";
        if constexpr (std::is_enum_v<std::decay_t<decltype(value)>>) {
            text += enum_name(value);
        } else {
            text += std::to_string(value) + " " + sha256_hex(std::as_bytes(std::span(&value, 1)));
        }
    };
    TrainingOptions::visit(options_, add);
    for (const Parameter& parameter : step_.parameters()) {
        text += "\n" + parameter.name;
        for (const std::int64_t size : parameter.value.sizes()) {
            text += " " + std::to_string(size);
        }
    }
    text += "\n" + sha256_hex(std::as_bytes(step_.lengths()));
    return sha256_hex(std::as_bytes(std::span(text)));
}

Result<TrainingOutcome> Trainer::run(std::stop_token stop) {
    steps_ = count_steps();
    state_.run = identity();
    state_.seed = place_.seed;
    TANDEM_TRY(resume());
    TrainingOutcome outcome{.resumed_at = state_.step};
    std::vector<Batch> batches = plan(state_.epoch);
    const auto begin = std::chrono::steady_clock::now();
    while (true) {
        const auto in_epoch = static_cast<std::int64_t>(batches.size());
        if (validation_is_due(in_epoch)) {
            if (auto scored = validate(stop); !scored) {
                TANDEM_TRY(write_checkpoint());
                return std::move(scored).error();
            }
        }
        outcome.stopped_early = options_.patience > 0 && state_.without_better >= options_.patience;
        const bool ends = outcome.stopped_early || state_.step >= steps_;
        const bool due =
            options_.checkpoint_every > 0 && state_.step > 0 && state_.step % options_.checkpoint_every == 0;
        if (ends || due || (state_.best_step == state_.step && written_ != state_.step)) {
            TANDEM_TRY(write_checkpoint());
        }
        if (ends) {
            break;
        }
        if (state_.batch >= in_epoch) {
            ++state_.epoch;
            state_.batch = 0;
            batches = plan(state_.epoch);
            continue;
        }
        const std::int64_t count = std::min(options_.accumulation, in_epoch - state_.batch);
        const std::span<const Batch> some =
            std::span(batches).subspan(static_cast<std::size_t>(state_.batch), static_cast<std::size_t>(count));
        const std::uint64_t random_before = random_.at();
        auto result = translate_torch("train", [&] { return train(some, stop); });
        if (!result) {
            optimiser_.zero_gradients();
            random_ = CounterRandom(place_.seed, random_stream, random_before);
            if (result.error().kind == ErrorKind::cancelled) {
                TANDEM_TRY(write_checkpoint());
            }
            return std::move(result).error();
        }
        state_.order = extend_order(state_.order, some);
        ++state_.step;
        state_.batch += count;
        outcome.loss = result->loss;
        tell(*result, seconds_since(begin), state_.step - outcome.resumed_at);
    }
    optimiser_.zero_gradients();
    outcome.steps = state_.step;
    outcome.tokens = state_.tokens;
    outcome.order = state_.order;
    outcome.best_step = state_.best_step;
    if (state_.best_step >= 0) {
        outcome.best_score = state_.best_score;
    }
    return outcome;
}

Result<Trainer::StepResult> Trainer::train(std::span<const Batch> batches, std::stop_token stop) {
    const auto begin = std::chrono::steady_clock::now();
    optimiser_.zero_gradients();
    std::int64_t labels = 0;
    std::int64_t tokens = 0;
    for (const Batch& batch : batches) {
        labels += step_.labels(batch);
        for (const std::int64_t index : batch) {
            tokens += step_.lengths()[static_cast<std::size_t>(index)];
        }
    }
    StepResult result{.rate = learning_rate(options_.optimiser, state_.step, steps_)};
    for (const Batch& batch : batches) {
        if (stop.stop_requested()) {
            return cancelled(state_.step);
        }
        // The mean is over the labels of the whole step, not of each batch.
        const at::Tensor loss = step_.loss_sum(batch, random_) / std::max<std::int64_t>(1, labels);
        loss.backward();
        result.loss += loss.item<double>();
    }
    result.norm = optimiser_.gradient_norm();
    if (!std::isfinite(result.loss) || !std::isfinite(result.norm)) {
        return Error{.code = "TRAIN_NONFINITE",
                     .message = "the loss or its gradients became infinite or not a number in step " +
                                std::to_string(state_.step + 1) +
                                "; the step was not taken; a lower learning_rate or a longer warm-up usually helps, "
                                "and checkpoints written before are whole",
                     .kind = ErrorKind::failed};
    }
    optimiser_.step(result.rate, optimiser_.clip_scale(result.norm));
    state_.tokens += tokens;
    result.tokens_per_second = static_cast<double>(tokens) / seconds_since(begin);
    return result;
}

bool Trainer::validation_is_due(std::int64_t batches) const {
    if (!hooks_.validation.score || state_.step == 0 || state_.validated_step == state_.step) {
        return false;
    }
    const bool by_step = options_.validate_every > 0 && state_.step % options_.validate_every == 0;
    const bool by_epoch = options_.validate_every == 0 && state_.batch >= batches;
    return by_step || by_epoch || state_.step >= steps_;
}

Result<void> Trainer::validate(std::stop_token stop) {
    const c10::NoGradGuard no_autograd;
    const double score = TANDEM_TRY(hooks_.validation.score(state_.step, std::move(stop)));
    const bool first = state_.best_step < 0;
    const bool better = hooks_.validation.higher_is_better ? score > state_.best_score : score < state_.best_score;
    const bool best = std::isfinite(score) && (first || better);
    if (best) {
        state_.best_score = score;
        state_.best_step = state_.step;
        state_.without_better = 0;
    } else {
        ++state_.without_better;
    }
    state_.validated_step = state_.step;
    if (hooks_.scored) {
        hooks_.scored(state_.step, score, best);
    }
    return {};
}

void Trainer::tell(const StepResult& result, double seconds_here, std::int64_t steps_here) {
    const TrainingProgress progress{.step = state_.step,
                                    .steps = steps_,
                                    .epoch = state_.epoch,
                                    .loss = result.loss,
                                    .learning_rate = result.rate,
                                    .gradient_norm = result.norm,
                                    .tokens_per_second = result.tokens_per_second,
                                    .seconds_left = seconds_here /
                                                    static_cast<double>(std::max<std::int64_t>(1, steps_here)) *
                                                    static_cast<double>(steps_ - state_.step)};
    keep("train_loss", progress.step, progress.loss);
    keep("learning_rate", progress.step, progress.learning_rate);
    keep("gradient_norm", progress.step, progress.gradient_norm);
    keep("train_tokens_per_second", progress.step, progress.tokens_per_second);
    if (hooks_.progress) {
        hooks_.progress(progress);
    }
}

Result<void> Trainer::write_checkpoint() {
    if (place_.checkpoints.empty() || written_ == state_.step) {
        return {};
    }
    TrainingState state = state_;
    state.optimiser_steps = optimiser_.steps();
    state.random_at = random_.at();
    for (const Parameter& parameter : optimiser_.parameters()) {
        state.tensors["parameter." + parameter.name] = parameter.value;
    }
    for (const auto& [name, tensor] : optimiser_.state()) {
        state.tensors["optimiser." + name] = tensor;
    }
    TANDEM_TRY(CheckpointFolder(place_.checkpoints).write(state, options_.keep_checkpoints));
    written_ = state_.step;
    return {};
}

Result<void> Trainer::resume() {
    if (place_.checkpoints.empty()) {
        return {};
    }
    const CheckpointFolder folder(place_.checkpoints);
    if (folder.steps().empty()) {
        return {};
    }
    const RestoredState restored = TANDEM_TRY(folder.newest(state_.run));
    for (const std::string& note : restored.notes) {
        if (hooks_.note) {
            hooks_.note(note);
        }
    }
    TANDEM_TRY(take(restored.state, true));
    state_ = restored.state;
    state_.tensors.clear();
    optimiser_.set_steps(state_.optimiser_steps);
    random_ = CounterRandom(place_.seed, random_stream, state_.random_at);
    written_ = state_.step;
    if (hooks_.resumed) {
        hooks_.resumed(state_.history);
    }
    return {};
}

Result<void> Trainer::take(const TrainingState& state, bool with_optimiser) {
    const c10::NoGradGuard no_autograd;
    std::map<std::string, at::Tensor> places;
    for (const Parameter& parameter : optimiser_.parameters()) {
        places["parameter." + parameter.name] = parameter.value.detach();
    }
    for (const auto& [name, tensor] : optimiser_.state()) {
        if (with_optimiser) {
            places["optimiser." + name] = tensor;
        }
    }
    for (const auto& [name, place] : places) {
        const auto found = state.tensors.find(name);
        if (found == state.tensors.end() || found->second.sizes() != place.sizes() ||
            found->second.scalar_type() != place.scalar_type()) {
            return Error{.code = "CKPT_DAMAGED",
                         .message = "the checkpoint lacks '" + name + "', or it has another shape or type",
                         .where = place_.checkpoints.string()};
        }
    }
    for (auto& [name, place] : places) {
        place.copy_(state.tensors.at(name));
    }
    return {};
}

Result<void> Trainer::restore_best() {
    if (state_.best_step < 0 || state_.best_step == state_.step || place_.checkpoints.empty()) {
        return {};
    }
    const TrainingState best = TANDEM_TRY(CheckpointFolder(place_.checkpoints).read(state_.best_step, state_.run));
    return take(best, false);
}

}  // namespace tandem
