#include "experiments/plan/estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace tandem {
namespace {

constexpr double process_bytes = 250.0 * 1024 * 1024;  // libtorch and the worker itself, measured resident size
constexpr double disk_bytes_per_second = 1e9;
constexpr double bytes_per_token_of_text = 3;  // at least: a prompt's tokens are not known before it is tokenised
constexpr double q8_0_bytes = 34.0 / 32.0;     // a block of 32 with its scale
constexpr double q4_0_bytes = 18.0 / 32.0;
constexpr double float_bytes = 4;
constexpr std::int64_t guessed_steps = 1000;  // of a training that says epochs: its data is not read for a plan

std::int64_t saturated(double bytes) {
    constexpr double largest = 9e18;
    return static_cast<std::int64_t>(std::clamp(std::ceil(bytes), 0.0, largest));
}

double total(std::int64_t value) {
    return static_cast<double>(std::max<std::int64_t>(value, 0));
}

// The tokens that go through the model: longest run in one go, and all of the trial.
struct TokenCounts {
    double prompt = 0;       // of the longest sequence
    double fresh = 0;        // that follow it: generated, or a given target of an encoder-decoder
    double all_prompts = 0;  // over the whole trial
    double all_new = 0;
    double pauses_s = 0;
    double sequences = 1;  // that are cached at a time
};

// A search has a cache for each beam beside that of the prompt.
double sequences_of(const GenerationOptions& generation) {
    return generation.beams > 1 ? 1 + total(generation.beams) : 1;
}

struct Count {
    double patches = 0;  // of a picture

    // How many pairs a file has is not known here.
    static TokenCounts answers(const TaskOptions& task) {
        constexpr std::int64_t guessed_rows = 500;
        constexpr double guessed_tokens = 256;
        const double rows = task.test.given() ? total(task.test_rows > 0 ? task.test_rows : guessed_rows) : 0;
        const double fresh = total(task.generation.max_new_tokens);
        return {.prompt = guessed_tokens,
                .fresh = fresh,
                .all_prompts = rows * guessed_tokens,
                .all_new = rows * fresh,
                .pauses_s = 0,
                .sequences = sequences_of(task.generation)};
    }

    TokenCounts operator()(const BenchmarkWorkload& work) const {
        const double prompt = total(work.prompt_tokens);
        const double runs = total(work.repetitions) + total(work.warmup);
        return {.prompt = prompt,
                .fresh = total(work.new_tokens),
                .all_prompts = runs * prompt,
                .all_new = runs * total(work.new_tokens),
                .pauses_s = runs * total(work.delay_ms) / 1e3};
    }
    TokenCounts operator()(const GenerateWorkload& work) const {
        TokenCounts counts;
        for (const std::string& prompt : work.prompts) {
            const double tokens =
                std::ceil(static_cast<double>(prompt.size() + work.system.size()) / bytes_per_token_of_text) + 16;
            counts.prompt = std::max(counts.prompt, tokens);
            counts.all_prompts += tokens;
        }
        counts.fresh = total(work.generation.max_new_tokens);
        counts.sequences = sequences_of(work.generation);
        counts.all_new = counts.fresh * static_cast<double>(work.prompts.size());
        return counts;
    }
    TokenCounts operator()(const LogitsWorkload& work) const {
        const auto tokens = static_cast<double>(work.ids.size());
        return {.prompt = tokens, .fresh = static_cast<double>(work.decoder_ids.size()), .all_prompts = tokens};
    }
    TokenCounts operator()(const EmbedWorkload& work) const {
        return {.prompt = patches, .all_prompts = patches * static_cast<double>(work.images.size())};
    }
    TokenCounts operator()(const EvaluateWorkload& work) const { return answers(work.task); }
    // A training step reads each token forward once and backward at twice the cost.
    TokenCounts operator()(const TrainWorkload& work) const {
        TokenCounts counts = answers(work.task);
        const double steps = total(work.training.steps > 0 ? work.training.steps : guessed_steps);
        const double step_tokens = total(work.training.batch_tokens) * total(work.training.accumulation);
        counts.prompt = std::max(counts.prompt, total(work.max_source_tokens + work.max_target_tokens));
        counts.all_prompts += 3 * steps * step_tokens;
        return counts;
    }
    TokenCounts operator()(const NullWorkload& work) const {
        return {.pauses_s = total(work.observations) * total(work.interval_us) / 1e6};
    }
};

bool loads_nothing(const Job& job) {
    return std::holds_alternative<NullWorkload>(job.workload);
}

// Numbers that are multiplied in and kept between layers.
double number_bytes(Dtype dtype) {
    return dtype == Dtype::bf16 || dtype == Dtype::f16 ? 2 : float_bytes;
}

}  // namespace

std::int64_t MemoryNeed::total() const {
    return saturated(static_cast<double>(weights) + static_cast<double>(kv_cache) + static_cast<double>(activations) +
                     static_cast<double>(process));
}

std::string MemoryNeed::to_string() const {
    return show_bytes(weights) + " weights + " + show_bytes(kv_cache) + " KV cache + " + show_bytes(activations) +
           " activations + " + show_bytes(process) + " process = " + show_bytes(total());
}

std::string show_bytes(std::int64_t bytes) {
    constexpr std::array<const char*, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    constexpr double step = 1024;
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= step && unit + 1 < units.size()) {
        value /= step;
        ++unit;
    }
    std::array<char, 48> text{};
    (void)std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text.data();
}

std::int64_t weights_bytes_as(Dtype dtype, const ModelFacts& model) {
    const double parameters = total(model.parameters);
    switch (dtype) {
        case Dtype::native:
            return model.weights_bytes;
        case Dtype::f32:
            return saturated(parameters * float_bytes);
        case Dtype::bf16:
        case Dtype::f16:
            return saturated(parameters * 2);
        case Dtype::int8:
            return saturated(parameters * q8_0_bytes);
        case Dtype::int4:
            return saturated(parameters * q4_0_bytes);
    }
    return model.weights_bytes;
}

MemoryNeed estimate_memory(const Job& job, const ModelFacts& model) {
    MemoryNeed need{.process = saturated(process_bytes)};
    if (loads_nothing(job)) {
        return need;
    }
    const TokenCounts counts = std::visit(Count{total(model.shape.context)}, job.workload);
    const ModelShape& shape = model.shape;
    // A decoder's cache holds prompt and answer; an encoder-decoder's the target from its start on, and beside it what
    // cross-attention keeps of the source.
    const bool encodes = shape.kind == ModelKind::encoder_decoder;
    const double needed = encodes ? 1 + counts.fresh : counts.prompt + counts.fresh;
    const double slots = (job.load.context > 0 ? total(job.load.context) : needed) + (encodes ? counts.prompt : 0);
    const double number = number_bytes(job.load.dtype);
    need.weights = weights_bytes_as(job.load.dtype, model);
    need.kv_cache = saturated((total(shape.cache_per_token) * slots * number + total(shape.cache_fixed) * float_bytes) *
                              counts.sequences);
    // Two residual streams and the widest block of one layer over the prompt, attention scores of one layer, and the
    // logits: all of them for the logits workload, else of the last position.
    const double all = encodes ? 1 + counts.fresh : counts.prompt;
    const double rows = std::holds_alternative<LogitsWorkload>(job.workload) ? all : 1;
    need.activations = saturated(counts.prompt * (4 * total(shape.hidden) + 3 * total(shape.ffn)) * number +
                                 total(shape.heads) * counts.prompt * counts.prompt * number +
                                 2 * rows * total(shape.vocab) * float_bytes);
    return need;
}

double estimate_seconds(const Job& job, const ModelFacts& model, const MachineFacts& machine) {
    const TokenCounts counts = std::visit(Count{total(model.shape.context)}, job.workload);
    if (loads_nothing(job)) {
        return counts.pauses_s;
    }
    const double flops = std::max(machine.flops, 1.0);
    const double bandwidth = std::max(machine.memory_bandwidth, 1.0);
    const double load = total(model.weights_bytes) / disk_bytes_per_second;
    const double prefill = 2 * total(model.parameters) * counts.all_prompts / flops;
    const double decode = counts.all_new * static_cast<double>(weights_bytes_as(job.load.dtype, model)) / bandwidth;
    return load + prefill + decode + counts.pauses_s;
}

}  // namespace tandem
