#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "engine/models/fill_matrix.h"
#include "engine/models/int8_weights.h"
#include "engine/models/load_progress.h"
#include "engine/models/nonfinite.h"
#include "engine/models/tensor_check.h"

namespace tandem {
namespace {

// Of the tensors that the list names.
std::int64_t bytes_in(const WeightFile& file, const TensorList& list, Naming naming) {
    std::int64_t bytes = 0;
    for (const TensorSpec& spec : list.specs()) {
        const TensorView* tensor = list.locate(file, spec, naming);
        const bool is_taken = tensor != nullptr && (!spec.derived || list.has_own(file, spec, naming));
        bytes += is_taken ? static_cast<std::int64_t>(tensor->data.size()) : 0;
    }
    return bytes;
}

class FileWeights : public WeightSource {
public:
    FileWeights(std::shared_ptr<const WeightFile> file, std::string where, Naming naming, const TensorList& list,
                const LoadContext& context)
        : file_(std::move(file)),
          where_(std::move(where)),
          naming_(naming),
          list_(list),
          dtype_(context.dtype),
          device_(context.device),
          progress_(context, bytes_in(*file_, list, naming)) {}

    bool has(const TensorSpec& spec) const override { return list_.has_own(*file_, spec, naming_); }

    Result<WeightMatrix> matrix(const TensorSpec& spec) override {
        const Stored& stored = spec.in(naming_);
        const TensorView* tensor = TANDEM_TRY(take(spec));
        const std::int64_t rows = spec.shape[0];
        const std::int64_t columns = spec.shape[1];
        const WeightFormat format = TANDEM_TRY(weight_format(dtype_, tensor->type, device_));
        const auto* block_type = std::get_if<TensorType>(&format);
        if (block_type != nullptr) {
            TANDEM_TRY(check_blocks(*tensor, *block_type, columns));
        }
        if (stored.transposed || stored.added != 0) {
            return from_numbers(spec, *tensor, format);
        }
        if (tensor->type == TensorType::i8) {
            const BlockMatrix codes = int8_matrix(*tensor, stored.rows);
            return block_type != nullptr && *block_type == TensorType::i8
                       ? WeightMatrix(codes)
                       : fill_matrix(rows, columns, format, device_,
                                     [&](std::int64_t row, std::span<float> out) { expand_int8(codes, row, out); });
        }
        const BlockMatrix blocks{
            .type = tensor->type, .rows = rows, .columns = columns, .data = tensor->data.data(), .keeper = file_};
        if (block_type != nullptr && *block_type == tensor->type) {
            return stored.rows.is_plain()
                       ? WeightMatrix(blocks)
                       : reorder_rows(blocks, [&](std::int64_t row) { return stored.rows.source(row); });
        }
        if (is_dense_f32(format) && tensor->type == TensorType::f32 && stored.rows.is_plain() &&
            dtype_ == Dtype::native && device_.is_cpu() && is_aligned(tensor->data.data())) {
            return WeightMatrix(mapped_f32(*tensor));
        }
        return fill_matrix(rows, columns, format, device_, [&](std::int64_t row, std::span<float> out) {
            dequantise(blocks.type, {blocks.row(stored.rows.source(row)), blocks.row_bytes()}, out).value();
        });
    }

    Result<at::Tensor> tensor(const TensorSpec& spec) override {
        const TensorView* tensor = TANDEM_TRY(take(spec));
        return numbers(spec, *tensor).to(device_);
    }

    Result<void> check(const TensorSpec& spec) override {
        const TensorView* tensor = TANDEM_TRY(place(spec));
        return progress_.add(static_cast<std::int64_t>(tensor->data.size()));
    }

    Result<void> check_all_known() const override { return tandem::check_all_known(*file_, list_, naming_, where_); }

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
    // The file's tensor, if it has exactly the shape that its spec says and holds numbers to compute with.
    Result<const TensorView*> place(const TensorSpec& spec) const {
        const TensorView* tensor = list_.locate(*file_, spec, naming_);
        if (tensor == nullptr) {
            return tensor_missing(spec, naming_, where_);
        }
        TANDEM_TRY(check_tensor_shape(*tensor, spec, naming_, where_));
        if (int8_scales(*file_, *tensor) == nullptr || spec.in(naming_).transposed) {
            TANDEM_TRY(dequantise(tensor->type, {}, {}));  // refuses what is none
        }
        return tensor;
    }

    // Looks at its numbers, which also brings them into memory: loading is done when it says so, not during the first
    // prompt.
    Result<const TensorView*> take(const TensorSpec& spec) {
        const TensorView* tensor = TANDEM_TRY(place(spec));
        const TensorView* scales = int8_scales(*file_, *tensor);
        const TensorView& finite = scales == nullptr ? *tensor : *scales;
        const std::int64_t nonfinite = count_nonfinite(finite.type, finite.data);
        if (nonfinite > 0 && nonfinite_ == 0) {
            first_nonfinite_ = tensor->name;
        }
        nonfinite_ += nonfinite;
        made_dense_ = made_dense_ || (is_quantised(tensor->type) && !device_.is_cpu() && dtype_ == Dtype::native);
        TANDEM_TRY(progress_.add(static_cast<std::int64_t>(tensor->data.size())));
        return tensor;
    }

    // f32 with the spec's shape, rows in the computed order.
    at::Tensor numbers(const TensorSpec& spec, const TensorView& tensor) const {
        const Stored& stored = spec.in(naming_);
        at::Tensor values = at::empty(stored.transposed ? tensor.shape : spec.shape, at::kFloat);
        const std::span<float> out(values.mutable_data_ptr<float>(), static_cast<std::size_t>(values.numel()));
        if (tensor.type == TensorType::i8) {
            const BlockMatrix codes = int8_matrix(tensor, {});
            for (std::int64_t row = 0; row < codes.rows; ++row) {
                const auto width = static_cast<std::size_t>(codes.columns);
                expand_int8(codes, row, out.subspan(static_cast<std::size_t>(row) * width, width));
            }
        } else {
            dequantise(tensor.type, tensor.data, out).value();
        }
        if (stored.transposed) {
            values = values.t().contiguous();
        }
        if (!stored.rows.is_plain()) {
            at::Tensor order = at::empty({values.size(0)}, at::kLong);
            for (std::int64_t row = 0; row < values.size(0); ++row) {
                order.mutable_data_ptr<std::int64_t>()[row] = stored.rows.source(row);
            }
            values = values.index_select(0, order);
        }
        return stored.added == 0 ? values : values.add_(stored.added);
    }

    // Rows of signed bytes in the computed order, with their scales in f32.
    BlockMatrix int8_matrix(const TensorView& tensor, const RowOrder& order) const {
        struct Kept {
            std::shared_ptr<const WeightFile> file;
            std::vector<float> scales;
            std::vector<std::byte> codes;
        };
        const TensorView& stored = *int8_scales(*file_, tensor);
        const auto rows = static_cast<std::size_t>(tensor.shape[0]);
        const auto columns = static_cast<std::size_t>(tensor.shape[1]);
        const auto kept = std::make_shared<Kept>(Kept{.file = file_, .scales = std::vector<float>(rows), .codes = {}});
        dequantise(stored.type, stored.data, kept->scales).value();
        const std::byte* data = tensor.data.data();
        if (!order.is_plain()) {
            const std::vector<float> in_file = kept->scales;
            kept->codes.resize(rows * columns);
            for (std::size_t row = 0; row < rows; ++row) {
                const auto source = static_cast<std::size_t>(order.source(static_cast<std::int64_t>(row)));
                kept->scales[row] = in_file[source];
                std::copy_n(data + source * columns, columns, kept->codes.data() + row * columns);
            }
            data = kept->codes.data();
        }
        return {.type = TensorType::i8,
                .rows = tensor.shape[0],
                .columns = tensor.shape[1],
                .data = data,
                .row_scales = kept->scales.data(),
                .keeper = kept};
    }

    static void expand_int8(const BlockMatrix& matrix, std::int64_t row, std::span<float> out) {
        const auto* codes = reinterpret_cast<const std::int8_t*>(matrix.row(row));
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = matrix.row_scales[row] * static_cast<float>(codes[i]);
        }
    }

    // A matrix that its file stores in another order of numbers, which block formats cannot keep: made anew.
    WeightMatrix from_numbers(const TensorSpec& spec, const TensorView& tensor, const WeightFormat& format) const {
        const at::Tensor values = numbers(spec, tensor);
        const auto* data = values.const_data_ptr<float>();
        const std::int64_t columns = spec.shape[1];
        return fill_matrix(spec.shape[0], columns, format, device_, [&](std::int64_t row, std::span<float> out) {
            std::copy_n(data + row * columns, columns, out.begin());
        });
    }

    Result<void> check_blocks(const TensorView& tensor, TensorType type, std::int64_t columns) const {
        const TensorTypeInfo& info = tensor_type_info(type);
        if (columns % info.block_elements != 0) {
            Error error =
                fault("DTYPE_UNAVAILABLE", std::string(info.name) + " holds " + std::to_string(info.block_elements) +
                                               " weights of a row together, tensor '" + tensor.name + "' has rows of " +
                                               std::to_string(columns) + "; use native, f32, bf16 or f16");
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
    Naming naming_;
    const TensorList& list_;
    Dtype dtype_;
    at::Device device_;
    LoadProgress progress_;
    std::int64_t nonfinite_ = 0;
    std::string first_nonfinite_;
    bool made_dense_ = false;
};

}  // namespace

std::unique_ptr<WeightSource> file_weights(std::shared_ptr<const WeightFile> file, std::string where, Naming naming,
                                           const TensorList& list, const LoadContext& context) {
    return std::make_unique<FileWeights>(std::move(file), std::move(where), naming, list, context);
}

}  // namespace tandem
