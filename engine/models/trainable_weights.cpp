#include "engine/models/trainable_weights.h"

#include <algorithm>
#include <cmath>

#include "engine/models/counter_random.h"

namespace tandem {
namespace {

std::string without_weight(const std::string& name) {
    constexpr std::string_view end = ".weight";
    return name.ends_with(end) ? name.substr(0, name.size() - end.size()) : name;
}

bool decays(const TensorSpec& spec) {
    return spec.shape.size() == 2 && spec.name().find("relative_attention_bias") == std::string::npos;
}

// What is computed where a file does not have it, as tables of positions are, is no parameter.
bool is_constant(const TensorSpec& spec) {
    return spec.derived && spec.repeats.empty();
}

Error unsupported(const std::string& message) {
    return {.code = "TRAIN_UNSUPPORTED", .message = message + "; nothing was loaded", .kind = ErrorKind::unsupported};
}

}  // namespace

Result<void> TrainableWeights::check_once(const TensorSpec& spec) {
    if (std::ranges::find(taken_, spec.name()) != taken_.end()) {
        return unsupported("the model uses '" + spec.name() +
                           "' in two forms, and this version trains tensors that have one");
    }
    if (parts_.trained != TrainedWeights::none && spec.hugging_face.name.empty()) {
        return unsupported("the file keeps '" + spec.name() +
                           "' in a form that could not be written as a Hugging Face folder; train the model's folder");
    }
    taken_.push_back(spec.name());
    return {};
}

Result<at::Tensor> TrainableWeights::take(const TensorSpec& spec) {
    TANDEM_TRY(check_once(spec));
    const WeightMatrix held = TANDEM_TRY(parts_.base->matrix(spec));
    at::Tensor values = held.dense();
    if (parts_.trained == TrainedWeights::all && !is_constant(spec)) {
        values.requires_grad_(true);
        parameters_.push_back({spec.name(), values, decays(spec)});
    }
    return values;
}

Result<WeightMatrix> TrainableWeights::matrix(const TensorSpec& spec) {
    const at::Tensor values = TANDEM_TRY(take(spec));
    const WeightMatrix matrix(values);
    return is_target(spec) ? matrix.with(add_low_rank(spec, values.device())) : matrix;
}

Result<at::Tensor> TrainableWeights::dense_matrix(const TensorSpec& spec) {
    if (is_target(spec) && !parts_.low_rank.targets.empty()) {
        return unsupported("'" + spec.name() +
                           "' is taken apart by the family's code, and low-rank pairs beside it are not supported by "
                           "this version; leave it out of the targets");
    }
    return take(spec);
}

Result<at::Tensor> TrainableWeights::tensor(const TensorSpec& spec) {
    TANDEM_TRY(check_once(spec));
    at::Tensor values = TANDEM_TRY(parts_.base->tensor(spec));
    if (parts_.trained == TrainedWeights::all && !is_constant(spec)) {
        values.requires_grad_(true);
        parameters_.push_back({spec.name(), values, decays(spec)});
    }
    return values;
}

Result<void> TrainableWeights::check_all_known() const {
    if (parts_.trained == TrainedWeights::low_rank && parameters_.empty()) {
        std::string named;
        for (const std::string& target : parts_.low_rank.targets) {
            named += (named.empty() ? "" : ", ") + target;
        }
        return unsupported("no linear layer of the model is called " + named);
    }
    return parts_.base->check_all_known();
}

bool TrainableWeights::is_target(const TensorSpec& spec) const {
    if (parts_.trained != TrainedWeights::low_rank || spec.shape.size() != 2 || spec.part == Part::embedding ||
        spec.part == Part::output || !spec.name().ends_with(".weight")) {
        return false;
    }
    const std::string module = without_weight(spec.name());
    return parts_.low_rank.targets.empty() || std::ranges::any_of(parts_.low_rank.targets, [&](const auto& target) {
               return module == target || module.ends_with("." + target);
           });
}

// As PEFT begins: A uniform within 1 / sqrt(columns), B zero.
LowRank TrainableWeights::add_low_rank(const TensorSpec& spec, at::Device device) {
    const std::int64_t rank = parts_.low_rank.rank;
    const double bound = 1 / std::sqrt(static_cast<double>(spec.shape[1]));
    const std::string module = without_weight(spec.name());
    CounterRandom random(parts_.seed, name_hash(module));
    at::Tensor right = at::empty({rank, spec.shape[1]}, at::kFloat);
    auto* numbers = right.mutable_data_ptr<float>();
    for (std::int64_t index = 0; index < right.numel(); ++index) {
        numbers[index] = static_cast<float>((2 * random.uniform() - 1) * bound);
    }
    right = right.to(device);
    at::Tensor left = at::zeros({spec.shape[0], rank}, right.options());
    parameters_.push_back({module + ".lora_A", right.requires_grad_(true), true});
    parameters_.push_back({module + ".lora_B", left.requires_grad_(true), true});
    return {.left = left, .right = right, .scale = parts_.low_rank.alpha / static_cast<double>(rank)};
}

at::Tensor folder_rows(const TensorSpec& spec, const at::Tensor& computed) {
    const RowOrder& rows = spec.hugging_face.rows;
    if (rows.is_plain()) {
        return computed;
    }
    at::Tensor place = at::empty({computed.size(0)}, at::kLong);  // where each row of the file is computed
    for (std::int64_t row = 0; row < computed.size(0); ++row) {
        place.mutable_data_ptr<std::int64_t>()[rows.source(row)] = row;
    }
    return computed.index_select(0, place);
}

at::Tensor stored_in_folder(const TensorSpec& spec, const at::Tensor& computed) {
    at::Tensor values = folder_rows(spec, computed.detach().to(at::kCPU));
    values = spec.hugging_face.transposed ? values.t() : values;
    return (spec.hugging_face.added == 0 ? values : values - spec.hugging_face.added).contiguous();
}

}  // namespace tandem
