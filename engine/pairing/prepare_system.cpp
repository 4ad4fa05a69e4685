#include "engine/pairing/prepare_system.h"

#include "engine/models/inspect.h"
#include "engine/pairing/guided_system.h"
#include "engine/pairing/shared_vocabulary.h"
#include "engine/pairing/single_system.h"
#include "engine/pairing/soft_prompt_system.h"
#include "engine/pairing/speculative_system.h"
#include "engine/pairing/trained_parts.h"

namespace tandem {
namespace {

bool is_random(const std::string& location) {
    return location.starts_with("random:");
}

Result<PreparedModel> prepared(ModelRef reference) {
    ModelFacts facts = TANDEM_TRY(inspect_model(reference.location));
    return PreparedModel{.reference = std::move(reference), .facts = std::move(facts)};
}

Result<void> check_writes(const PreparedModel& model) {
    if (model.facts.shape.kind == ModelKind::vision_encoder) {
        return Error{.code = "MODEL_KIND",
                     .message = "a pairing is made of language models, and this is a vision encoder; nothing was run",
                     .where = model.reference.location};
    }
    return {};
}

Result<PreparedSystem> prepare_models(const Pairing& pairing) {
    PreparedSystem system{.pairing = pairing};
    const std::string& trained = pairing.trained.location;
    const ModelRef writes = trained.empty() ? pairing.model : TANDEM_TRY(trained_model(trained, pairing.model));
    switch (pairing.method) {
        case PairingMethod::single:
            if (!trained.empty() && writes.location == pairing.model.location && writes.adapter.empty()) {
                return Error{.code = "PAIRING_FOLDER",
                             .message = "it has neither a whole model (small) nor an adapter; nothing was loaded",
                             .where = trained};
            }
            system.model = TANDEM_TRY(prepared(writes));
            TANDEM_TRY(check_writes(system.model));
            return system;
        case PairingMethod::llm_to_slm:
            system.model = TANDEM_TRY(prepared(writes));
            system.partner = TANDEM_TRY(prepared(pairing.partner));
            TANDEM_TRY(check_writes(system.model));
            TANDEM_TRY(check_writes(*system.partner));
            system.settings = pairing.guidance.settings;
            if (trained.empty()) {
                system.notes.push_back({"projector_untrained",
                                        "the projector was never trained: times and memory are those of the pairing, "
                                        "its answers say nothing of it"});
            } else {
                const SavedPairing saved = TANDEM_TRY(load_pairing(trained, at::kCPU));
                TANDEM_TRY(check_trained_with(trained, saved, pairing.model, pairing.partner));
                system.settings = TANDEM_TRY(trained_settings(trained, saved.settings, system.settings));
            }
            TANDEM_TRY(check_settings(system.settings, system.model.facts.shape.kind));
            TANDEM_TRY(guide_layer(system.partner->facts.shape, system.settings.layer));
            return system;
        case PairingMethod::speculative:
            if (!trained.empty()) {
                return Error{.code = "PAIRING_FOLDER",
                             .message =
                                 "speculative decoding has no trained part; name a trained model as one of the "
                                 "two itself; nothing was loaded",
                             .where = trained};
            }
            system.model = TANDEM_TRY(prepared(pairing.model));
            system.partner = TANDEM_TRY(prepared(pairing.partner));
            TANDEM_TRY(check_writes(system.model));
            TANDEM_TRY(check_writes(*system.partner));
            TANDEM_TRY(check_draft_kind(system.model.facts.shape, system.partner->facts.shape));
            return system;
        case PairingMethod::prompt_tuning:
            system.model = TANDEM_TRY(prepared(writes));
            TANDEM_TRY(check_writes(system.model));
            system.soft_tokens = pairing.soft_prompt.soft_tokens;
            if (trained.empty()) {
                system.notes.push_back(
                    {"soft_prompt_untrained",
                     "the soft prompt is as it was drawn and was never trained: times and memory are "
                     "those of the method, its answers say nothing"});
                return system;
            }
            const SavedSoftPrompt saved = TANDEM_TRY(load_soft_prompt(trained, at::kCPU));
            TANDEM_TRY(check_trained_with(trained, saved, pairing.model));
            system.soft_tokens = TANDEM_TRY(trained_soft_tokens(trained, saved.vectors.size(0), system.soft_tokens));
            return system;
    }
    return system;
}

// A model that was trained whole may lie in its folder without the tokenizer that it was trained with.
Result<std::shared_ptr<const Tokenizer>> tokenizer_of(const PreparedModel& model, const ModelRef& declared) {
    auto own = Tokenizer::open(model.reference.location);
    if (own || model.reference.location == declared.location) {
        return own;
    }
    auto original = Tokenizer::open(declared.location);
    return original ? std::move(original) : std::move(own);
}

Result<std::shared_ptr<const Tokenizer>> for_text(const PreparedModel& model, const ModelRef& declared) {
    if (is_random(model.reference.location)) {
        return Error{.code = "TOK_NONE",
                     .message =
                         "a model of random weights has no tokenizer and says nothing; use the workload "
                         "benchmark, or a real model",
                     .where = model.reference.location};
    }
    return tokenizer_of(model, declared);
}

std::shared_ptr<const Tokenizer> for_ids(const PreparedModel& model, const ModelRef& declared,
                                         std::vector<SystemNote>& notes) {
    if (is_random(model.reference.location)) {
        return nullptr;
    }
    auto opened = tokenizer_of(model, declared);
    if (opened) {
        return std::move(opened).value();
    }
    notes.push_back({"tokenizer_unreadable",
                     "the prompt was drawn from all ids, special ones too, because the tokenizer cannot be read: " +
                         opened.error().to_string()});
    return nullptr;
}

Result<std::shared_ptr<const SystemPrompts>> prompts_of(const PreparedSystem& system,
                                                        std::shared_ptr<const Tokenizer> own,
                                                        std::shared_ptr<const Tokenizer> partner,
                                                        const PromptStyle& style) {
    if (system.pairing.method == PairingMethod::speculative) {  // both read what the large model's tokenizer makes
        TANDEM_TRY(
            check_shared_vocabulary(system.model.facts.shape, own.get(), system.partner->facts.shape, partner.get()));
        return SystemPrompts::create(std::move(own), style);
    }
    return system.partner ? SystemPrompts::create(std::move(own), std::move(partner), style)
                          : SystemPrompts::create(std::move(own), style);
}

}  // namespace

GuidedPrompt PreparedSystem::synthetic(std::int64_t tokens, std::uint64_t seed) const {
    return guides() ? synthetic_guided_prompt(tokens, model.facts.shape, prompts->tokenizer().get(),
                                              partner->facts.shape, prompts->partner_tokenizer().get(), seed)
                    : synthetic_single_prompt(tokens, model.facts.shape, prompts->tokenizer().get(), seed);
}

Result<Positions> PreparedSystem::positions(const GuidedPrompt& prompt, std::int64_t new_tokens) const {
    if (guides()) {
        return guided_positions(settings, model.facts.shape, partner->facts.shape, prompt, new_tokens);
    }
    if (pairing.method == PairingMethod::prompt_tuning) {
        return soft_prompt_positions(model.facts.shape, soft_tokens, prompt, new_tokens);
    }
    const Positions alone = TANDEM_TRY(single_positions(model.facts.shape, prompt, new_tokens));
    return partner ? speculative_positions(alone, partner->facts.shape, prompt, new_tokens) : alone;
}

void PreparedSystem::forget_tokenizers() {
    prompts = std::make_shared<SystemPrompts>();
}

Result<PreparedSystem> prepare_system(const Pairing& pairing, const PromptStyle& style) {
    PreparedSystem system = TANDEM_TRY(prepare_models(pairing));
    auto own = TANDEM_TRY(for_text(system.model, pairing.model));
    std::shared_ptr<const Tokenizer> partner;
    if (system.partner) {
        partner = TANDEM_TRY(for_text(*system.partner, pairing.partner));
    }
    system.prompts = TANDEM_TRY(prompts_of(system, std::move(own), std::move(partner), style));
    return system;
}

Result<PreparedSystem> prepare_system_of_ids(const Pairing& pairing) {
    PreparedSystem system = TANDEM_TRY(prepare_models(pairing));
    auto own = for_ids(system.model, pairing.model, system.notes);
    auto partner = system.partner ? for_ids(*system.partner, pairing.partner, system.notes) : nullptr;
    // Templates are for texts: one that cannot be read is no reason to refuse.
    system.prompts = TANDEM_TRY(prompts_of(system, std::move(own), std::move(partner), {.chat = false, .system = ""}));
    return system;
}

}  // namespace tandem
