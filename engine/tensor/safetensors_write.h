// Writes safetensors front to back, one file or the shards of a big model, so that no more than the caller's own piece
// of a tensor is in memory. Files appear under their names only when they are whole. The same input gives the same
// bytes. Errors: ST_WRITE_TYPE (a block format, which safetensors has no type for), ST_WRITE_NAME (a name twice, or
// "__metadata__"), TENSOR_SIZE, FILE_*. Thread rule: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor/output_file.h"
#include "engine/tensor/tensor_plan.h"

namespace tandem {

class SafetensorsWriter {
public:
    static Result<SafetensorsWriter> create(const std::filesystem::path& path, std::span<const TensorPlan> tensors,
                                            const std::map<std::string, std::string>& metadata);

    // The next bytes of the tensors, one after another in the order of the plan, in pieces of any size. More than were
    // planned: TENSOR_SIZE.
    Result<void> append(std::span<const std::byte> bytes);

    // Every planned byte was given (else TENSOR_SIZE): makes the file durable and gives it its name.
    Result<void> finish();

private:
    SafetensorsWriter(OutputFile file, std::int64_t left) : file_(std::move(file)), left_(left) {}
    OutputFile file_;
    std::int64_t left_;
};

// The header with its length before it, padded with spaces to a multiple of 8 as the reference writer does.
Result<std::string> safetensors_head(std::span<const TensorPlan> tensors,
                                     const std::map<std::string, std::string>& metadata);

// One file of a model in a folder of Hugging Face.
struct SafetensorsShard {
    std::string file;  // "model.safetensors", or "model-00001-of-00003.safetensors" where there are more
    std::vector<TensorPlan> tensors;
    std::int64_t bytes = 0;  // of the tensors
};

// Tensors in their order, as many to a file as stay within `largest` bytes (a larger one has a file of its own); within
// a file wide types come first, so that every number lies at a multiple of its size.
Result<std::vector<SafetensorsShard>> plan_shards(std::span<const TensorPlan> tensors, std::int64_t largest);

// What belongs into model.safetensors.index.json beside more than one shard.
std::string shard_index(std::span<const SafetensorsShard> shards);

}  // namespace tandem
