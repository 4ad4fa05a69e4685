// A GGUF in another number format: metadata, names and order as they are, whatever the architecture.
#include "engine/convert/conversions.h"

namespace tandem {
namespace {

Error refuse(const std::string& message, const std::string& where) {
    return {.code = "CONVERT_UNSUPPORTED",
            .message = message + "; nothing was written",
            .where = where,
            .kind = ErrorKind::unsupported};
}

bool is_delicate(std::string_view name) {
    return name == "token_embd.weight" || name == "output.weight" || name == "per_layer_token_embd.weight";
}

bool is_number(TensorType type) {
    return dequantise(type, {}, {}).ok();
}

}  // namespace

Result<void> gguf_to_gguf(const GgufFile& file, Conversion& conversion) {
    const WeightTarget& to = conversion.options.to;
    if (to.kind == WeightTarget::Kind::int8) {
        return refuse("int8 with a scale for each row is a format of folders; in a GGUF q8_0 is the like of it",
                      file.origin());
    }
    if (const auto parts = file.integer("split.count"); parts.ok() && *parts > 1) {
        return refuse("the file is one of " + std::to_string(*parts) + " parts of a split model; join them first",
                      file.origin());
    }
    std::vector<TensorJob> jobs;
    for (const TensorView& tensor : file.tensors()) {
        TensorJob job = copy_job(tensor);
        if (to.kind == WeightTarget::Kind::type && is_number(tensor.type) &&
            is_weight_matrix(tensor.name, tensor.shape)) {
            job.plan.type =
                fitting_type(to.type, tensor.shape.back(), is_delicate(tensor.name), conversion.options.pure);
        }
        jobs.push_back(std::move(job));
    }
    std::vector<GgufEntry> entries;
    std::vector<GgufEntry> types = to.kind == WeightTarget::Kind::keep ? std::vector<GgufEntry>() : type_entries(jobs);
    for (const GgufStored& stored : file.stored()) {
        if (!conversion.options.tokenizer && stored.key.starts_with("tokenizer.")) {
            continue;
        }
        GgufEntry entry = copy_of(stored);
        for (GgufEntry& type : types) {
            if (type.key == entry.key) {
                entry = std::move(type);
                type.key.clear();
                break;
            }
        }
        entries.push_back(std::move(entry));
    }
    for (GgufEntry& type : types) {
        if (!type.key.empty()) {
            entries.push_back(std::move(type));
        }
    }
    return write_gguf(entries, jobs, conversion);
}

}  // namespace tandem
