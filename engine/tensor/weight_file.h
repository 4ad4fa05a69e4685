// The weights of a model as named, typed, memory-mapped spans. Immutable once open; views live as long as the file.
// Thread rule: const after open, shared freely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/api/result.h"
#include "engine/tensor/tensor_type.h"

namespace tandem {

struct TensorView {
    std::string name;
    TensorType type = TensorType::f32;
    std::vector<std::int64_t> shape;  // outermost first, as torch has it: a linear layer is [out, in]
    std::span<const std::byte> data;  // in the mapped file

    std::int64_t elements() const;
};

class WeightFile {
public:
    virtual ~WeightFile() = default;
    WeightFile(const WeightFile&) = delete;
    WeightFile& operator=(const WeightFile&) = delete;

    std::span<const TensorView> tensors() const { return tensors_; }
    // Null where there is none. O(1).
    const TensorView* find(std::string_view name) const;

protected:
    explicit WeightFile(std::vector<TensorView> tensors);

private:
    std::vector<TensorView> tensors_;
    std::unordered_map<std::string_view, const TensorView*> by_name_;
};

}  // namespace tandem
