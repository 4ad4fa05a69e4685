// Writes GGUF version 3 front to back, so that no more than the caller's own piece of a tensor is in memory.
// The file appears under its name only when it is whole. The same input gives the same bytes.
// Errors: GGUF_COUNT, GGUF_KV_DUPLICATE, GGUF_ALIGNMENT, GGUF_TENSOR_NAME, GGUF_TENSOR_DUPLICATE, GGUF_TENSOR_DIMS,
// GGUF_TYPE (a type that GGUF has no number for), TENSOR_SIZE, FILE_*. Thread rule: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "engine/tensor/gguf_entry.h"
#include "engine/tensor/output_file.h"
#include "engine/tensor/tensor_plan.h"

namespace tandem {

class GgufWriter {
public:
    // Writes the head. An entry general.alignment (u32) sets the alignment; without one it is 32.
    static Result<GgufWriter> create(const std::filesystem::path& path, std::span<const GgufEntry> entries,
                                     std::span<const TensorPlan> tensors);

    // The next bytes of the tensors, one after another in the order of the plan, in pieces of any size. More than were
    // planned: TENSOR_SIZE.
    Result<void> append(std::span<const std::byte> bytes);

    // Every planned byte was given (else TENSOR_SIZE): makes the file durable and gives it its name.
    Result<void> finish();

private:
    GgufWriter(OutputFile file, std::vector<std::int64_t> sizes, std::int64_t alignment);
    Result<void> close_full_tensors();

    OutputFile file_;
    std::vector<std::int64_t> sizes_;  // of each tensor
    std::int64_t alignment_;
    std::size_t current_ = 0;
    std::int64_t filled_ = 0;  // bytes of the current tensor
};

// Everything before the tensors' numbers: without tensors a whole file.
Result<std::string> gguf_head(std::span<const GgufEntry> entries, std::span<const TensorPlan> tensors);

// The size of the file that these would make, or why they make none.
Result<std::int64_t> gguf_file_bytes(std::span<const GgufEntry> entries, std::span<const TensorPlan> tensors);

}  // namespace tandem
