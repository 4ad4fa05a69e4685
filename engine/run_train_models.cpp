#include "engine/run_train_models.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "engine/models/recomputing.h"
#include "engine/models/registry.h"
#include "engine/pairing/guided_system.h"
#include "engine/pairing/load_system.h"
#include "engine/pairing/pairing_folder.h"
#include "engine/pairing/single_system.h"
#include "engine/pairing/soft_prompt_system.h"
#include "engine/pairing/trained_parts.h"
#include "engine/run_fingerprint.h"
#include "engine/tensor/torch_error.h"
#include "engine/training/language_steps.h"
#include "engine/training/write_trained.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

TrainedWeights trained_weights(Trainable trainable) {
    switch (trainable) {
        case Trainable::full:
            return TrainedWeights::all;
        case Trainable::lora:
            return TrainedWeights::low_rank;
        case Trainable::none:
            break;
    }
    return TrainedWeights::none;
}

std::vector<TokenPair> token_pairs(const std::vector<GuidedExample>& examples) {
    std::vector<TokenPair> pairs;
    pairs.reserve(examples.size());
    for (const GuidedExample& example : examples) {
        pairs.push_back({.source = {example.prompt.small.begin(), example.prompt.small.end()},
                         .target = {example.target.begin(), example.target.end()}});
    }
    return pairs;
}

std::vector<const GuidedPrompt*> prompts_of(const TrainPlan& plan) {
    std::vector<const GuidedPrompt*> prompts;
    const auto add = [&](const LearningSet& set) {
        for (const GuidedExample& example : set.examples) {
            prompts.push_back(&example.prompt);
        }
    };
    add(plan.train);
    if (plan.validation) {
        add(*plan.validation);
    }
    return prompts;
}

ModelRef absolute(ModelRef model) {
    std::error_code failure;
    const fs::path place = fs::absolute(model.location, failure);
    model.location = failure ? model.location : place.string();
    return model;
}

std::string named(const ModelRef& model) {
    return model.name.empty() ? model.location : model.name;
}

}  // namespace

Result<std::unique_ptr<Learner>> Learner::load(const Job& job, const TrainWorkload& workload, TrainPlan& plan,
                                               at::Device device, TrialRecorder& recorder,
                                               const std::stop_token& stop) {
    std::unique_ptr<Learner> learner(new Learner(job, workload, plan));
    recorder.progress(learner->begin_, "loading the models");
    recorder.phase_begins("load", 0);
    TANDEM_TRY(learner->load_models(device, recorder, stop));
    recorder.phase_ends("load", 0);
    learner->record(recorder);
    if (learner->pairing_ && workload.vector_cache != VectorCache::off) {
        TANDEM_TRY(learner->guide(recorder, stop));
    }
    TANDEM_TRY(learner->make_steps());
    return learner;
}

Result<void> Learner::load_models(at::Device device, TrialRecorder& recorder, const std::stop_token& stop) {
    const auto told = [&](double part) {
        return [&recorder, begin = begin_ + part * (guided_ - begin_) / 4, share = (guided_ - begin_) / 4](
                   double fraction) { recorder.progress(begin + share * fraction, "loading the models"); };
    };
    const TrainableOptions options{.dtype = workload_.precision == TrainPrecision::bf16 ? Dtype::bf16 : Dtype::f32,
                                   .trained = trained_weights(trainable_of(workload_, job_.pairing.method)),
                                   .low_rank = {.rank = workload_.lora_rank, .alpha = workload_.lora_alpha}};
    model_ = TANDEM_TRY(load_trainable(plan_.system.model.reference, options, device, job_.seed, told(0), stop));
    if (workload_.gradient_checkpointing) {  // check_model() has seen that it is a decoder
        model_.model = recomputing(std::dynamic_pointer_cast<const CausalLm>(model_.model));
    }
    const AnyLm writes = TANDEM_TRY(language_model(*model_.model));
    if (job_.pairing.method == PairingMethod::prompt_tuning) {
        soft_ = TANDEM_TRY(make_soft_prompt(job_.pairing, writes, job_.seed));
        system_ = soft_prompt_system(*soft_, plan_.system.prompts);
        return {};
    }
    if (!plan_.system.partner) {
        system_ = single_system(writes, plan_.system.prompts);
        return {};
    }
    LoadOptions of_partner = job_.load;
    of_partner.dtype = job_.pairing.guidance.llm_dtype.value_or(job_.load.dtype);
    // Its answers may be what is learned; else it only reads.
    const auto load_large = workload_.labels == Labels::llm ? load_model : load_guide;
    large_ = TANDEM_TRY(load_large(plan_.system.partner->reference, of_partner, device, job_.seed, told(1), stop));
    const AnyLm reads = TANDEM_TRY(language_model(*large_));
    const std::string& earlier = job_.pairing.trained.location;
    if (earlier.empty()) {
        pairing_ = TANDEM_TRY(LlmToSlm::create(reads, writes, plan_.system.settings, job_.seed));
    } else {
        SavedPairing saved = TANDEM_TRY(load_pairing(earlier, device));
        pairing_ = TANDEM_TRY(LlmToSlm::create(reads, writes, plan_.system.settings, std::move(saved.projector)));
    }
    system_ = guided_system(*pairing_, plan_.system.prompts);
    return {};
}

void Learner::record(TrialRecorder& recorder) const {
    const ModelRef& model = plan_.system.model.reference;
    recorder.fact("model", named(model));
    recorder.fact("model_sha256", model.sha256.empty() ? "not known" : model.sha256);
    recorder.fact("architecture", plan_.system.model.facts.shape.architecture);
    recorder.fact("parameters", std::to_string(plan_.system.model.facts.parameters));
    recorder.fact("dtype", std::string(enum_name(workload_.precision)));
    std::int64_t bytes = model_.model->weights_bytes();
    if (large_) {
        const ModelRef& partner = plan_.system.partner->reference;
        recorder.fact("partner", named(partner));
        recorder.fact("partner_sha256", partner.sha256.empty() ? "not known" : partner.sha256);
        recorder.fact("partner_architecture", plan_.system.partner->facts.shape.architecture);
        recorder.fact("partner_parameters", std::to_string(plan_.system.partner->facts.parameters));
        recorder.fact("partner_dtype",
                      std::string(enum_name(job_.pairing.guidance.llm_dtype.value_or(job_.load.dtype))));
        recorder.fact("partner_weights_bytes", std::to_string(large_->weights_bytes()));
        bytes += large_->weights_bytes();
    }
    recorder.fact("method", std::string(enum_name(job_.pairing.method)));
    recorder.fact("device", model_.model->device().str());
    recorder.fact("seed", std::to_string(job_.seed));
    recorder.sample("weights_bytes", 0, static_cast<double>(bytes));
    const auto note = [&](std::string_view name, const std::vector<std::string>& warnings) {
        for (const std::string& warning : warnings) {
            recorder.note(name, warning);
        }
    };
    note("model_warning", plan_.system.model.facts.warnings);
    note("model_warning", model_.model->notes());
    if (large_) {
        note("partner_warning", plan_.system.partner->facts.warnings);
        note("partner_warning", large_->notes());
    }
}

Result<void> Learner::guide(TrialRecorder& recorder, const std::stop_token& stop) {
    const fs::path folder = fs::path(job_.place.cache.empty() ? job_.place.work : job_.place.cache) / "vectors";
    const Dtype dtype = job_.pairing.guidance.llm_dtype.value_or(job_.load.dtype);
    kept_.emplace(*pairing_,
                  VectorFolder(folder, workload_.vector_cache,
                               vector_maker(*pairing_, fingerprint(plan_.system.partner->reference), dtype)));
    quick_ = guided_system(pairing_->with_vectors([this](const GuidedPrompt& prompt, const std::stop_token&) {
        return kept_->of(prompt);
    }),
                           plan_.system.prompts);
    const auto prompts = prompts_of(plan_);
    const auto told = [&](std::int64_t done) {
        const double half = (guided_ - begin_) / 2;
        recorder.progress(begin_ + half + half * static_cast<double>(done) / static_cast<double>(prompts.size()),
                          "the large model has read " + std::to_string(done / 16 * 16) + " of " +
                              std::to_string(prompts.size()) + " prompts");
    };
    const std::int64_t made = TANDEM_TRY(kept_->make(prompts, told, stop));
    recorder.fact("prompts_read", std::to_string(made));
    recorder.fact("prompts_kept_before", std::to_string(static_cast<std::int64_t>(prompts.size()) - made));
    return {};
}

Result<void> Learner::make_steps() {
    step_ = TANDEM_TRY(make_step(std::move(plan_.train.examples)));
    if (plan_.validation) {
        validation_ = TANDEM_TRY(make_step(std::move(plan_.validation->examples)));
    }
    return {};
}

Result<std::unique_ptr<TrainStep>> Learner::make_step(std::vector<GuidedExample> examples) {
    if (soft_) {
        return soft_prompt_step(*soft_, model_.parameters, std::move(examples));
    }
    if (!pairing_) {
        return language_step(model_, token_pairs(examples));
    }
    const auto prompts = std::make_shared<std::vector<GuidedPrompt>>();
    for (const GuidedExample& example : examples) {
        prompts->push_back(example.prompt);
    }
    VectorSource vectors = [this, prompts](const Batch& batch) {
        std::vector<const GuidedPrompt*> of_batch;
        for (const std::int64_t example : batch) {
            of_batch.push_back(&(*prompts)[static_cast<std::size_t>(example)]);
        }
        if (!kept_) {
            return pairing_->vectors_of_all(of_batch, {}).value();
        }
        std::vector<at::Tensor> kept;
        for (const GuidedPrompt* prompt : of_batch) {
            kept.push_back(kept_->of(*prompt));
        }
        return kept;
    };
    return guided_step(*pairing_, model_.parameters, std::move(examples), std::move(vectors));
}

Result<void> Learner::write(const fs::path& folder) const {
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (failure) {
        return Error{.code = "FILE_IO",
                     .message = "making the folder of what was trained failed (" + failure.message() + ")",
                     .where = folder.string(),
                     .kind = ErrorKind::io};
    }
    const ModelRef& base = plan_.system.model.reference;
    const Trainable trained = trainable_of(workload_, job_.pairing.method);
    if (trained == Trainable::full) {
        TANDEM_TRY(write_trained_folder(model_, base.location, folder / trained_model_folder));
    } else if (trained == Trainable::lora) {
        TANDEM_TRY(write_adapter_folder(model_, base.location, folder / trained_adapter_folder));
    }
    // What an earlier training made of it is what an adapter, a projector or a soft prompt was learned for.
    const ModelRef model = absolute(trained == Trainable::full ? job_.pairing.model : base);
    if (soft_) {
        return save_soft_prompt(folder,
                                {.model = model,
                                 .options = {.soft_tokens = soft_->tokens(), .start = job_.pairing.soft_prompt.start},
                                 .vectors = soft_->vectors()});
    }
    if (!pairing_) {
        return {};
    }
    return save_pairing(folder, {.large = absolute(plan_.system.partner->reference),
                                 .small = model,
                                 .settings = pairing_->settings(),
                                 .projector = pairing_->projector(),
                                 .llm_prompt = job_.pairing.guidance.llm_prompt,
                                 .llm_dtype = job_.pairing.guidance.llm_dtype.value_or(job_.load.dtype)});
}

}  // namespace tandem
