#include "engine/pairing/projector.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/tensor/torch_error.h"

namespace tandem {

namespace {

struct ParameterSpec {
    std::string name;
    std::vector<std::int64_t> shape;
    std::int64_t inputs;  // of the layer it belongs to
};

using Tensors = std::span<const NamedTensor>;

std::vector<ParameterSpec> mlp_parameters(ProjectorWidths widths, std::int64_t inner) {
    return {{"first.weight", {inner, widths.source}, widths.source},
            {"first.bias", {inner}, widths.source},
            {"second.weight", {widths.target, inner}, inner},
            {"second.bias", {widths.target}, inner}};
}

at::Tensor mlp(const at::Tensor& x, Tensors p) {
    return at::linear(at::relu(at::linear(x, p[0].tensor, p[1].tensor)), p[2].tensor, p[3].tensor);
}

std::vector<ParameterSpec> linear_parameters(ProjectorWidths widths, std::int64_t /*inner*/) {
    return {{"first.weight", {widths.target, widths.source}, widths.source},
            {"first.bias", {widths.target}, widths.source}};
}

at::Tensor linear(const at::Tensor& x, Tensors p) {
    return at::linear(x, p[0].tensor, p[1].tensor);
}

std::vector<ParameterSpec> gated_parameters(ProjectorWidths widths, std::int64_t inner) {
    return {{"gate.weight", {inner, widths.source}, widths.source},
            {"up.weight", {inner, widths.source}, widths.source},
            {"down.weight", {widths.target, inner}, inner},
            {"down.bias", {widths.target}, inner}};
}

// SwiGLU (Shazeer 2020)
at::Tensor gated(const at::Tensor& x, Tensors p) {
    const at::Tensor opened = at::silu(at::linear(x, p[0].tensor)) * at::linear(x, p[1].tensor);
    return at::linear(opened, p[2].tensor, p[3].tensor);
}

std::vector<ParameterSpec> low_rank_parameters(ProjectorWidths widths, std::int64_t inner) {
    return {{"down.weight", {inner, widths.source}, widths.source},
            {"up.weight", {widths.target, inner}, inner},
            {"up.bias", {widths.target}, inner}};
}

at::Tensor low_rank(const at::Tensor& x, Tensors p) {
    return at::linear(at::linear(x, p[0].tensor), p[1].tensor, p[2].tensor);
}

}  // namespace

struct ProjectorForm {
    ProjectorKind kind;
    std::vector<ParameterSpec> (*parameters)(ProjectorWidths widths, std::int64_t inner);
    at::Tensor (*apply)(const at::Tensor& x, Tensors parameters);
};

namespace {

constexpr std::array<ProjectorForm, 4> forms{{{ProjectorKind::mlp, mlp_parameters, mlp},
                                              {ProjectorKind::linear, linear_parameters, linear},
                                              {ProjectorKind::gated, gated_parameters, gated},
                                              {ProjectorKind::low_rank, low_rank_parameters, low_rank}}};

const ProjectorForm& form_of(ProjectorKind kind) {
    return *std::ranges::find(forms, kind, &ProjectorForm::kind);
}

std::int64_t inner_of(const ProjectorSettings& settings, ProjectorWidths widths) {
    if (settings.inner > 0) {
        return settings.inner;
    }
    return settings.kind == ProjectorKind::low_rank ? std::max<std::int64_t>(widths.target / 4, 1) : widths.target;
}

Error projector_error(std::string message) {
    return {.code = "PAIRING_PROJECTOR", .message = std::move(message), .where = "projector"};
}

std::string shape_text(at::IntArrayRef shape) {
    std::string text = "[";
    for (const std::int64_t size : shape) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    }
    return text + "]";
}

}  // namespace

Result<Projector> Projector::create(const ProjectorSettings& settings, ProjectorWidths widths, std::uint64_t seed,
                                    at::Device device) {
    return translate_torch("make the projector", [&]() -> Result<Projector> {
        const ProjectorForm& form = form_of(settings.kind);
        at::Generator random = at::detail::createCPUGenerator(seed);
        std::vector<NamedTensor> parameters;
        for (const ParameterSpec& spec : form.parameters(widths, inner_of(settings, widths))) {
            const double bound = 1 / std::sqrt(static_cast<double>(spec.inputs));
            at::Tensor drawn = at::empty(spec.shape, at::kFloat);
            drawn.uniform_(-bound, bound, random);
            parameters.push_back({spec.name, drawn.to(device)});
        }
        return Projector(form, settings, widths, std::move(parameters));
    });
}

Result<Projector> Projector::from_parameters(const ProjectorSettings& settings, ProjectorWidths widths,
                                             std::vector<NamedTensor> parameters) {
    const ProjectorForm& form = form_of(settings.kind);
    std::vector<NamedTensor> ordered;
    for (const ParameterSpec& spec : form.parameters(widths, inner_of(settings, widths))) {
        const auto found = std::ranges::find(parameters, spec.name, &NamedTensor::name);
        if (found == parameters.end()) {
            return projector_error("the projector has no tensor " + spec.name + ", which a " +
                                   std::string(enum_name(settings.kind)) + " needs; nothing was loaded");
        }
        if (found->tensor.sizes() != at::IntArrayRef(spec.shape)) {
            return projector_error(spec.name + " has the shape " + shape_text(found->tensor.sizes()) + ", needed is " +
                                   shape_text(spec.shape) + "; nothing was loaded");
        }
        ordered.push_back(*found);
    }
    if (ordered.size() != parameters.size()) {
        return projector_error("the projector has " + std::to_string(parameters.size()) + " tensors, a " +
                               std::string(enum_name(settings.kind)) + " has " + std::to_string(ordered.size()) +
                               "; nothing was loaded");
    }
    return Projector(form, settings, widths, std::move(ordered));
}

void Projector::silence() {
    // The form lists the layers in order, the last with its weight and bias.
    for (const NamedTensor& parameter : std::span(parameters_).last(2)) {
        at::Tensor numbers = parameter.tensor;
        numbers.detach().zero_();
    }
}

at::Tensor Projector::operator()(const at::Tensor& vectors) const {
    return form_->apply(vectors, parameters_);
}

}  // namespace tandem
