// What of a pairing's models a training wrote into its folder, beside what pairing_folder.h reads. No weights are read.
// Thread rule: stateless. Errors: PAIRING_FOLDER.
#pragma once

#include <filesystem>

#include "engine/api/pairing.h"
#include "engine/pairing/pairing_folder.h"

namespace tandem {

inline constexpr std::string_view trained_model_folder = "small";      // a whole model
inline constexpr std::string_view trained_adapter_folder = "adapter";  // a LoRA adapter of the declared one

// The model that writes as `folder` has it: its own whole model, `declared` under its own adapter, or `declared` as it
// is, where only a projector was trained. Both whole model and adapter are refused, and a second adapter.
Result<ModelRef> trained_model(const std::filesystem::path& folder, const ModelRef& declared);

// A projector belongs to the models it was trained with: refused where both sums are known and differ. What the folder
// has a whole model of is not compared.
Result<void> check_trained_with(const std::filesystem::path& folder, const SavedPairing& saved, const ModelRef& model,
                                const ModelRef& partner);

// The same of a soft prompt.
Result<void> check_trained_with(const std::filesystem::path& folder, const SavedSoftPrompt& saved,
                                const ModelRef& model);

// Of a trained soft prompt, which keeps its own number; another one that is declared is refused.
Result<std::int64_t> trained_soft_tokens(const std::filesystem::path& folder, std::int64_t trained,
                                         std::int64_t declared);

// The settings of the training; a declared one that is neither the default nor the same is refused.
Result<PairingSettings> trained_settings(const std::filesystem::path& folder, const PairingSettings& trained,
                                         const PairingSettings& declared);

}  // namespace tandem
