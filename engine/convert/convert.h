// A model in another number format or another kind of file: GGUF to GGUF, folder to folder, and between the two for the
// families that describe both. The target appears under its name only when it is whole; whatever was made before a
// fault or a stop is removed. Errors: CONVERT_*, CANCELLED, FILE_*, and those of the readers, of the configuration
// (CFG_*), of the tokenizer (TOK_*) and of the writers. Thread rule: stateless; a call uses threads of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"
#include "engine/convert/weight_target.h"

namespace tandem {

enum class Existing { refuse, replace };

struct ConvertOptions {
    WeightTarget to;
    bool pure = false;      // embeddings and outputs in the same format as the rest
    bool tokenizer = true;  // off: weights and configuration only
    Existing existing = Existing::refuse;
    std::int64_t shard_bytes = 5'000'000'000;  // of a folder's weight files, at most
    int threads = 0;                           // 0: as many as the machine has
    std::stop_token stop;
    // Called when the plan stands and then as bytes are written.
    std::function<void(std::string_view doing, std::int64_t done_bytes, std::int64_t total_bytes)> progress;
};

struct ConvertReport {
    std::string source_format;  // "gguf" or "safetensors"
    std::string target_format;
    std::int64_t source_bytes = 0;  // of weights
    std::int64_t target_bytes = 0;  // of the weight files written
    std::int64_t tensors = 0;
    std::map<std::string, std::int64_t> tensors_by_type;  // as written
    std::vector<std::string> files;                       // written, without their folder
    std::vector<std::string> notes;                       // as in "W_REQUANTISED: ..."
};

// `source` is a .gguf file or a folder of Hugging Face files. `target` ending in .gguf is written as a GGUF, else as a
// folder.
Result<ConvertReport> convert_model(const std::filesystem::path& source, const std::filesystem::path& target,
                                    const ConvertOptions& options);

}  // namespace tandem
