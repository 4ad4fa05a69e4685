// safetensors: one file, or a folder with model.safetensors.index.json, memory-mapped, every check of the reference
// reader and those its specification promises (duplicate keys are refused). Errors: ST_*, IDX_*, PATH_ESCAPES,
// PICKLE_REFUSED, JSON_TOO_DEEP, FILE_*. Bounds: header 100,000,000 bytes, 131,072 tensors.
// Thread rule: const after open, shared freely.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/tensor/weight_file.h"

namespace tandem {

class SafetensorsFile : public WeightFile {
public:
    // `path` is a .safetensors file, or a folder: its model.safetensors.index.json, else its model.safetensors.
    static Result<std::shared_ptr<const SafetensorsFile>> open(const std::filesystem::path& path);
    static Result<std::shared_ptr<const SafetensorsFile>> parse(std::span<const std::byte> bytes, std::string name);

    virtual const std::map<std::string, std::string>& metadata() const = 0;

protected:
    using WeightFile::WeightFile;
};

// Serialises tensors (f32 and other plain types) in the given order, as the reference writer lays them out:
// header padded with spaces to a multiple of 8. Names must be unique.
std::vector<std::byte> write_safetensors(std::span<const TensorView> tensors,
                                         const std::map<std::string, std::string>& metadata);

}  // namespace tandem
