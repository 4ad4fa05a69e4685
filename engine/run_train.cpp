#include "engine/run_train.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "engine/run_answers.h"
#include "engine/run_machine.h"
#include "engine/run_train_models.h"
#include "engine/run_train_plan.h"
#include "engine/run_workloads.h"
#include "engine/tensor/torch_device.h"
#include "engine/tensor/torch_error.h"
#include "engine/training/trainer.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr double training_begins = 0.2;  // of the trial's progress
constexpr double training_ends = 0.9;
constexpr std::int64_t told_every_ns = 200'000'000;

// One run from its plan to its written result.
class Training {
public:
    Training(const Job& job, const TrainWorkload& workload, TrainPlan& plan, std::string run, Learner& learner,
             TrialRecorder& recorder, MachineSampler& machine, std::stop_token stop)
        : job_(job),
          workload_(workload),
          plan_(plan),
          run_(std::move(run)),
          learner_(learner),
          recorder_(recorder),
          machine_(machine),
          stop_(std::move(stop)) {}

    Result<void> run() {
        TrainingHooks hooks;
        hooks.progress = [this](const TrainingProgress& progress) { tell(progress); };
        hooks.note = [this](const std::string& note) { recorder_.note("checkpoint", note); };
        hooks.resumed = [this](const TrainingHistory& history) { tell_again(history); };
        hooks.scored = [this](std::int64_t step, double score, bool best) {
            recorder_.progress(fraction_, "step " + std::to_string(step) + ", validation " + workload_.best_by + " " +
                                              rounded(score) + (best ? ", the best so far" : ""));
        };
        if (plan_.validation) {
            hooks.validation = {
                .score = [this](std::int64_t step, const std::stop_token& stop) { return validate(step, stop); },
                .higher_is_better = plan_.higher_is_better};
        }
        Trainer trainer(learner_.step(), workload_.training,
                        {.checkpoints = fs::path(job_.place.work) / "checkpoints", .run = run_, .seed = job_.seed},
                        std::move(hooks));
        trainer_ = &trainer;
        record_previewed();
        recorder_.progress(training_begins, "training begins");
        const TrainingOutcome outcome = TANDEM_TRY(trainer.run(stop_));
        TANDEM_TRY(trainer.restore_best());
        record(outcome);
        recorder_.progress(training_ends, "writing what was trained");
        const fs::path folder = fs::path(job_.place.work) / "trained";
        TANDEM_TRY(learner_.write(folder));
        recorder_.fact("trained", folder.string());
        return {};
    }

private:
    static std::string rounded(double value) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), std::fabs(value) < 10 ? "%.2f" : "%.1f", value);
        return text.data();
    }

    // What the previews will answer, so that they can be read without the data.
    void record_previewed() {
        if (!plan_.validation) {
            return;
        }
        const auto& pairs = plan_.validation->pairs;
        for (std::size_t i = 0; i < pairs.size() && static_cast<std::int64_t>(i) < workload_.previews; ++i) {
            recorder_.preview_pair(pairs[i].source, pairs[i].target, static_cast<std::int64_t>(i));
        }
    }

    void tell(const TrainingProgress& progress) {
        if (told_ns_ == 0) {
            recorder_.step_sample("train_steps", progress.step, static_cast<double>(progress.steps));
        }
        recorder_.step_sample("train_loss", progress.step, progress.loss);
        recorder_.step_sample("learning_rate", progress.step, progress.learning_rate);
        recorder_.step_sample("gradient_norm", progress.step, progress.gradient_norm);
        recorder_.step_sample("train_tokens_per_second", progress.step, progress.tokens_per_second);
        machine_.tick(-1);
        fraction_ = training_begins + (training_ends - training_begins) * static_cast<double>(progress.step) /
                                          static_cast<double>(std::max<std::int64_t>(1, progress.steps));
        const std::int64_t now = recorder_.clock().now_ns();
        if (told_ns_ == 0 || now - told_ns_ >= told_every_ns || progress.step == progress.steps) {
            told_ns_ = now;
            recorder_.progress(fraction_, "step " + std::to_string(progress.step) + " of " +
                                              std::to_string(progress.steps) + ", loss " + rounded(progress.loss) +
                                              ", " + time_left(progress.seconds_left));
        }
    }

    // The figures of the steps that earlier attempts took, so that this one's report is of the whole training.
    void tell_again(const TrainingHistory& history) {
        for (const auto& [name, figure] : history.series) {
            for (std::size_t i = 0; i < figure.steps.size(); ++i) {
                recorder_.step_sample(name, figure.steps[i], figure.values[i]);
            }
            whole_ = whole_ || (!figure.steps.empty() && figure.steps.front() == 1);
        }
    }

    // The loss always; answers where previews or a score need them.
    Result<double> validate(std::int64_t step, const std::stop_token& stop) {
        const double loss = TANDEM_TRY(validation_loss(step, stop));
        recorder_.step_sample("validation_loss", step, loss);
        trainer_->keep("validation_loss", step, loss);
        if (plan_.best_by.empty() && workload_.previews == 0) {
            return loss;
        }
        const auto answers = TANDEM_TRY(validate_answers(
            workload_.task, plan_.validation->pairs,
            {.step = step, .previews = workload_.previews, .scores = plan_.best_by}, context(fraction_, 0, stop)));
        if (plan_.best_by.empty()) {
            return loss;
        }
        return answers.scores.empty() ? std::nan("") : answers.scores.front().score.value;
    }

    Result<double> validation_loss(std::int64_t step, const std::stop_token& stop) {
        TrainStep& validation = *learner_.validation();
        const BatchRules rules{.tokens = workload_.training.batch_tokens, .rows = workload_.training.batch_rows};
        const std::vector<Batch> batches = plan_epoch(validation.lengths(), rules, 0, 0);
        return translate_torch("validate", [&]() -> Result<double> {
            CounterRandom random(0, 0);
            double sum = 0;
            std::int64_t labels = 0;
            for (std::size_t number = 0; number < batches.size(); ++number) {
                if (stop.stop_requested()) {
                    return cancelled_error();
                }
                recorder_.progress(fraction_, "validating after step " + std::to_string(step) + ": " +
                                                  std::to_string(100 * number / batches.size()) + " %");
                sum += validation.loss_sum(batches[number], random).item<double>();
                labels += validation.labels(batches[number]);
                machine_.tick(-1);
            }
            return sum / static_cast<double>(std::max<std::int64_t>(1, labels));
        });
    }

    AnswerContext context(double begin, double share, std::stop_token stop) {
        return {.system = learner_.quick_system(),
                .recorder = recorder_,
                .machine = machine_,
                .stop = std::move(stop),
                .seed = job_.seed,
                .begin = begin,
                .share = share};
    }

    void record(const TrainingOutcome& outcome) {
        std::int64_t numbers = 0;
        for (const Parameter& parameter : learner_.step().parameters()) {
            numbers += parameter.value.numel();
        }
        recorder_.fact("trained_parameters", std::to_string(numbers));
        recorder_.fact("training_steps", std::to_string(outcome.steps));
        recorder_.fact("training_tokens", std::to_string(outcome.tokens));
        recorder_.fact("training_order", outcome.order);
        recorder_.fact("resumed_at", std::to_string(outcome.resumed_at));
        if (outcome.resumed_at > 0 && !whole_) {
            recorder_.note("figures_incomplete",
                           "the checkpoint had no figures of the first steps: losses and "
                           "tokens per second are of the later ones");
        }
        recorder_.fact("stopped_early", outcome.stopped_early ? "yes" : "no");
        if (outcome.best_score) {
            recorder_.fact("best_step", std::to_string(outcome.best_step));
            recorder_.fact("best_" + workload_.best_by, rounded(*outcome.best_score));
        } else if (plan_.validation) {
            recorder_.note("no_best_step", "no validation gave a number: the last step is kept");
        }
    }

    const Job& job_;
    const TrainWorkload& workload_;
    TrainPlan& plan_;
    std::string run_;
    Learner& learner_;
    TrialRecorder& recorder_;
    MachineSampler& machine_;
    std::stop_token stop_;
    double fraction_ = training_begins;
    std::int64_t told_ns_ = 0;
    Trainer* trainer_ = nullptr;  // while it runs
    bool whole_ = false;          // told again from the first step on
};

void record_data(const LearningSet& set, const std::string& name, TrialRecorder& recorder) {
    recorder.fact(name + "_examples", std::to_string(set.examples.size()));
    if (set.cut > 0) {
        recorder.note("data_cut", std::to_string(set.cut) + " of the " + name +
                                      " pairs were longer than allowed and "
                                      "were cut");
    }
    if (set.dropped > 0) {
        recorder.note("data_dropped", std::to_string(set.dropped) + " of the " + name +
                                          " pairs were longer than "
                                          "allowed and were left out");
    }
}

}  // namespace

std::string time_left(double seconds) {
    const auto number = [](double value) { return std::to_string(std::llround(value)); };
    if (!(seconds >= 1)) {
        return "about 1 s left";
    }
    if (seconds < 59.5) {
        return "about " + number(seconds) + " s left";
    }
    if (seconds < 3570) {
        return "about " + number(seconds / 60) + " min left";
    }
    if (seconds > 360000) {
        return "about " + number(seconds / 86400) + " days left";
    }
    const std::int64_t minutes = std::llround(seconds / 60);
    return "about " + std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min left";
}

Result<Report> run_train(const Job& job, const TrainWorkload& workload, Observer& observer, std::stop_token stop) {
    const SteadyClock clock;
    TrialRecorder recorder(observer, clock);
    const at::Device device = TANDEM_TRY(parse_device(job.device.device));
    TrainPlan plan = TANDEM_TRY(plan_training(job, workload, recorder, stop));
    recorder.fact("workload", std::string(workload_kind(job.workload)));
    record_machine_facts(recorder, set_threads(job.device.threads));
    MachineSampler machine(recorder);
    TANDEM_TRY(label_plan(workload, plan, device, recorder, machine, stop));
    record_data(plan.train, "train", recorder);
    if (plan.validation) {
        record_data(*plan.validation, "validation", recorder);
    }
    std::string run = run_of(job, workload, plan);
    const auto learner = TANDEM_TRY(Learner::load(job, workload, plan, device, recorder, stop));
    TANDEM_TRY(Training(job, workload, plan, std::move(run), *learner, recorder, machine, stop).run());
    if (plan.test) {
        Positions room = plan.test->positions;
        room.cache = job.load.context > 0 ? job.load.context : room.cache;
        TANDEM_TRY(run_evaluate(workload.task, *plan.test, *plan.system.prompts,
                                {.system = learner->system(),
                                 .recorder = recorder,
                                 .machine = machine,
                                 .stop = stop,
                                 .seed = job.seed,
                                 .room = room,
                                 .begin = training_ends,
                                 .share = 1 - training_ends}));
    }
    recorder.progress(1, "done");
    return recorder.report();
}

}  // namespace tandem
