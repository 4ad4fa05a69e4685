#include <ATen/Parallel.h>

#include <atomic>
#include <cstring>
#include <set>

#include "engine/models/fill_matrix.h"
#include "engine/models/load_progress.h"
#include "engine/models/nonfinite.h"

namespace tandem {
namespace {

std::string shape_text(std::span<const std::int64_t> shape) {
    std::string text = "[";
    for (const std::int64_t size : shape) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    }
    return text + "]";
}

std::int64_t bytes_in(const WeightFile& file) {
    std::int64_t bytes = 0;
    for (const TensorView& tensor : file.tensors()) {
        bytes += static_cast<std::int64_t>(tensor.data.size());
    }
    return bytes;
}

class FileWeights : public WeightSource {
public:
    FileWeights(std::shared_ptr<const WeightFile> file, std::string where, const LoadContext& context)
        : file_(std::move(file)),
          where_(std::move(where)),
          dtype_(context.dtype),
          device_(context.device),
          progress_(context, bytes_in(*file_)) {}

    Result<WeightMatrix> matrix(const std::string& name, std::int64_t rows, std::int64_t columns,
                                RowOrder order) override {
        const TensorView* tensor = TANDEM_TRY(take(name, {rows, columns}));
        const WeightFormat format = TANDEM_TRY(weight_format(dtype_, tensor->type, device_));
        const auto* block_type = std::get_if<TensorType>(&format);
        if (block_type != nullptr) {
            TANDEM_TRY(check_blocks(*tensor, *block_type));
        }
        const BlockMatrix stored{
            .type = tensor->type, .rows = rows, .columns = columns, .data = tensor->data.data(), .keeper = file_};
        if (block_type != nullptr && *block_type == tensor->type) {
            return order.interleaved_head == 0
                       ? WeightMatrix(stored)
                       : reorder_rows(stored, [&](std::int64_t row) { return order.source(row); });
        }
        if (is_dense_f32(format) && tensor->type == TensorType::f32 && order.interleaved_head == 0 &&
            dtype_ == Dtype::native && device_.is_cpu() && is_aligned(tensor->data.data())) {
            return WeightMatrix(mapped_f32(*tensor));
        }
        return fill_matrix(rows, columns, format, device_, [&](std::int64_t row, std::span<float> out) {
            dequantise(stored.type, {stored.row(order.source(row)), stored.row_bytes()}, out).value();
        });
    }

    Result<at::Tensor> vector(const std::string& name, std::int64_t size, RowOrder order) override {
        const TensorView* tensor = TANDEM_TRY(take(name, {size}));
        std::vector<float> stored(static_cast<std::size_t>(size));
        TANDEM_TRY(dequantise(tensor->type, tensor->data, stored));
        at::Tensor numbers = at::empty({size}, at::kFloat);
        auto* out = numbers.mutable_data_ptr<float>();
        for (std::int64_t i = 0; i < size; ++i) {
            out[i] = stored[static_cast<std::size_t>(order.source(i))];
        }
        return numbers.to(device_);
    }

    Result<void> check_all_used(std::span<const std::string_view> harmless) const override {
        for (const TensorView& tensor : file_->tensors()) {
            const bool known = used_.contains(tensor.name) ||
                               std::any_of(harmless.begin(), harmless.end(), [&](std::string_view part) {
                                   return tensor.name.find(part) != std::string::npos;
                               });
            if (!known) {
                return fault("MODEL_TENSOR_UNKNOWN", "this version does not know what tensor '" + tensor.name + "' " +
                                                         shape_text(tensor.shape) +
                                                         " is for, and computing without it would be wrong");
            }
        }
        return {};
    }

    std::vector<std::string> notes() const override {
        std::vector<std::string> notes;
        if (nonfinite_ > 0) {
            notes.push_back("W_NONFINITE: " + std::to_string(nonfinite_) +
                            " weights or scales are infinite or not a number, the first in '" + first_nonfinite_ + "'");
        }
        if (made_dense_) {
            notes.emplace_back(
                "W_DENSE: quantised weights were expanded to f16, as this device has no kernels for them");
        }
        return notes;
    }

private:
    // The tensor, if it has exactly this shape. Looks at its numbers, which also brings them into memory: loading is
    // done when it says so, not during the first prompt.
    Result<const TensorView*> take(const std::string& name, const std::vector<std::int64_t>& shape) {
        const TensorView* tensor = file_->find(name);
        if (tensor == nullptr) {
            return fault("MODEL_TENSOR_MISSING", "there is no tensor '" + name + "' " + shape_text(shape));
        }
        if (tensor->shape != shape) {
            return fault("MODEL_TENSOR_SHAPE", "tensor '" + name + "' is " + shape_text(tensor->shape) + ", need " +
                                                   shape_text(shape) + " by the model's configuration");
        }
        TANDEM_TRY(dequantise(tensor->type, {}, {}));  // refuses what is not a number to compute with
        used_.insert(name);
        const std::int64_t nonfinite = count_nonfinite(tensor->type, tensor->data);
        if (nonfinite > 0 && nonfinite_ == 0) {
            first_nonfinite_ = name;
        }
        nonfinite_ += nonfinite;
        made_dense_ = made_dense_ || (is_quantised(tensor->type) && !device_.is_cpu() && dtype_ == Dtype::native);
        TANDEM_TRY(progress_.add(static_cast<std::int64_t>(tensor->data.size())));
        return tensor;
    }

    Result<void> check_blocks(const TensorView& tensor, TensorType type) const {
        const TensorTypeInfo& info = tensor_type_info(type);
        if (tensor.shape.back() % info.block_elements != 0) {
            Error error =
                fault("DTYPE_UNAVAILABLE", std::string(info.name) + " holds " + std::to_string(info.block_elements) +
                                               " weights of a row together, tensor '" + tensor.name + "' has rows of " +
                                               std::to_string(tensor.shape.back()) + "; use native, f32, bf16 or f16");
            error.kind = ErrorKind::unsupported;
            return error;
        }
        return {};
    }

    static bool is_dense_f32(const WeightFormat& format) {
        const auto* type = std::get_if<at::ScalarType>(&format);
        return type != nullptr && *type == at::kFloat;
    }

    static bool is_aligned(const std::byte* data) {
        return reinterpret_cast<std::uintptr_t>(data) % alignof(float) == 0;
    }

    at::Tensor mapped_f32(const TensorView& tensor) const {
        // Never written to: weights are const once loaded.
        auto* data = const_cast<std::byte*>(tensor.data.data());
        return at::from_blob(
            data, tensor.shape, [keeper = file_](void*) {}, at::TensorOptions(at::kFloat));
    }

    Error fault(const char* code, const std::string& message) const {
        return {
            .code = code, .message = message + "; nothing was loaded", .where = where_, .kind = ErrorKind::bad_input};
    }

    std::shared_ptr<const WeightFile> file_;
    std::string where_;
    Dtype dtype_;
    at::Device device_;
    LoadProgress progress_;
    std::set<std::string, std::less<>> used_;
    std::int64_t nonfinite_ = 0;
    std::string first_nonfinite_;
    bool made_dense_ = false;
};

}  // namespace

std::int64_t RowOrder::source(std::int64_t row) const {
    if (interleaved_head == 0) {
        return row;
    }
    const std::int64_t within = row % interleaved_head;
    const std::int64_t half = interleaved_head / 2;
    return row - within + 2 * (within % half) + within / half;
}

std::unique_ptr<WeightSource> file_weights(std::shared_ptr<const WeightFile> file, std::string where,
                                           const LoadContext& context) {
    return std::make_unique<FileWeights>(std::move(file), std::move(where), context);
}

}  // namespace tandem
