#include "engine/pairing/load_system.h"

#include <algorithm>

#include "engine/models/registry.h"
#include "engine/pairing/guided_system.h"
#include "engine/pairing/pairing_folder.h"
#include "engine/pairing/single_system.h"
#include "engine/pairing/soft_prompt_system.h"
#include "engine/pairing/speculative_system.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

// One model's part of the whole load, by the parameters of both.
LoadListener part_of(const LoadListener& listener, double begin, double share) {
    if (!listener) {
        return {};
    }
    return [&listener, begin, share](double fraction) { listener(begin + share * fraction); };
}

Result<LlmToSlm> make_pairing(const PreparedSystem& prepared, AnyLm large, AnyLm small, std::uint64_t seed) {
    const std::string& trained = prepared.pairing.trained.location;
    if (trained.empty()) {
        return LlmToSlm::create(large, small, prepared.settings, seed);
    }
    SavedPairing saved = TANDEM_TRY(load_pairing(trained, small.model().device()));
    return LlmToSlm::create(large, small, prepared.settings, std::move(saved.projector));
}

}  // namespace

Result<SoftPrompt> make_soft_prompt(const Pairing& pairing, AnyLm model, std::uint64_t seed) {
    if (pairing.trained.location.empty()) {
        return SoftPrompt::create(model, pairing.soft_prompt, seed);
    }
    SavedSoftPrompt saved = TANDEM_TRY(load_soft_prompt(pairing.trained.location, model.model().device()));
    return SoftPrompt::create(model, std::move(saved.vectors));
}

std::optional<Dtype> partner_dtype(const Pairing& pairing) {
    return pairing.method == PairingMethod::speculative ? pairing.speculative.slm_dtype : pairing.guidance.llm_dtype;
}

std::int64_t LoadedSystem::weights_bytes() const {
    std::int64_t sum = 0;
    for (const auto& model : models) {
        sum += model->weights_bytes();
    }
    return sum;
}

Result<AnyLm> language_model(const Model& model) {
    if (const auto* decoder = dynamic_cast<const CausalLm*>(&model)) {
        return AnyLm(*decoder);
    }
    if (const auto* encoder_decoder = dynamic_cast<const EncoderDecoderLm*>(&model)) {
        return AnyLm(*encoder_decoder);
    }
    return Error{.code = "MODEL_KIND",
                 .message = "a " + model.shape().architecture + " is no language model; nothing was run"};
}

Result<LoadedSystem> load_system(const PreparedSystem& prepared, const LoadOptions& options, at::Device device,
                                 std::uint64_t seed, const LoadListener& listener, const std::stop_token& stop) {
    LoadedSystem loaded{.models = {}, .system = nullptr, .notes = prepared.notes};
    const auto own = static_cast<double>(std::max(prepared.model.facts.parameters, std::int64_t{1}));
    const double all = own + (prepared.partner ? static_cast<double>(prepared.partner->facts.parameters) : 0.0);
    loaded.models.push_back(
        TANDEM_TRY(load_model(prepared.model.reference, options, device, seed, part_of(listener, 0, own / all), stop)));
    const AnyLm model = TANDEM_TRY(language_model(*loaded.models[0]));
    if (prepared.pairing.method == PairingMethod::prompt_tuning) {
        loaded.system =
            soft_prompt_system(TANDEM_TRY(make_soft_prompt(prepared.pairing, model, seed)), prepared.prompts);
        return loaded;
    }
    if (!prepared.partner) {
        loaded.system = single_system(model, prepared.prompts);
        return loaded;
    }
    LoadOptions of_partner = options;
    of_partner.dtype = partner_dtype(prepared.pairing).value_or(options.dtype);
    const auto load_partner = prepared.guides() ? load_guide : load_model;
    loaded.models.push_back(TANDEM_TRY(load_partner(prepared.partner->reference, of_partner, device, seed,
                                                    part_of(listener, own / all, 1 - own / all), stop)));
    const AnyLm partner = TANDEM_TRY(language_model(*loaded.models[1]));
    if (!prepared.guides()) {
        loaded.system = TANDEM_TRY(
            speculative_system({model, partner, prepared.pairing.speculative.draft_tokens}, prepared.prompts));
        return loaded;
    }
    return translate_torch("make the pairing", [&]() -> Result<LoadedSystem> {
        loaded.system = guided_system(TANDEM_TRY(make_pairing(prepared, partner, model, seed)), prepared.prompts);
        return std::move(loaded);
    });
}

Result<LoadedSystem> load_system(const Pairing& pairing, const LoadOptions& options, const PromptStyle& style,
                                 at::Device device, std::uint64_t seed, const LoadListener& listener,
                                 const std::stop_token& stop) {
    return load_system(TANDEM_TRY(prepare_system(pairing, style)), options, device, seed, listener, stop);
}

}  // namespace tandem
