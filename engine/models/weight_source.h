// Where a family takes its tensors from: a file, or numbers drawn at random. Each tensor of the family's list comes in
// the format of the load options, on their device.
// Errors: MODEL_TENSOR_MISSING, MODEL_TENSOR_SHAPE, MODEL_TENSOR_UNKNOWN, DTYPE_UNAVAILABLE, CANCELLED, and exceptions
// of libtorch, translated where models are loaded. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/options.h"
#include "engine/api/result.h"
#include "engine/models/language_model.h"
#include "engine/models/tensor_list.h"
#include "engine/nn/weight_matrix.h"
#include "engine/tensor/weight_file.h"

namespace tandem {

class WeightSource {
public:
    virtual ~WeightSource() = default;

    // True where the tensor is there with numbers of its own: always, but for tensors that the list calls optional in
    // files, and for those that it calls derived.
    virtual bool has(const TensorSpec& spec) const = 0;
    // A matrix of the list, [rows, columns].
    virtual Result<WeightMatrix> matrix(const TensorSpec& spec) = 0;
    // A matrix whose numbers the family's code takes apart: in the type it is held in, blocks expanded to f32.
    virtual Result<at::Tensor> dense_matrix(const TensorSpec& spec) {
        const WeightMatrix held = TANDEM_TRY(matrix(spec));
        return held.dense();
    }
    // Any tensor of the list in f32 with the list's shape.
    virtual Result<at::Tensor> tensor(const TensorSpec& spec) = 0;
    // What the file has and the list does not, but for what the list ignores: computing without a tensor that its
    // maker put there would be wrong.
    virtual Result<void> check_all_known() const = 0;
    // Things worth knowing, as in "W_NONFINITE: ...".
    virtual std::vector<std::string> notes() const = 0;
    // Refused is what taking the tensor would refuse by its place in the file and its shape; its numbers are not read.
    virtual Result<void> check(const TensorSpec& spec) = 0;
};

struct LoadContext {
    Dtype dtype = Dtype::native;
    at::Device device = at::kCPU;
    LoadListener listener;  // may be empty
    std::stop_token stop;
};

// `where` names the file or folder in errors. Matrices may keep pointing into the file. `list` must outlive the source.
std::unique_ptr<WeightSource> file_weights(std::shared_ptr<const WeightFile> file, std::string where, Naming naming,
                                           const TensorList& list, const LoadContext& context);

// Numbers as the list's specs say: drawn from N(0, 0.02^2), each from `seed`, the tensor's name and its place alone, or
// ones or zeros, as norms and biases begin.
std::unique_ptr<WeightSource> random_weights(std::uint64_t seed, const TensorList& list, const LoadContext& context);

}  // namespace tandem
