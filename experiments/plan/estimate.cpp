#include "experiments/plan/estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

namespace tandem {
namespace {

constexpr double process_bytes = 250.0 * 1024 * 1024;  // libtorch and the worker itself, measured resident size
constexpr double disk_bytes_per_second = 1e9;
constexpr double q8_0_bytes = 34.0 / 32.0;  // a block of 32 with its scale
constexpr double q4_0_bytes = 18.0 / 32.0;
constexpr double float_bytes = 4;
constexpr double acceptance = 0.7;  // of a drafted token, a usual figure

std::int64_t saturated(double bytes) {
    constexpr double largest = 9e18;
    return static_cast<std::int64_t>(std::clamp(std::ceil(bytes), 0.0, largest));
}

double total(std::int64_t value) {
    return static_cast<double>(std::max<std::int64_t>(value, 0));
}

bool loads_nothing(const Job& job) {
    return std::holds_alternative<NullWorkload>(job.workload);
}

// Numbers that are multiplied in and kept between layers.
double number_bytes(Dtype dtype) {
    return dtype == Dtype::bf16 || dtype == Dtype::f16 ? 2 : float_bytes;
}

Dtype partner_dtype(const Job& job) {
    const std::optional<Dtype>& own = job.pairing.method == PairingMethod::speculative
                                          ? job.pairing.speculative.slm_dtype
                                          : job.pairing.guidance.llm_dtype;
    return own.value_or(job.load.dtype);
}

// The second model as it is loaded: one that guides alone reads with its encoder.
ModelFacts loaded_partner(const Job& job, const ModelFacts& partner) {
    ModelFacts loaded = partner;
    const auto* train = std::get_if<TrainWorkload>(&job.workload);
    const bool writes =
        job.pairing.method != PairingMethod::llm_to_slm || (train != nullptr && train->labels == Labels::llm);
    if (!writes && partner.shape.kind == ModelKind::encoder_decoder) {
        loaded.parameters = partner.guide_parameters;
        loaded.weights_bytes = partner.guide_bytes;
    }
    return loaded;
}

// A decoder's cache holds prompt and answer; an encoder-decoder's the target from its start on, and beside it what
// cross-attention keeps of the source.
double cache_bytes(const ModelShape& shape, double number, double slots, double prompt) {
    const bool encodes = shape.kind == ModelKind::encoder_decoder;
    return total(shape.cache_per_token) * (slots + (encodes ? prompt : 0)) * number +
           total(shape.cache_fixed) * float_bytes;
}

// Two residual streams and the widest block of one layer over the prompt, and attention scores of one layer.
double prompt_bytes(const ModelShape& shape, double number, double prompt) {
    return prompt * (4 * total(shape.hidden) + 3 * total(shape.ffn)) * number +
           total(shape.heads) * prompt * prompt * number;
}

double layers_of(const ModelShape& shape) {
    return total(shape.layers) + total(shape.encoder_layers);
}

// Numbers that are trained beside or instead of the model's own.
double trained_numbers(const Job& job, const TrainWorkload& work, const TrialNeeds& needs) {
    const ModelShape& shape = needs.model.shape;
    double numbers = 0;
    const Trainable trained = trainable_of(work, job.pairing.method);
    if (trained == Trainable::full) {
        numbers = total(needs.model.parameters);
    } else if (trained == Trainable::lora) {
        // Four matrices of attention and three of the feed-forward block, each with two of the rank.
        numbers =
            total(work.lora_rank) * layers_of(shape) * (8 * total(shape.hidden) + 3 * total(shape.hidden + shape.ffn));
    }
    if (job.pairing.method == PairingMethod::llm_to_slm && needs.partner != nullptr) {
        const std::int64_t inner = job.pairing.guidance.settings.projector.inner;
        numbers += (total(needs.partner->shape.hidden) + total(shape.hidden)) * total(inner > 0 ? inner : shape.hidden);
    } else if (job.pairing.method == PairingMethod::prompt_tuning) {
        numbers += total(job.pairing.soft_prompt.soft_tokens) * total(shape.hidden);
    }
    return numbers;
}

// What the backward pass needs of one batch: of every layer about eight streams, two widths of the feed-forward block
// and the attention scores; with checkpointing only what goes into each, and all of one.
double backward_bytes(const TrainWorkload& work, const ModelShape& shape, const WorkloadSize& size) {
    const double number = work.precision == TrainPrecision::bf16 ? 2 : float_bytes;
    const double stream = size.step_tokens * total(shape.hidden) * number;
    const double layer = 8 * stream + 3 * size.step_tokens * total(shape.ffn) * number +
                         total(shape.heads) * size.step_tokens * size.longest_pair * number;
    const double kept = work.gradient_checkpointing ? layers_of(shape) * stream + layer : layers_of(shape) * layer;
    return kept + 2 * size.step_tokens * total(shape.vocab) * float_bytes;
}

void add_training(const Job& job, const TrialNeeds& needs, const WorkloadSize& size, MemoryNeed& need) {
    const auto* work = std::get_if<TrainWorkload>(&job.workload);
    if (work == nullptr) {
        return;
    }
    const double number = work->precision == TrainPrecision::bf16 ? 2 : float_bytes;
    const double numbers = trained_numbers(job, *work, needs);
    // What is trained and what stays beside it is held in the training's format, whatever the file has.
    need.weights = saturated(total(needs.model.parameters) * number);
    // Gradients in the weights' format, AdamW's two means in f32, and of bf16 a copy in f32 that is stepped.
    const double copy = work->precision == TrainPrecision::bf16 ? float_bytes : 0;
    need.training =
        saturated(numbers * (number + 2 * float_bytes + copy) + backward_bytes(*work, needs.model.shape, size));
}

// Seconds of reading `tokens` in one go, and of writing `tokens` one after another.
struct Speed {
    double flops, bandwidth;

    double read(double tokens, const ModelFacts& model) const { return 2 * total(model.parameters) * tokens / flops; }
    double write(double tokens, Dtype dtype, const ModelFacts& model) const {
        return tokens * static_cast<double>(weights_bytes_as(dtype, model)) / bandwidth;
    }
};

// What the second model adds to the first one's time; of a speculative pairing it is the first one's decoding that
// changes.
double pair_seconds(const Job& job, const TrialNeeds& needs, const WorkloadSize& size, const Speed& speed,
                    double decode) {
    if (needs.partner == nullptr) {
        return decode;
    }
    const ModelFacts partner = loaded_partner(job, *needs.partner);
    const double read = speed.read(size.all_prompts, partner);
    if (job.pairing.method == PairingMethod::speculative) {
        // Leviathan et al. 2023: a round drafts gamma tokens, verifies them at once and yields this many.
        const double gamma = total(job.pairing.speculative.draft_tokens);
        const double yield = (1 - std::pow(acceptance, gamma + 1)) / (1 - acceptance);
        const double rounds = size.all_new / yield;
        return read + decode / yield + speed.write(rounds * gamma, partner_dtype(job), partner);
    }
    double seconds = decode + read;
    if (const auto* work = std::get_if<TrainWorkload>(&job.workload)) {
        const double passes = work->vector_cache == VectorCache::off ? size.passes : 1;
        seconds += speed.read(passes * size.sources_learned, partner);
    }
    return seconds;
}

const TrainWorkload* learning_labels(const Job& job, const TrialNeeds& needs) {
    const auto* work = std::get_if<TrainWorkload>(&job.workload);
    return work != nullptr && work->labels == Labels::llm && needs.labeller != nullptr ? work : nullptr;
}

Dtype labeller_dtype(const Job& job) {
    return job.labeller.location.empty() ? partner_dtype(job) : job.load.dtype;
}

// What the large model takes to write the labels, once for all trials that learn them.
double label_seconds(const Job& job, const TrialNeeds& needs, const WorkloadSize& size, const Speed& speed) {
    const TrainWorkload* work = learning_labels(job, needs);
    if (work == nullptr || !needs.writes_labels) {
        return 0;
    }
    const GenerationOptions& generation = work->task.generation;
    const double fresh = size.rows_labelled * total(generation.max_new_tokens) * total(generation.beams);
    return total(needs.labeller->weights_bytes) / disk_bytes_per_second +
           speed.read(size.sources_labelled, *needs.labeller) +
           speed.write(fresh, labeller_dtype(job), *needs.labeller);
}

// The model that labels is in memory before those that train are.
MemoryNeed label_memory(const Job& job, const TrialNeeds& needs, const WorkloadSize& size) {
    MemoryNeed need{.process = saturated(process_bytes)};
    const TrainWorkload* work = learning_labels(job, needs);
    if (work == nullptr) {
        return need;
    }
    const ModelShape& shape = needs.labeller->shape;
    const GenerationOptions& generation = work->task.generation;
    const double number = number_bytes(labeller_dtype(job));
    const double prompt = size.longest_source;
    const double fresh = total(generation.max_new_tokens);
    const double slots = shape.kind == ModelKind::encoder_decoder ? 1 + fresh : prompt + fresh;
    const double sequences = generation.beams > 1 ? 1 + total(generation.beams) : 1;
    need.weights = weights_bytes_as(labeller_dtype(job), *needs.labeller);
    need.kv_cache = saturated(cache_bytes(shape, number, slots, prompt) * sequences);
    need.activations = saturated(prompt_bytes(shape, number, prompt) + 2 * total(shape.vocab) * float_bytes);
    return need;
}

}  // namespace

std::int64_t MemoryNeed::total() const {
    return saturated(static_cast<double>(weights) + static_cast<double>(kv_cache) + static_cast<double>(activations) +
                     static_cast<double>(partner) + static_cast<double>(training) + static_cast<double>(process));
}

std::string MemoryNeed::to_string() const {
    return show_bytes(weights) + " weights + " + show_bytes(kv_cache) + " KV cache + " + show_bytes(activations) +
           " activations + " + (partner > 0 ? show_bytes(partner) + " second model + " : "") +
           (training > 0 ? show_bytes(training) + " training + " : "") + show_bytes(process) +
           " process = " + show_bytes(total());
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

MemoryNeed estimate_memory(const Job& job, const TrialNeeds& needs) {
    MemoryNeed need{.process = saturated(process_bytes)};
    if (loads_nothing(job)) {
        return need;
    }
    const ModelShape& shape = needs.model.shape;
    const WorkloadSize size = workload_size(job.workload, shape, needs.data);
    const bool encodes = shape.kind == ModelKind::encoder_decoder;
    const double needed = encodes ? 1 + size.fresh : size.prompt + size.fresh;
    const double slots = job.load.context > 0 ? total(job.load.context) : needed;
    const double number = number_bytes(job.load.dtype);
    need.weights = weights_bytes_as(job.load.dtype, needs.model);
    need.kv_cache = saturated(cache_bytes(shape, number, slots, size.prompt) * size.sequences);
    // Logits: all of them for the logits workload, else of the last position.
    const double all = encodes ? 1 + size.fresh : size.prompt;
    const double rows = std::holds_alternative<LogitsWorkload>(job.workload) ? all : 1;
    need.activations =
        saturated(prompt_bytes(shape, number, size.prompt) + 2 * rows * total(shape.vocab) * float_bytes);
    if (needs.partner != nullptr) {
        const ModelShape& other = needs.partner->shape;
        const double other_number = number_bytes(partner_dtype(job));
        const bool drafts = job.pairing.method == PairingMethod::speculative;
        const ModelFacts partner = loaded_partner(job, *needs.partner);
        need.partner = saturated(static_cast<double>(weights_bytes_as(partner_dtype(job), partner)) +
                                 prompt_bytes(other, other_number, std::max(size.prompt, size.longest_pair)) +
                                 (drafts ? cache_bytes(other, other_number, slots, size.prompt) : 0));
    }
    add_training(job, needs, size, need);
    const MemoryNeed labels = label_memory(job, needs, size);
    return labels.total() > need.total() ? labels : need;
}

double estimate_seconds(const Job& job, const TrialNeeds& needs, const MachineFacts& machine) {
    const WorkloadSize size = workload_size(job.workload, needs.model.shape, needs.data);
    if (loads_nothing(job)) {
        return size.pauses_s;
    }
    const Speed speed{std::max(machine.flops, 1.0), std::max(machine.memory_bandwidth, 1.0)};
    const double stored = total(needs.model.weights_bytes) +
                          (needs.partner ? total(loaded_partner(job, *needs.partner).weights_bytes) : 0);
    // A training step reads each token forward once and backward at twice the cost.
    const double prefill = speed.read(size.all_prompts + 3 * size.learned, needs.model);
    const double decode = speed.write(size.all_new, job.load.dtype, needs.model);
    return stored / disk_bytes_per_second + prefill + pair_seconds(job, needs, size, speed, decode) +
           label_seconds(job, needs, size, speed) + size.pauses_s;
}

}  // namespace tandem
