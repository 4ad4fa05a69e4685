#include "experiments/plan/workload_size.h"

#include <algorithm>
#include <cmath>

namespace tandem {
namespace {

constexpr double bytes_per_token_of_text = 3;  // at least: a prompt's tokens are not known before it is tokenised
constexpr double template_tokens = 16;         // of a chat template around a prompt
constexpr std::int64_t guessed_rows = 500;
constexpr double guessed_pair_bytes = 1000;

double total(std::int64_t value) {
    return static_cast<double>(std::max<std::int64_t>(value, 0));
}

// What is known of the pairs, or what is usual.
struct Pairs {
    double rows = 0;
    double mean_tokens = 0;
    double longest_tokens = 0;

    Pairs(const PairCounts& known, std::int64_t limit) {
        const bool guessed = known.rows <= 0;
        rows = total(guessed ? guessed_rows : known.rows);
        mean_tokens = (guessed ? guessed_pair_bytes : total(known.bytes) / rows) / bytes_per_token_of_text;
        longest_tokens =
            std::max(mean_tokens, (guessed ? guessed_pair_bytes : total(known.longest)) / bytes_per_token_of_text);
        rows = limit > 0 ? std::min(rows, total(limit)) : rows;
    }
};

// A search has a cache for each beam beside that of the prompt.
double sequences_of(const GenerationOptions& generation) {
    return generation.beams > 1 ? 1 + total(generation.beams) : 1;
}

struct Size {
    const ModelShape& shape;
    const DataCounts& data;

    // Longer prompts than the model can read are refused, and take no room.
    double readable(double tokens) const { return shape.context > 0 ? std::min(tokens, total(shape.context)) : tokens; }

    WorkloadSize answers(const TaskOptions& task) const {
        if (!task.test.given()) {
            return {};
        }
        const Pairs pairs(data.test, task.test_rows);
        const double around =
            static_cast<double>(task.prompt.size() + task.system.size()) / bytes_per_token_of_text + template_tokens;
        const double fresh = total(task.generation.max_new_tokens);
        return {.prompt = readable(pairs.longest_tokens + around),
                .fresh = fresh,
                .all_prompts = pairs.rows * (pairs.mean_tokens + around),
                .all_new = pairs.rows * fresh * total(task.generation.beams),
                .sequences = sequences_of(task.generation)};
    }

    WorkloadSize operator()(const BenchmarkWorkload& work) const {
        const double prompt = total(work.prompt_tokens);
        const double runs = total(work.repetitions) + total(work.warmup);
        return {.prompt = prompt,
                .fresh = total(work.new_tokens),
                .all_prompts = runs * prompt,
                .all_new = runs * total(work.new_tokens),
                .pauses_s = runs * total(work.delay_ms) / 1e3};
    }
    WorkloadSize operator()(const GenerateWorkload& work) const {
        WorkloadSize size;
        for (const std::string& prompt : work.prompts) {
            const double tokens =
                std::ceil(static_cast<double>(prompt.size() + work.system.size()) / bytes_per_token_of_text) +
                template_tokens;
            size.prompt = std::max(size.prompt, tokens);
            size.all_prompts += tokens;
        }
        size.fresh = total(work.generation.max_new_tokens);
        size.all_new = size.fresh * total(work.generation.beams) * static_cast<double>(work.prompts.size());
        size.sequences = sequences_of(work.generation);
        return size;
    }
    WorkloadSize operator()(const LogitsWorkload& work) const {
        const auto tokens = static_cast<double>(work.ids.size());
        return {.prompt = tokens, .fresh = static_cast<double>(work.decoder_ids.size()), .all_prompts = tokens};
    }
    WorkloadSize operator()(const EmbedWorkload& work) const {
        const double patches = total(shape.context);
        return {.prompt = patches, .all_prompts = patches * static_cast<double>(work.images.size())};
    }
    WorkloadSize operator()(const EvaluateWorkload& work) const { return answers(work.task); }

    WorkloadSize operator()(const TrainWorkload& work) const {
        WorkloadSize size = answers(work.task);
        const TrainingOptions& training = work.training;
        const Pairs pairs(data.train, work.train_rows);
        const double most = total(work.max_source_tokens) + total(work.max_target_tokens);
        const double mean = std::max(std::min(pairs.mean_tokens, most), 1.0);
        size.longest_pair = std::min(pairs.longest_tokens, most);
        size.step_tokens = std::max(total(training.batch_tokens), size.longest_pair);
        if (training.batch_rows > 0) {
            size.step_tokens = std::min(size.step_tokens, total(training.batch_rows) * size.longest_pair);
        }
        size.step_tokens = std::min(size.step_tokens, pairs.rows * size.longest_pair);
        const double step = size.step_tokens * total(training.accumulation);
        const double pass = pairs.rows * mean;
        size.learned = training.steps > 0 ? total(training.steps) * step : total(training.epochs) * pass;
        size.passes = size.learned / pass;
        add_labelled(pairs, size);
        size.sources_learned = pairs.rows * std::min(mean, total(work.max_source_tokens));
        if (work.validation.given()) {
            add_validations(work, step, size);
        }
        return size;
    }

    // The model that labels reads the whole source.
    static void add_labelled(const Pairs& pairs, WorkloadSize& size) {
        size.rows_labelled += pairs.rows;
        size.sources_labelled += pairs.rows * (pairs.mean_tokens + template_tokens);
        size.longest_source = std::max(size.longest_source, pairs.longest_tokens + template_tokens);
    }

    void add_validations(const TrainWorkload& work, double step, WorkloadSize& size) const {
        const double steps = std::ceil(size.learned / std::max(step, 1.0));
        const double times = work.training.validate_every > 0 ? steps / total(work.training.validate_every)
                                                              : std::max(std::ceil(size.passes), 1.0);
        const Pairs pairs(data.validation, work.validation_rows);
        add_labelled(pairs, size);
        size.all_prompts += times * pairs.rows * pairs.mean_tokens;
        // Losses need one look at each pair; scores need answers.
        const double answered = work.best_by == "loss" ? std::min(total(work.previews), pairs.rows) : pairs.rows;
        size.all_new += times * answered * total(work.task.generation.max_new_tokens);
    }

    WorkloadSize operator()(const NullWorkload& work) const {
        return {.pauses_s = total(work.observations) * total(work.interval_us) / 1e6};
    }
};

}  // namespace

WorkloadSize workload_size(const Workload& workload, const ModelShape& shape, const DataCounts& data) {
    return std::visit(Size{shape, data}, workload);
}

}  // namespace tandem
