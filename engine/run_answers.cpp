#include "engine/run_answers.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/generation/target_ids.h"
#include "engine/run_answers_file.h"
#include "engine/run_listener.h"
#include "engine/run_workloads.h"

namespace tandem {
namespace {

std::string example_name(std::size_t number) {
    return "example " + std::to_string(number + 1);
}

Error in_example(Error error, std::size_t number) {
    error.where = example_name(number) + (error.where.empty() ? "" : ", " + error.where);
    return error;
}

// What a validation hears of an answer on its way: nothing.
class Silent : public GenerationListener {
public:
    void phase_begins(GenerationPhase, std::int64_t) override {}
    void phase_ends(GenerationPhase, std::int64_t) override {}
    void token(const GeneratedToken&) override {}
};

// One set of pairs on its way through a system.
class Answering {
public:
    Answering(const TaskOptions& task, std::span<const TextPair> pairs, const AnswerContext& context, std::string verb)
        : task_(task), pairs_(pairs), context_(context), verb_(std::move(verb)) {}

    Result<void> open(std::size_t count, PrefixReuse reuse) {
        Positions room = context_.room;
        if (room.cache == 0) {
            room =
                TANDEM_TRY(most_positions(pairs_.first(count), {}, [&](std::string_view source) -> Result<Positions> {
                    return context_.system.positions(TANDEM_TRY(context_.system.prompt(source)),
                                                     task_.generation.max_new_tokens);
                }));
        }
        session_ = TANDEM_TRY(context_.system.open_with(room, reuse));
        slots_ = room.cache;
        return {};
    }
    const Session& session() const { return *session_; }
    std::int64_t slots() const { return slots_; }

    // As a repetition of the trial.
    Result<Answer> measured(std::size_t number) {
        TrialRecorder& recorder = context_.recorder;
        const auto repetition = static_cast<std::int64_t>(number);
        RepetitionListener listener(recorder, context_.machine, repetition,
                                    {.begin = begin_of(number, pairs_.size()),
                                     .share = context_.share * answers_share() / static_cast<double>(pairs_.size()),
                                     .tokens = task_.generation.max_new_tokens,
                                     .what = what(number, pairs_.size())});
        context_.machine.repetition_begins();
        recorder.phase_begins("tokenize", repetition);
        auto prompt = context_.system.prompt(pairs_[number].source);
        if (!prompt) {
            return in_example(std::move(prompt).error(), number);
        }
        recorder.phase_ends("tokenize", repetition);
        recorder.sample("prompt_tokens", repetition, static_cast<double>(prompt->small.size()));
        const auto answer = TANDEM_TRY(answer_to(*prompt, number, listener));
        context_.machine.repetition_ends(repetition);
        record_reuse(task_.prefix_reuse, *session_, repetition, recorder);
        recorder.output(answer, repetition);
        return answer.reason == StopReason::cancelled ? Result<Answer>(cancelled_error()) : answer;
    }

    Result<Answer> unmeasured(std::size_t number, std::size_t count) {
        context_.recorder.progress(begin_of(number, count), what(number, count));
        auto prompt = context_.system.prompt(pairs_[number].source);
        if (!prompt) {
            return in_example(std::move(prompt).error(), number);
        }
        Silent silent;
        auto answer = TANDEM_TRY(answer_to(*prompt, number, silent));
        return answer.reason == StopReason::cancelled ? Result<Answer>(cancelled_error()) : std::move(answer);
    }

    Result<TextLikelihood> likelihood(std::size_t number) {
        context_.recorder.progress(
            context_.begin + context_.share * (answers_share() + (1 - answers_share()) * part(number, pairs_.size())),
            "probability of target " + std::to_string(number + 1) + " of " + std::to_string(pairs_.size()));
        if (context_.stop.stop_requested()) {
            return cancelled_error();
        }
        const TextPair& pair = pairs_[number];
        const auto found = [&]() -> Result<TextLikelihood> {
            const auto target =
                TANDEM_TRY(target_ids(*context_.system.tokenizer(), context_.system.shape().target, pair.target));
            const auto prompt = TANDEM_TRY(context_.system.prompt(pair.source));
            return TextLikelihood{
                .log_likelihood = TANDEM_TRY(context_.system.log_likelihood(prompt, target, context_.stop)),
                .tokens = target.size(),
                .words = count_words(pair.target),
                .bytes = pair.target.size()};
        };
        auto likelihood = found();
        return likelihood ? std::move(likelihood) : in_example(std::move(likelihood).error(), number);
    }

    void with_likelihoods() { likelihoods_ = true; }

private:
    static double part(std::size_t number, std::size_t count) {
        return static_cast<double>(number) / static_cast<double>(count);
    }
    double answers_share() const { return likelihoods_ ? 0.8 : 1.0; }
    double begin_of(std::size_t number, std::size_t count) const {
        return context_.begin + context_.share * answers_share() * part(number, count);
    }
    std::string what(std::size_t number, std::size_t count) const {
        return verb_ + " " + std::to_string(number + 1) + " of " + std::to_string(count);
    }

    Result<Answer> answer_to(const GuidedPrompt& prompt, std::size_t number, GenerationListener& listener) {
        if (context_.stop.stop_requested()) {
            return cancelled_error();
        }
        const GenerationRequest request{.options = task_.generation,
                                        .end_ids = context_.system.tokenizer()->end_ids(),
                                        .random = Random(context_.seed, number)};
        auto answer = session_->answer(prompt, request, context_.recorder.clock(), listener, context_.stop);
        return answer ? std::move(answer) : in_example(std::move(answer).error(), number);
    }

    const TaskOptions& task_;
    std::span<const TextPair> pairs_;
    const AnswerContext& context_;
    std::string verb_;
    std::unique_ptr<Session> session_;
    std::int64_t slots_ = 0;
    bool likelihoods_ = false;
};

// The targets' log-likelihoods; none where the method defines none, which is noted.
Result<std::vector<TextLikelihood>> likelihoods_of(Answering& answering, std::size_t count, TrialRecorder& recorder) {
    std::vector<TextLikelihood> likelihoods;
    likelihoods.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        likelihoods.push_back(TANDEM_TRY(answering.likelihood(i)));
        const double found = likelihoods.back().log_likelihood;
        if (!std::isfinite(found)) {
            recorder.note("score_undefined",
                          std::isnan(found)
                              ? std::string("this pairing gives texts no probability: scores of probabilities are "
                                            "left out")
                              : example_name(i) +
                                    " has a target of probability 0: scores of probabilities are left "
                                    "out");
            return std::vector<TextLikelihood>();
        }
    }
    return likelihoods;
}

std::vector<Segment> segments_of(std::span<const TextPair> pairs, const std::vector<ExampleAnswer>& answers) {
    std::vector<Segment> segments;
    segments.reserve(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        segments.push_back({.hypothesis = answers[i].text, .references = {pairs[i].target}});
    }
    return segments;
}

void record_scores(const std::vector<TaskScore>& scores, std::int64_t step, TrialRecorder& recorder) {
    for (const TaskScore& scored : scores) {
        ScoreRecord record{.n = static_cast<std::int64_t>(scored.score.rows.size()),
                           .low = {},
                           .high = {},
                           .signature = scored.score.signature};
        if (scored.interval) {
            record.low = scored.interval->low;
            record.high = scored.interval->high;
        }
        recorder.score(scored.name, step, scored.score.value, record);
    }
}

Result<void> check_pairs(std::span<const TextPair> pairs) {
    if (pairs.empty()) {
        return Error{.code = "DATA_EMPTY",
                     .message = "there are no pairs of source and target; nothing was answered",
                     .kind = ErrorKind::bad_input};
    }
    return {};
}

}  // namespace

Result<Positions> most_positions(std::span<const TextPair> pairs, std::string_view where,
                                 const std::function<Result<Positions>(std::string_view source)>& positions_of) {
    Positions most;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        auto positions = positions_of(pairs[i].source);
        if (!positions) {
            Error error = in_example(std::move(positions).error(), i);
            if (!where.empty()) {
                error.where = std::string(where) + ":" + std::to_string(pairs[i].line) + ", " + error.where;
            }
            return error;
        }
        most.include(*positions);
    }
    return most;
}

Result<EvaluatedAnswers> evaluate_answers(const TaskOptions& task, std::span<const TextPair> pairs,
                                          const AnswerContext& context) {
    TrialRecorder& recorder = context.recorder;
    TANDEM_TRY(check_pairs(pairs));
    const TaskScores scores = TANDEM_TRY(TaskScores::create(task.scores));
    Answering answering(task, pairs, context, "example");
    if (scores.any_of_probabilities()) {
        answering.with_likelihoods();
    }
    recorder.progress(context.begin, "preparing the examples");
    TANDEM_TRY(answering.open(pairs.size(), task.prefix_reuse));
    recorder.sample("kv_cache_bytes", 0, static_cast<double>(answering.session().cache_bytes()));
    recorder.fact("kv_cache_slots", std::to_string(answering.slots()));
    recorder.fact("examples", std::to_string(pairs.size()));

    EvaluatedAnswers evaluated;
    evaluated.answers.reserve(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        auto answer = TANDEM_TRY(answering.measured(i));
        evaluated.answers.push_back(
            {.text = std::move(answer.text), .reason = answer.reason, .likelihood = std::nullopt});
    }
    std::vector<TextLikelihood> likelihoods;
    if (scores.any_of_probabilities()) {
        likelihoods = TANDEM_TRY(likelihoods_of(answering, pairs.size(), recorder));
        for (std::size_t i = 0; i < likelihoods.size(); ++i) {
            evaluated.answers[i].likelihood = likelihoods[i];
        }
    }
    write_answers(pairs, evaluated.answers, recorder);
    recorder.progress(context.begin + context.share, "scoring the answers");
    evaluated.scores = TANDEM_TRY(scores.score(segments_of(pairs, evaluated.answers), likelihoods,
                                               static_cast<std::size_t>(task.resamples), context.stop));
    record_scores(evaluated.scores, at_the_end, recorder);
    return evaluated;
}

Result<EvaluatedAnswers> validate_answers(const TaskOptions& task, std::span<const TextPair> pairs,
                                          const Validation& validation, const AnswerContext& context) {
    TANDEM_TRY(check_pairs(pairs));
    const TaskScores scores = TANDEM_TRY(TaskScores::create(validation.scores));
    const auto previews =
        std::min(static_cast<std::size_t>(std::max<std::int64_t>(validation.previews, 0)), pairs.size());
    const std::size_t answered = scores.any_of_texts() ? pairs.size() : previews;
    Answering answering(task, pairs, context, "validation example");
    if (scores.any_of_probabilities()) {
        answering.with_likelihoods();
    }
    EvaluatedAnswers evaluated;
    if (answered > 0) {
        TANDEM_TRY(answering.open(answered, PrefixReuse::exact));  // nobody times it
    }
    for (std::size_t i = 0; i < answered; ++i) {
        auto answer = TANDEM_TRY(answering.unmeasured(i, answered));
        if (i < previews) {
            context.recorder.preview(answer, static_cast<std::int64_t>(i), validation.step);
        }
        evaluated.answers.push_back(
            {.text = std::move(answer.text), .reason = answer.reason, .likelihood = std::nullopt});
    }
    std::vector<TextLikelihood> likelihoods;
    if (scores.any_of_probabilities()) {
        likelihoods = TANDEM_TRY(likelihoods_of(answering, pairs.size(), context.recorder));
    }
    const auto segments = scores.any_of_texts() ? segments_of(pairs, evaluated.answers) : std::vector<Segment>();
    evaluated.scores = TANDEM_TRY(scores.score(segments, likelihoods, 0, context.stop));
    record_scores(evaluated.scores, validation.step, context.recorder);
    return evaluated;
}

}  // namespace tandem
