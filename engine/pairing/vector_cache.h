// What large models make of prompts, kept on disk, so that none reads a prompt twice: a file for each prompt, named by
// the sum of everything its numbers depend on. Files appear when they are whole and are never changed, so trials share
// a folder; one that is damaged counts as not there. Errors: FILE_*. Thread rule: const, shared freely.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "engine/api/task_workloads.h"
#include "engine/pairing/llm_to_slm.h"

namespace tandem {

class VectorFolder {
public:
    // `maker` says what the vectors are made by: model, adapter, number format, layer, pooling.
    VectorFolder(std::filesystem::path folder, VectorCache format, std::string maker);

    // f32 [positions, width] as they were kept, rounded as the format does; none where there are none, or none that
    // are whole.
    std::optional<at::Tensor> read(const GuidedPrompt& prompt) const;
    Result<void> write(const GuidedPrompt& prompt, const at::Tensor& vectors) const;
    std::filesystem::path file_of(const GuidedPrompt& prompt) const;
    // Of the file of so many vectors.
    std::int64_t file_bytes(std::int64_t rows, std::int64_t width) const;
    // Errors: FILE_DISK_FULL where the folder's disk has less than `bytes` free. A disk that does not say is believed.
    Result<void> check_room(std::int64_t bytes) const;

private:
    std::filesystem::path folder_;
    VectorCache format_;
    std::string maker_;
};

// What `vectors` of a pairing depend on beside the prompt. `model` identifies the large model's numbers.
std::string vector_maker(const LlmToSlm& pairing, const std::string& model, Dtype dtype);

// Vectors of prompts from a folder, made there by the pairing's large model where they are missing.
class KeptVectors {
public:
    KeptVectors(const LlmToSlm& pairing, VectorFolder folder) : pairing_(pairing), folder_(std::move(folder)) {}

    // Makes those that are missing, once there is room for all of them; `told` hears how many of the prompts are there,
    // and says how many were made. Errors: CANCELLED (what was made stays), FILE_*, OUT_OF_MEMORY, TORCH_FAILED.
    Result<std::int64_t> make(std::span<const GuidedPrompt* const> prompts,
                              const std::function<void(std::int64_t done)>& told, const std::stop_token& stop) const;
    // As they were kept. Those that were damaged or removed since are made anew; may throw c10::Error.
    at::Tensor of(const GuidedPrompt& prompt) const;
    // What the files of those that are missing will take.
    std::int64_t missing_bytes(std::span<const GuidedPrompt* const> prompts) const;

private:
    const LlmToSlm& pairing_;
    VectorFolder folder_;
};

}  // namespace tandem
