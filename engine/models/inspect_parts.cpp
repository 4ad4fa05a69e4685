#include "engine/models/inspect_parts.h"

#include <set>

#include "engine/models/family.h"
#include "engine/models/inspect.h"

namespace tandem {

TensorList tensors_of(const ModelShape& shape) {
    const FamilyDescription* family = family_description(shape.architecture);
    return family == nullptr || shape.config == nullptr ? TensorList() : family->tensors(shape);
}

std::int64_t parameter_count(const ModelShape& shape) {
    return tensors_of(shape).parameters();
}

void sum_tensors(const WeightFile& file, Naming naming, ModelFacts& facts) {
    const TensorList list = tensors_of(facts.shape);
    std::set<const TensorView*> known;
    std::int64_t expected = list.parameters();
    for (const TensorSpec& spec : list.specs()) {
        const TensorView* tensor = list.locate(file, spec, naming);
        const bool computed = spec.derived && spec.extra;  // in parameters() wherever its numbers come from
        expected += tensor != nullptr && spec.extra && !computed ? spec.elements() : 0;
        facts.parameters += tensor == nullptr && computed ? spec.elements() : 0;
        facts.guide_parameters += tensor == nullptr && computed && !spec.of_decoder ? spec.elements() : 0;
        if (tensor != nullptr && known.insert(tensor).second) {
            facts.bytes_by_part[std::string(part_name(spec.part))] += static_cast<std::int64_t>(tensor->data.size());
            // What repeats another tensor counts where the file says otherwise.
            const bool own = spec.derived && !spec.repeats.empty() && list.has_own(file, spec, naming);
            const bool counts = !spec.part_of.empty() || spec.extra || spec.is_counted() || own;
            facts.parameters += counts ? tensor->elements() : 0;
            facts.guide_parameters += counts && !spec.of_decoder ? tensor->elements() : 0;
            facts.guide_bytes += spec.of_decoder ? 0 : static_cast<std::int64_t>(tensor->data.size());
            expected += own ? tensor->elements() : 0;
            facts.shape.tied_embeddings = facts.shape.tied_embeddings && !(own && spec.part == Part::output);
        }
    }
    for (const TensorView& tensor : file.tensors()) {
        facts.weights_bytes += static_cast<std::int64_t>(tensor.data.size());
        ++facts.tensors_by_type[std::string(tensor_type_info(tensor.type).name)];
        if (!known.contains(&tensor)) {
            facts.bytes_by_part[std::string(part_name(Part::other))] += static_cast<std::int64_t>(tensor.data.size());
        }
    }
    if (facts.parameters != expected) {
        facts.warnings.push_back("W_PARAMETERS: the file holds " + std::to_string(facts.parameters) +
                                 " parameters, a model of its stated shape has " + std::to_string(expected));
    }
}

void sum_shape(ModelFacts& facts) {
    constexpr std::int64_t bytes = 4;
    const TensorList list = tensors_of(facts.shape);
    for (const TensorSpec& spec : list.specs()) {
        if (spec.is_counted() || (spec.derived && spec.extra)) {
            facts.parameters += spec.elements();
            facts.guide_parameters += spec.of_decoder ? 0 : spec.elements();
            facts.bytes_by_part[std::string(part_name(spec.part))] += spec.elements() * bytes;
            ++facts.tensors_by_type["F32"];
        }
    }
    facts.weights_bytes = facts.parameters * bytes;
    facts.guide_bytes = facts.guide_parameters * bytes;
}

}  // namespace tandem
