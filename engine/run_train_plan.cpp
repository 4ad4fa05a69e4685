#include "engine/run_train_plan.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include "engine/api/sha256.h"
#include "engine/evaluation/scorers.h"
#include "engine/pairing/guide.h"
#include "engine/tensor/safetensors.h"
#include "engine/training/data_rows.h"

namespace tandem {
namespace {

Error unsupported(std::string message, std::string where) {
    return {.code = "TRAIN_UNSUPPORTED",
            .message = std::move(message) + "; nothing was loaded",
            .where = std::move(where),
            .kind = ErrorKind::unsupported};
}

Result<void> check_method(const Pairing& pairing, const TrainWorkload& workload) {
    switch (pairing.method) {
        case PairingMethod::single:
            if (trainable_of(workload, pairing.method) == Trainable::none) {
                return unsupported(
                    "a model alone of which nothing is trained learns nothing; allowed are full and lora", "trainable");
            }
            break;
        case PairingMethod::llm_to_slm:
        case PairingMethod::prompt_tuning:
            break;
        case PairingMethod::speculative:
            return unsupported("speculative decoding has nothing to train; train its small model by the method single",
                               "method");
    }
    return {};
}

Result<void> check_model(const PreparedModel& model, const TrainWorkload& workload, PairingMethod method) {
    const std::string& location = model.reference.location;
    if (!model.reference.adapter.empty()) {
        return unsupported("a model with an adapter cannot be trained; merge the adapter into a folder first",
                           model.reference.adapter);
    }
    if (model.facts.shape.cache_fixed > 0) {
        return unsupported("recurrent layers (" + model.facts.shape.architecture +
                               ") write their states in place, which gives no gradients",
                           location);
    }
    if (workload.gradient_checkpointing && model.facts.shape.kind != ModelKind::decoder) {
        return unsupported(
            "this version computes the layers of decoders again, and keeps what all layers of an "
            "encoder-decoder compute; leave gradient_checkpointing out",
            "gradient_checkpointing");
    }
    if (trainable_of(workload, method) == Trainable::full) {
        std::error_code failure;
        if (!std::filesystem::is_directory(location, failure)) {
            return unsupported(
                "a whole model is written beside the files of its folder, and this one has no folder; "
                "take a folder of safetensors, or lora",
                location);
        }
        TANDEM_TRY(SafetensorsFile::open(location));
    }
    return {};
}

struct Choice {
    std::vector<std::string> best_by;
    bool higher_is_better = false;
};

Result<Choice> choice_of(const TrainWorkload& workload) {
    if (workload.best_by == best_by_loss) {
        return Choice{};
    }
    if (!workload.validation.given()) {
        return Error{.code = "DATA_NONE",
                     .message = "the best step is chosen by " + workload.best_by +
                                " of a validation, and there is no validation file; nothing was loaded",
                     .where = "validation"};
    }
    Choice choice{.best_by = {workload.best_by}};
    TANDEM_TRY(TaskScores::create(choice.best_by));
    choice.higher_is_better = !is_likelihood_score(workload.best_by);
    if (choice.higher_is_better) {
        choice.higher_is_better = TANDEM_TRY(make_scorer(workload.best_by))->higher_is_better();
    }
    return choice;
}

std::string identity_of(const ModelRef& model) {
    const std::string what = model.sha256.empty() ? model.location : model.sha256;
    return what + " " + (model.adapter_sha256.empty() ? model.adapter : model.adapter_sha256);
}

void add_ids(Sha256& sum, const std::vector<TokenId>& ids) {
    const auto count = static_cast<std::int64_t>(ids.size());
    sum.add(std::as_bytes(std::span(&count, 1)));
    sum.add(std::as_bytes(std::span(ids)));
}

// Over the data as it is learned, so that whatever made it so (prompts, templates, cuts) counts.
std::string sum_of(const LearningSet& set) {
    Sha256 sum;
    for (const GuidedExample& example : set.examples) {
        add_ids(sum, example.prompt.small);
        add_ids(sum, example.prompt.large);
        sum.add(std::as_bytes(std::span(example.prompt.alignment)));
        add_ids(sum, example.target);
    }
    return sum.hex();
}

struct Spelled {
    std::string text;

    template <class Field>
    void operator()(const FieldInfo& info, const Field& field) {
        text += "\n" + std::string(info.name) + " ";
        if constexpr (std::is_enum_v<Field>) {
            text += enum_name(field);
        } else {
            text += std::to_string(field);
        }
    }
};

std::string soft_text(const Pairing& pairing, std::int64_t tokens) {
    return pairing.method != PairingMethod::prompt_tuning
               ? std::string()
               : "\nsoft " + std::to_string(tokens) + " " + std::string(enum_name(pairing.soft_prompt.start));
}

// What tells how far the examples are.
std::function<void(std::size_t, std::size_t)> telling(TrialRecorder& recorder, const std::string& name,
                                                      double fraction) {
    return [&recorder, name, fraction](std::size_t done, std::size_t all) {
        if (done % 64 == 0 || done == all) {
            recorder.progress(fraction,
                              "preparing " + name + " example " + std::to_string(done) + " of " + std::to_string(all));
        }
    };
}

// The rows that are still there: what was left out needs no label.
std::vector<bool> kept_of(const LearningRows& rows, const LearningSet& set) {
    std::vector<bool> kept;
    std::size_t next = 0;
    for (const TextPair& pair : rows.pairs) {
        const bool is_kept = next < set.pairs.size() && set.pairs[next].line == pair.line;
        next += is_kept ? 1 : 0;
        kept.push_back(is_kept);
    }
    return kept;
}

}  // namespace

Result<TrainPlan> plan_training(const Job& job, const TrainWorkload& workload, TrialRecorder& recorder,
                                const std::stop_token& stop) {
    TANDEM_TRY(check_method(job.pairing, workload));
    if (job.place.work.empty()) {
        return Error{.code = "TRAIN_PLACE",
                     .message = "there is no folder for checkpoints and what is trained; nothing was loaded",
                     .where = "work"};
    }
    if (!workload.train.given()) {
        return Error{.code = "DATA_NONE",
                     .message =
                         "there is no file to learn from; name a JSONL file of source and target; nothing was "
                         "loaded",
                     .where = "train"};
    }
    Choice choice = TANDEM_TRY(choice_of(workload));
    TrainPlan plan{
        .system = TANDEM_TRY(prepare_system(job.pairing, {.chat = workload.task.chat,
                                                          .system = workload.task.system,
                                                          .prompt = workload.task.prompt,
                                                          .partner_prompt = job.pairing.guidance.llm_prompt})),
        .train = {},
        .validation = {},
        .labelling = {},
        .test = {},
        .best_by = std::move(choice.best_by),
        .higher_is_better = choice.higher_is_better};
    TANDEM_TRY(check_model(plan.system.model, workload, job.pairing.method));
    if (plan.system.partner) {
        TANDEM_TRY(guide_layer(plan.system.partner->facts.shape, plan.system.settings.layer));
    }
    const auto positions = [&](std::string_view source) -> Result<Positions> {
        return plan.system.positions(TANDEM_TRY(plan.system.prompts->prompt(source)),
                                     workload.task.generation.max_new_tokens);
    };
    if (workload.task.test.given()) {
        recorder.progress(0, "reading the test set");
        plan.test = TANDEM_TRY(prepare_task(workload.task, positions));
        if (job.load.context > 0) {
            TANDEM_TRY(check_slots(plan.test->positions.cache, job.load.context));
        }
    }
    std::optional<Labeller> labeller;
    if (workload.labels == Labels::llm) {
        labeller.emplace(TANDEM_TRY(Labeller::prepare(job, workload)));
    }
    const auto read = [&](const DataFile& file, std::int64_t rows, bool labelled) -> Result<LearningRows> {
        LearningRows rows_read{.file = file, .pairs = TANDEM_TRY(read_data_rows(file, rows)), .labels = {}};
        if (labelled) {
            rows_read.labels.assign(rows_read.pairs.size(), std::string());
        }
        return rows_read;
    };
    std::optional<LearningRows> validation;
    if (workload.validation.given()) {
        validation = TANDEM_TRY(read(workload.validation, workload.validation_rows, labeller.has_value()));
        plan.validation =
            TANDEM_TRY(learning_set(*validation, workload, plan.system, telling(recorder, "validation", 0), stop));
        const bool all = !plan.best_by.empty();
        const auto answered = static_cast<std::size_t>(std::max<std::int64_t>(0, workload.previews));
        const std::span<const TextPair> pairs(plan.validation->pairs);
        TANDEM_TRY(most_positions(all ? pairs : pairs.first(std::min(answered, pairs.size())), workload.validation.path,
                                  positions));
    }
    LearningRows train = TANDEM_TRY(read(workload.train, workload.train_rows, labeller.has_value()));
    plan.train = TANDEM_TRY(learning_set(train, workload, plan.system, telling(recorder, "training", 0), stop));
    if (labeller) {
        plan.labelling.emplace(
            Labelling{.labeller = *labeller, .train = std::move(train), .validation = std::move(validation)});
    }
    return plan;
}

Result<void> label_plan(const TrainWorkload& workload, TrainPlan& plan, at::Device device, TrialRecorder& recorder,
                        MachineSampler& machine, const std::stop_token& stop) {
    if (!plan.labelling) {
        return {};
    }
    Labelling& labelling = *plan.labelling;
    const std::vector<bool> train = kept_of(labelling.train, plan.train);
    const std::vector<bool> validation =
        labelling.validation ? kept_of(*labelling.validation, *plan.validation) : std::vector<bool>();
    std::vector<Labeller::Part> parts{{.rows = labelling.train, .asked = train}};
    if (labelling.validation) {
        parts.push_back({.rows = *labelling.validation, .asked = validation});
    }
    TANDEM_TRY(labelling.labeller.label(parts, device, recorder, machine, stop));
    const auto made = [&](const LearningRows& rows, const std::string& name) {
        return learning_set(rows, workload, plan.system, telling(recorder, name, 0.1), stop);
    };
    plan.train = TANDEM_TRY(made(labelling.train, "training"));
    if (labelling.validation) {
        plan.validation = TANDEM_TRY(made(*labelling.validation, "validation"));
    }
    return {};
}

std::string run_of(const Job& job, const TrainWorkload& workload, const TrainPlan& plan) {
    Spelled settings;
    PairingSettings::visit(plan.system.settings, settings);
    const Dtype partner = job.pairing.guidance.llm_dtype.value_or(job.load.dtype);
    return std::string(enum_name(job.pairing.method)) + "\nmodel " + identity_of(plan.system.model.reference) +
           (plan.system.partner
                ? "\npartner " + identity_of(plan.system.partner->reference) + " " + std::string(enum_name(partner)) +
                      " kept in " + std::string(enum_name(workload.vector_cache)) + settings.text
                : std::string()) +
           soft_text(job.pairing, plan.system.soft_tokens) + "\nfrom " +
           (job.pairing.trained.sha256.empty() ? job.pairing.trained.location : job.pairing.trained.sha256) +
           "\ntrainable " + std::string(enum_name(trainable_of(workload, job.pairing.method))) + " " +
           std::to_string(workload.lora_rank) + " " + std::to_string(workload.lora_alpha) + " " +
           std::string(enum_name(workload.precision)) + "\ntrain " + sum_of(plan.train) + "\nvalidation " +
           (plan.validation ? sum_of(*plan.validation) : "none") + " by " + workload.best_by;
}

}  // namespace tandem
