#include "engine/models/tensor_check.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "engine/models/int8_weights.h"

namespace tandem {
namespace {

Error fault(const char* code, const std::string& message, const std::string& where) {
    return {.code = code, .message = message + "; nothing was loaded", .where = where, .kind = ErrorKind::bad_input};
}

std::vector<std::int64_t> stored_shape(const TensorSpec& spec, Naming naming) {
    std::vector<std::int64_t> shape = spec.shape;
    if (spec.in(naming).transposed) {
        std::swap(shape[0], shape[1]);
    }
    return shape;
}

// GGUF drops leading extents of 1 that a Hugging Face tensor may have; numbers and order are the same.
bool same_shape(const std::vector<std::int64_t>& found, const std::vector<std::int64_t>& need, Naming naming) {
    if (naming == Naming::hugging_face) {
        return found == need;
    }
    const auto without_ones = [](const std::vector<std::int64_t>& shape) {
        std::vector<std::int64_t> rest;
        std::ranges::copy_if(shape, std::back_inserter(rest), [](std::int64_t size) { return size != 1; });
        return rest;
    };
    return without_ones(found) == without_ones(need);
}

}  // namespace

std::string shape_text(std::span<const std::int64_t> shape) {
    std::string text = "[";
    for (const std::int64_t size : shape) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    }
    return text + "]";
}

Result<void> check_tensor_shape(const TensorView& tensor, const TensorSpec& spec, Naming naming,
                                const std::string& where) {
    const std::vector<std::int64_t> shape = stored_shape(spec, naming);
    if (!same_shape(tensor.shape, shape, naming)) {
        return fault("MODEL_TENSOR_SHAPE",
                     "tensor '" + tensor.name + "' is " + shape_text(tensor.shape) + ", need " + shape_text(shape) +
                         " by the model's configuration",
                     where);
    }
    return {};
}

Error tensor_missing(const TensorSpec& spec, Naming naming, const std::string& where) {
    const Stored& stored = spec.in(naming);
    const std::string& name = stored.name.empty() ? spec.name() : stored.name;
    return fault("MODEL_TENSOR_MISSING",
                 "there is no tensor '" + name + "' " + shape_text(stored_shape(spec, naming)) +
                     ", which a model of the stated shape has",
                 where);
}

Result<void> check_all_known(const WeightFile& file, const TensorList& list, Naming naming, const std::string& where) {
    std::set<const TensorView*> known;
    for (const TensorSpec& spec : list.specs()) {
        known.insert(list.locate(file, spec, naming));
    }
    for (const TensorView& tensor : file.tensors()) {
        const bool ignored = std::ranges::any_of(
            list.ignored(), [&](const std::string& part) { return tensor.name.find(part) != std::string::npos; });
        if (!ignored && !known.contains(&tensor) && !is_int8_scale(file, tensor)) {
            return fault("MODEL_TENSOR_UNKNOWN",
                         "this version does not know what tensor '" + tensor.name + "' " + shape_text(tensor.shape) +
                             " is for, and computing without it would be wrong",
                         where);
        }
    }
    return {};
}

Result<void> check_tensors(const WeightFile& file, const TensorList& list, Naming naming, const std::string& where) {
    std::set<std::string> split;  // tensors of a folder that a GGUF holds in parts
    for (const TensorSpec& spec : list.specs()) {
        if (!spec.part_of.empty() && list.locate(file, spec, naming) != nullptr) {
            split.insert(spec.part_of);
        }
    }
    for (const TensorSpec& spec : list.specs()) {
        if (const TensorView* tensor = list.locate(file, spec, naming)) {
            TANDEM_TRY(check_tensor_shape(*tensor, spec, naming, where));
            continue;
        }
        const bool is_needed = spec.is_counted() && !spec.extra && spec.part_of.empty() &&
                               !spec.in(naming).name.empty() && !split.contains(spec.name());
        if (is_needed) {
            return tensor_missing(spec, naming, where);
        }
    }
    return check_all_known(file, list, naming, where);
}

void warn_of_tensors(const Result<void>& check, std::vector<std::string>& warnings) {
    if (!check) {
        warnings.push_back("W_TENSORS: loading will be refused: " + check.error().code + ": " + check.error().message);
    }
}

}  // namespace tandem
