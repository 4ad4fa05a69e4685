// Where a family takes its tensors from: a file, or numbers drawn at random. It asks for each tensor by name and shape
// and gets it in the format of the load options, on their device.
// Errors: MODEL_TENSOR_MISSING, MODEL_TENSOR_SHAPE, MODEL_TENSOR_UNKNOWN, DTYPE_UNAVAILABLE, CANCELLED, and exceptions
// of libtorch, translated where models are loaded. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"
#include "engine/models/causal_lm.h"
#include "engine/nn/weight_matrix.h"
#include "engine/tensor/weight_file.h"

namespace tandem {

// How the rows of a tensor that rotates lie in the file. llama.cpp's converter interleaves the two halves of each head
// (element i beside element i + head_dim / 2); here they are one after the other.
struct RowOrder {
    std::int64_t interleaved_head = 0;  // head_dim where the halves are interleaved, else 0

    // Where row `row` is in the file.
    std::int64_t source(std::int64_t row) const;
};

class WeightSource {
public:
    virtual ~WeightSource() = default;

    // [rows, columns]
    virtual Result<WeightMatrix> matrix(const std::string& name, std::int64_t rows, std::int64_t columns,
                                        RowOrder order) = 0;
    // f32 [size]
    virtual Result<at::Tensor> vector(const std::string& name, std::int64_t size, RowOrder order) = 0;
    // What it has and nobody asked for, but for names that contain one of `harmless`: computing without a tensor that
    // its maker put there would be wrong.
    virtual Result<void> check_all_used(std::span<const std::string_view> harmless) const = 0;
    // Things worth knowing, as in "W_NONFINITE: ...".
    virtual std::vector<std::string> notes() const = 0;
};

struct LoadContext {
    Dtype dtype = Dtype::native;
    at::Device device = at::kCPU;
    LoadListener listener;  // may be empty
    std::stop_token stop;
};

// `where` names the file or folder in errors. Matrices may keep pointing into the file.
std::unique_ptr<WeightSource> file_weights(std::shared_ptr<const WeightFile> file, std::string where,
                                           const LoadContext& context);

// Matrices drawn from N(0, 0.02^2), each number from `seed`, the tensor's name and its place alone; vectors of ones, as
// norms begin. `total` is the number of parameters, for progress.
std::unique_ptr<WeightSource> random_weights(std::uint64_t seed, std::int64_t total, const LoadContext& context);

}  // namespace tandem
