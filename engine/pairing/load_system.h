// A declared pairing with its models in memory. Thread rule: const once loaded, shared freely.
// Errors: those of prepare_system.h and of load_model, PAIRING_*.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/models/language_model.h"
#include "engine/pairing/prepare_system.h"
#include "engine/pairing/soft_prompt.h"

namespace tandem {

struct LoadedSystem {
    std::vector<std::shared_ptr<const Model>> models;  // in the order of system->models(), which refers to them
    std::unique_ptr<const System> system;
    std::vector<SystemNote> notes;

    std::int64_t weights_bytes() const;
};

// What was prepared. `seed` draws random weights and an untrained projector or soft prompt.
Result<LoadedSystem> load_system(const PreparedSystem& prepared, const LoadOptions& options, at::Device device,
                                 std::uint64_t seed, const LoadListener& listener, const std::stop_token& stop);
Result<LoadedSystem> load_system(const Pairing& pairing, const LoadOptions& options, const PromptStyle& style,
                                 at::Device device, std::uint64_t seed, const LoadListener& listener,
                                 const std::stop_token& stop);

// Drawn by `seed`, or that of the trained folder.
Result<SoftPrompt> make_soft_prompt(const Pairing& pairing, AnyLm model, std::uint64_t seed);

// The number format that a pairing declares for its partner; none: that of the writing model.
std::optional<Dtype> partner_dtype(const Pairing& pairing);

// Of either kind of language model. Refers to it. Errors: MODEL_KIND.
Result<AnyLm> language_model(const Model& model);

}  // namespace tandem
