// What maps a large model's vectors into a small one's (LLM-to-SLM, section "projector"): the trained part of a
// pairing beside the small model. Differentiable: plain tensor operations, nothing in place.
// Thread rule: const after it is made; whoever trains changes the tensors' numbers and shares with nobody.
// Errors: PAIRING_PROJECTOR; exceptions of libtorch from the call.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/api/pairing_options.h"
#include "engine/api/result.h"

namespace tandem {

struct NamedTensor {
    std::string name;
    at::Tensor tensor;
};

struct ProjectorWidths {
    std::int64_t source = 0;  // of the large model
    std::int64_t target = 0;  // of the small one
};

struct ProjectorForm;

class Projector {
public:
    // Numbers drawn by `seed` as torch's own linear layers draw them: uniform within 1 / sqrt(inputs).
    static Result<Projector> create(const ProjectorSettings& settings, ProjectorWidths widths, std::uint64_t seed,
                                    at::Device device);
    // With given numbers, each by its name in parameters() and of its shape.
    static Result<Projector> from_parameters(const ProjectorSettings& settings, ProjectorWidths widths,
                                             std::vector<NamedTensor> parameters);

    // Sets the last layer to zero, so that whatever is read is mapped to zero until it has learned.
    void silence();

    // f32 [..., source] to [..., target].
    at::Tensor operator()(const at::Tensor& vectors) const;

    const ProjectorSettings& settings() const { return settings_; }
    ProjectorWidths widths() const { return widths_; }
    // In a fixed order, "first.weight" [inner, source], "first.bias" ...
    std::span<const NamedTensor> parameters() const { return parameters_; }

private:
    Projector(const ProjectorForm& form, const ProjectorSettings& settings, ProjectorWidths widths,
              std::vector<NamedTensor> parameters)
        : form_(&form), settings_(settings), widths_(widths), parameters_(std::move(parameters)) {}

    const ProjectorForm* form_;
    ProjectorSettings settings_;
    ProjectorWidths widths_;
    std::vector<NamedTensor> parameters_;
};

}  // namespace tandem
