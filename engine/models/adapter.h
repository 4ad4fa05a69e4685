// A LoRA adapter's tensors (adapter_model.safetensors as PEFT writes it), each found to belong to a tensor of the
// model's list and to fit it. No torch. Errors: those of adapter_config.h, ADAPTER_TENSOR, ADAPTER_SHAPE,
// PICKLE_REFUSED, ST_*. Thread rule: const once opened, shared freely.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/api/model_facts.h"
#include "engine/models/adapter_config.h"
#include "engine/models/tensor_list.h"
#include "engine/tensor/safetensors.h"

namespace tandem {

// What an adapter does to one tensor of the model. Rows of its tensors are in the order of a Hugging Face folder.
struct AdapterChange {
    const TensorView* replaced = nullptr;  // stands in for the model's own numbers
    // A product added to them: down [rank, columns], up [rows, rank]; of an embedding down [rank, rows] and up
    // [columns, rank], whose product is added transposed.
    const TensorView* down = nullptr;
    const TensorView* up = nullptr;
    bool of_embedding = false;
    double scale = 1;
    const TensorView* magnitude = nullptr;  // [rows], DoRA's lengths of rows
};

struct Adapter {
    std::shared_ptr<const SafetensorsFile> file;
    std::map<std::string, AdapterChange> changes;  // by the name of the list's tensor

    std::int64_t parameters() const;
};

// `list` is the tensors of a model of `shape`.
Result<Adapter> open_adapter(const std::filesystem::path& folder, const ModelShape& shape, const TensorList& list);

}  // namespace tandem
