// One or two models run as one system, and the models by where they lie and what they are. Plain data that crosses the
// wire. Thread rule: plain data.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "engine/api/field.h"
#include "engine/api/pairing_options.h"

namespace tandem {

// A model by where it lies and by what it is. The sum is part of a trial's identity, the location is not.
struct ModelRef {
    std::string name;      // the user's word for it
    std::string location;  // a .gguf file, a folder of Hugging Face files, or "random:CATALOGUE-ID"
    std::string
        sha256;  // 64 hex digits over the weights (folders: over the list of files and sums); empty: not checked
    std::string adapter;         // a folder with adapter_config.json and adapter_model.safetensors; empty: none
    std::string adapter_sha256;  // over the list of its files and sums
};

enum class PairingMethod { single, llm_to_slm, speculative, prompt_tuning };

template <>
struct EnumNames<PairingMethod> {
    static constexpr std::array<std::pair<PairingMethod, std::string_view>, 4> values{
        {{PairingMethod::single, "single"},
         {PairingMethod::llm_to_slm, "llm-to-slm"},
         {PairingMethod::speculative, "speculative"},
         {PairingMethod::prompt_tuning, "prompt-tuning"}}};
};

// What a pairing learned in an earlier trial, by where it lies and by what it is.
struct TrainedRef {
    std::string location;  // a folder with pairing.json; empty: nothing was trained yet
    std::string sha256;    // over the list of its files and sums
};

// One or two models run as one system.
//   single          `model` alone.
//   llm-to-slm      `model` is the small one, which writes; `partner` the large one, which reads the prompt once.
//   speculative     `model` is the large one, whose answer it is; `partner` the small one, which drafts.
//   prompt-tuning   `model` alone, behind learned vectors.
struct Pairing {
    PairingMethod method = PairingMethod::single;
    ModelRef model;
    ModelRef partner;  // empty location where there is none
    TrainedRef trained;
    GuidanceOptions guidance;        // llm-to-slm
    SpeculativeOptions speculative;  // speculative
    SoftPromptOptions soft_prompt;   // prompt-tuning
};

constexpr bool has_partner(PairingMethod method) {
    return method == PairingMethod::llm_to_slm || method == PairingMethod::speculative;
}

// Whether there is something that training could change: a projector, a soft prompt, or the weights of one model.
constexpr bool can_learn(PairingMethod method) {
    return method != PairingMethod::speculative;
}

// Calls each(options) with what the method declares beside its models; `single` declares nothing. For whatever has a
// method and the options under these names.
template <class APairing, class Each>
void with_method_options(APairing& pairing, Each&& each) {
    switch (pairing.method) {
        case PairingMethod::single:
            return;
        case PairingMethod::llm_to_slm:
            return each(pairing.guidance);
        case PairingMethod::speculative:
            return each(pairing.speculative);
        case PairingMethod::prompt_tuning:
            return each(pairing.soft_prompt);
    }
}

}  // namespace tandem
