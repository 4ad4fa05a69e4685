// Tiny checkpoints of either kind, for the tests of pairings. Thread rule: const, shared freely.
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/generation/generate.h"
#include "engine/models/registry.h"
#include "engine/pairing/llm_to_slm.h"

namespace tandem::test {

class LoadedModel {
public:
    explicit LoadedModel(const std::string& name) {
        const auto loaded = load_model({.location = TANDEM_SOURCE_DIR "/tests/data/models/" + name},
                                       {.dtype = Dtype::f32}, at::kCPU, 0, {}, {});
        if (!loaded.ok()) {
            throw std::runtime_error(loaded.error().to_string());
        }
        model_ = *loaded;
    }

    AnyLm any() const {
        if (const auto* decoder = dynamic_cast<const CausalLm*>(model_.get())) {
            return *decoder;
        }
        return dynamic_cast<const EncoderDecoderLm&>(*model_);
    }

private:
    std::shared_ptr<const Model> model_;
};

// A pairing whose projector says something, unlike one that has not learned yet.
inline LlmToSlm drawn_pairing(const AnyLm& large, const AnyLm& small, const PairingSettings& settings,
                              std::uint64_t seed) {
    const ProjectorWidths widths = LlmToSlm::create(large, small, settings, seed)->projector().widths();
    return LlmToSlm::create(large, small, settings,
                            Projector::create(settings.projector, widths, seed, at::kCPU).value())
        .value();
}

class Silent : public GenerationListener {
public:
    void phase_begins(GenerationPhase /*phase*/, std::int64_t /*time_ns*/) override {}
    void phase_ends(GenerationPhase /*phase*/, std::int64_t /*time_ns*/) override {}
    void token(const GeneratedToken& /*token*/) override {}
};

}  // namespace tandem::test
