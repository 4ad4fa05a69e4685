// The part of a pairing that neither model has, as one folder: pairing.json (settings, widths, which models) and
// projector.safetensors. Files appear when they are whole. Thread rule: stateless.
// Errors: PAIRING_FOLDER (no such folder's files, or not of this format), PAIRING_PROJECTOR, JSON_TOO_DEEP, ST_*,
// FILE_*.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/api/job.h"
#include "engine/pairing/projector.h"

namespace tandem {

struct SavedPairing {
    ModelRef large;  // where it was and its sum; a relative location is of the pairing's folder
    ModelRef small;
    PairingSettings settings;
    Projector projector;
    std::string llm_prompt = GuidanceOptions{}.llm_prompt;
    std::optional<Dtype> llm_dtype = {};
};

// `folder` is made if it is not there; what it holds of a pairing is replaced, pairing.json last.
Result<void> save_pairing(const std::filesystem::path& folder, const SavedPairing& pairing);
Result<SavedPairing> load_pairing(const std::filesystem::path& folder, at::Device device);

// The same of a soft prompt: pairing.json and soft_prompt.safetensors.
struct SavedSoftPrompt {
    ModelRef model;
    SoftPromptOptions options;
    at::Tensor vectors;  // f32 [soft_tokens, width]
};

Result<void> save_soft_prompt(const std::filesystem::path& folder, const SavedSoftPrompt& soft);
Result<SavedSoftPrompt> load_soft_prompt(const std::filesystem::path& folder, at::Device device);

}  // namespace tandem
