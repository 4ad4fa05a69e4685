// The four ways to convert, once it is known what source and target are. Errors: see convert.h.
// Thread rule: stateless.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "engine/convert/convert.h"
#include "engine/convert/tensor_job.h"
#include "engine/tensor/gguf.h"
#include "engine/tensor/gguf_entry.h"
#include "engine/tensor/safetensors.h"

namespace tandem {

struct Conversion {
    const std::filesystem::path& source;
    const std::filesystem::path& target;
    const ConvertOptions& options;
    ConvertReport report;

    // Counts what a job writes.
    void count(std::span<const TensorJob> jobs);
    void note_requantised(std::span<const TensorJob> jobs);
};

Result<void> gguf_to_gguf(const GgufFile& file, Conversion& conversion);
Result<void> gguf_to_folder(const GgufFile& file, Conversion& conversion);
Result<void> folder_to_folder(const SafetensorsFile& file, Conversion& conversion);
Result<void> folder_to_gguf(const SafetensorsFile& file, Conversion& conversion);

// Writes them after checking that they fit on the disk.
Result<void> write_gguf(std::span<const GgufEntry> entries, std::span<const TensorJob> jobs, Conversion& conversion);
// The weight files of a folder, into `folder`.
Result<void> write_shards(std::vector<TensorJob> jobs, const std::filesystem::path& folder, Conversion& conversion);
Result<void> write_small_file(const std::filesystem::path& path, std::string_view text, Conversion& conversion);

// general.file_type, and general.quantization_version where something is quantised.
std::vector<GgufEntry> type_entries(std::span<const TensorJob> jobs);

// A tensor of the model's list as another kind of file stores it. Errors: CONVERT_UNSUPPORTED.
Result<TensorJob> translated_job(const TensorSpec& spec, const TensorView& tensor, Naming from, Naming to);

// The target type of a weight in a Hugging Face folder; int8 is done by int8_jobs().
Result<void> append_folder_job(TensorJob job, const WeightTarget& to, bool is_linear, std::vector<TensorJob>& jobs);

// What config.json says of int8 weights, in the way of compressed-tensors; `left_out` are weights of linear layers that
// keep their numbers, by whole names.
std::string int8_config_json(std::span<const std::string> left_out);
// Why a family has no int8 folder.
inline constexpr const char* no_linear_layers =
    "int8 is for the rows of linear layers, and the layers of this family are stored the other way round (Conv1D); "
    "q8_0 in "
    "a GGUF is the like of it";

}  // namespace tandem
