// Tensors of a model's list from one kind of file to the other, and the weight formats of folders.
#include <nlohmann/json.hpp>
#include <set>

#include "engine/api/utf8.h"
#include "engine/convert/conversions.h"

namespace tandem {
namespace {

Error refuse(const std::string& message) {
    return {
        .code = "CONVERT_UNSUPPORTED", .message = message + "; nothing was written", .kind = ErrorKind::unsupported};
}

bool is_float(TensorType type) {
    return type == TensorType::f32 || type == TensorType::f16 || type == TensorType::bf16 || type == TensorType::f64;
}

}  // namespace

Result<TensorJob> translated_job(const TensorSpec& spec, const TensorView& tensor, Naming from, Naming to) {
    TensorJob job;
    job.source = &tensor;
    job.from = spec.in(from);
    job.to = spec.in(to);
    if (job.to.name.empty()) {
        return refuse("tensor '" + printable(tensor.name) + "' has no name in the other kind of file");
    }
    job.plan = {.name = job.to.name, .type = tensor.type, .shape = spec.shape};
    if (job.to.transposed) {
        std::swap(job.plan.shape[0], job.plan.shape[1]);
    }
    const bool turns = job.from.transposed != job.to.transposed;
    if (turns && !(job.from.rows.is_plain() && job.to.rows.is_plain())) {
        return refuse("tensor '" + printable(tensor.name) + "' would have to be transposed and reordered at once");
    }
    std::int64_t elements = 1;
    for (const std::int64_t size : job.plan.shape) {
        elements *= size;
    }
    if (elements != tensor.elements()) {
        return Error{.code = "MODEL_TENSOR_SHAPE",
                     .message = "tensor '" + printable(tensor.name) + "' has " + std::to_string(tensor.elements()) +
                                " numbers, need " + std::to_string(elements) +
                                " by the model's configuration; nothing was written",
                     .kind = ErrorKind::bad_input};
    }
    return job;
}

Result<void> append_folder_job(TensorJob job, const WeightTarget& to, bool is_linear, std::vector<TensorJob>& jobs) {
    const TensorType stored = job.source->type;
    if (!is_quantised(stored) && !is_float(stored) && job.scales == nullptr) {
        jobs.push_back(std::move(job));
        return {};
    }
    if (to.kind == WeightTarget::Kind::int8 && is_linear) {
        TensorJob scales = job;
        job.output = TensorJob::Output::int8_codes;
        job.plan.type = TensorType::i8;
        scales.output = TensorJob::Output::int8_scales;
        scales.plan = {.name = job.plan.name + "_scale", .type = TensorType::f32, .shape = {job.plan.shape[0], 1}};
        jobs.push_back(std::move(job));
        jobs.push_back(std::move(scales));
        return {};
    }
    if (to.kind == WeightTarget::Kind::type) {
        job.plan.type = to.type;
    } else if (!is_float(stored)) {
        // What an int8 folder does not keep as int8 is in full precision.
        if (to.kind == WeightTarget::Kind::keep) {
            return refuse("tensor '" + printable(job.source->name) + "' is " +
                          std::string(tensor_type_info(stored).name) +
                          ", which folders have no type for; say --to f16, bf16, f32 or int8");
        }
        job.plan.type = TensorType::f32;
    }
    jobs.push_back(std::move(job));
    return {};
}

std::string int8_config_json(std::span<const std::string> left_out) {
    // An output that shares the embedding is a linear layer of the module tree all the same.
    std::set<std::string> ignore{"lm_head"};
    for (const std::string& name : left_out) {
        ignore.insert(name.substr(0, name.rfind(".weight")));
    }
    const nlohmann::ordered_json weights{{"num_bits", 8},         {"type", "int"},    {"symmetric", true},
                                         {"strategy", "channel"}, {"dynamic", false}, {"group_size", nullptr},
                                         {"observer", "minmax"}};
    // The format stands in the group too: without activations compressed-tensors would take the weights as packed.
    const nlohmann::ordered_json group{{"targets", {"Linear"}},
                                       {"format", "int-quantized"},
                                       {"weights", weights},
                                       {"input_activations", nullptr},
                                       {"output_activations", nullptr}};
    const nlohmann::ordered_json config{
        {"quant_method", "compressed-tensors"},  {"format", "int-quantized"}, {"quantization_status", "compressed"},
        {"config_groups", {{"group_0", group}}}, {"ignore", ignore},          {"kv_cache_scheme", nullptr}};
    return config.dump();
}

}  // namespace tandem
