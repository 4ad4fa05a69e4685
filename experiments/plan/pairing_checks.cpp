#include "experiments/plan/pairing_checks.h"

#include <string>

namespace tandem {
namespace {

std::int64_t beams_of(const Workload& workload) {
    if (const auto* generate = std::get_if<GenerateWorkload>(&workload)) {
        return generate->generation.beams;
    }
    if (const auto* evaluate = std::get_if<EvaluateWorkload>(&workload)) {
        return evaluate->task.generation.beams;
    }
    return 1;
}

MaybeFault check_training(const PairingSpec& pairing, const TrainWorkload& train) {
    if (train.labels == Labels::llm && train.labels_from.empty() && !has_partner(pairing.method)) {
        return Fault{"SPEC_CONFLICT", "has labels llm, which needs a large model that answers, and the method " +
                                          std::string(enum_name(pairing.method)) +
                                          " has none: name a model in labels_from"};
    }
    if (trainable_of(train, pairing.method) == Trainable::none && pairing.method == PairingMethod::single) {
        return Fault{"SPEC_CONFLICT",
                     "has trainable none, and the method single has no projector or soft prompt that could learn"};
    }
    return std::nullopt;
}

}  // namespace

MaybeFault check_together(const PairingSpec& pairing, const Workload& workload, const ModelFacts& model) {
    if (const auto* train = std::get_if<TrainWorkload>(&workload)) {
        if (MaybeFault fault = check_training(pairing, *train)) {
            return fault;
        }
    }
    const std::int64_t beams = beams_of(workload);
    if (pairing.method == PairingMethod::speculative && beams > 1) {
        return Fault{"SPEC_CONFLICT",
                     "has beams " + std::to_string(beams) + ", which a speculative pairing does not search"};
    }
    const bool inside =
        pairing.method == PairingMethod::llm_to_slm && pairing.guidance.settings.place == FusionPlace::encoder_output;
    if (inside && model.shape.kind == ModelKind::decoder) {
        return Fault{"SPEC_CONFLICT", "meets place encoder-output, which the small model " + pairing.model +
                                          " has not: it is a decoder; its place is embeddings"};
    }
    return std::nullopt;
}

}  // namespace tandem
