// What a model is, read from its headers alone: format, family, shape, parameters, bytes. No torch, no weights touched.
// Errors: those of the readers, MODEL_UNKNOWN_FAMILY, CFG_*, MODEL_NOT_FOUND.
// Thread rule: stateless.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/api/model_facts.h"
#include "engine/api/result.h"
#include "engine/tensor/gguf.h"

namespace tandem {

// `location` is a .gguf file, a folder of Hugging Face files, or "random:CATALOGUE-ID". sha256 is left empty.
Result<ModelFacts> inspect_model(const std::string& location);

// Shape of a GGUF's or a config.json's model; every dimension is range-checked before any product.
Result<ModelShape> shape_from_gguf(const GgufFile& file);
Result<ModelShape> shape_from_config(std::string_view config_json, const std::string& origin);

// A catalogued shape (experiments/catalog/models.yaml, carried in the program): the family and its numbers.
// Ids are compared without regard to case.
// Errors: MODEL_NOT_IN_CATALOGUE with the nearest ids.
Result<ModelShape> catalogue_shape(std::string_view id);

// Weights of a model of that shape, counted from its dimensions; shared embeddings count once.
std::int64_t parameter_count(const ModelShape& shape);

}  // namespace tandem
