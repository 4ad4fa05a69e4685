// Models and batches for the tests of training. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <map>
#include <set>

#include "engine/models/trainable_model.h"
#include "engine/training/train_step.h"
#include "tests/engine/models/model_support.h"

namespace tandem::test {

inline const std::filesystem::path fixtures = TANDEM_SOURCE_DIR "/tests/data";

inline Result<TrainableModel> trainable(const std::string& name, const TrainableOptions& options = {},
                                        std::uint64_t seed = 0) {
    const auto location = fixtures / "models" / name;
    return load_trainable({.name = name, .location = location.string()}, options, at::kCPU, seed, {}, {});
}

inline std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(fixtures / "training" / folder)) {
        names.push_back(entry.path().stem());
    }
    std::ranges::sort(names);
    return names;
}

// Logits of a batch whose tensors are under `prefix` in the file: ids, or source, mask and target.
inline at::Tensor logits_of_batch(const Model& model, const WeightFile& file, const std::string& prefix) {
    if (file.find(prefix + "ids") != nullptr) {
        return training_logits(dynamic_cast<const CausalLm&>(model), tensor_of(file, prefix + "ids"));
    }
    return training_logits(dynamic_cast<const EncoderDecoderLm&>(model), tensor_of(file, prefix + "source"),
                           tensor_of(file, prefix + "mask").to(at::kBool), tensor_of(file, prefix + "target"));
}

// A tensor of the checkpoint as the model computes with it: parameters by the names that the checkpoint has for them.
struct Pairing {
    Parameter parameter;
    const TensorSpec* spec;
    const TensorView* expected;
};

// Parameters beside the file's tensors under `prefix`; both sides must be used up but for what has no gradient.
inline std::vector<Pairing> paired(const TrainableModel& model, const WeightFile& file, const std::string& prefix) {
    std::vector<Pairing> pairs;
    std::set<const TensorSpec*> seen;
    for (const TensorView& view : file.tensors()) {
        if (!view.name.starts_with(prefix)) {
            continue;
        }
        const TensorSpec* spec = model.tensors.find_in_folder(view.name.substr(prefix.size()));
        EXPECT_NE(spec, nullptr) << view.name;
        const auto found = std::ranges::find_if(model.parameters, [&](const Parameter& parameter) {
            return spec != nullptr && parameter.name == spec->name();
        });
        EXPECT_NE(found, model.parameters.end()) << view.name;
        if (found != model.parameters.end()) {
            pairs.push_back({*found, spec, &view});
            EXPECT_TRUE(seen.insert(spec).second) << view.name;
        }
    }
    return pairs;
}

}  // namespace tandem::test
