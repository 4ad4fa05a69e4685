// What was trained, as folders that any reader of Hugging Face's takes: a whole model, or a LoRA adapter as PEFT writes
// it. Errors: TRAIN_UNSUPPORTED (a model that did not come from a folder of safetensors), FILE_*, ST_*.
// Thread rule: stateless.
#pragma once

#include <filesystem>
#include <string>

#include "engine/models/trainable_model.h"

namespace tandem {

// `base`, the model's folder, with its trained tensors in place of its own: every other file of it is copied. `folder`
// is made; model.safetensors comes last, so that a folder that has it is whole.
Result<void> write_trained_folder(const TrainableModel& model, const std::filesystem::path& base,
                                  const std::filesystem::path& folder);

// adapter_model.safetensors and adapter_config.json, of a model with low-rank pairs. `base` is what is written into it
// as the model's name.
Result<void> write_adapter_folder(const TrainableModel& model, const std::string& base,
                                  const std::filesystem::path& folder);

}  // namespace tandem
