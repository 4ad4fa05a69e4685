#include "engine/convert/tensor_job.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/api/utf8.h"

namespace tandem {
namespace {

constexpr float largest_half = 65504;

std::int64_t rows_of(const std::vector<std::int64_t>& shape) {
    std::int64_t rows = 1;
    for (std::size_t i = 0; i + 1 < shape.size(); ++i) {
        rows *= shape[i];
    }
    return rows;
}

std::int64_t columns_of(const std::vector<std::int64_t>& shape) {
    return shape.empty() ? 1 : shape.back();
}

// A tensor of one dimension is ordered by its elements, which are then its rows.
bool is_vector(const TensorJob& job) {
    return job.plan.shape.size() == 1 && !(job.from.rows.is_plain() && job.to.rows.is_plain());
}

std::size_t bytes_for(TensorType type, std::int64_t elements) {
    const TensorTypeInfo& info = tensor_type_info(type);
    return static_cast<std::size_t>(elements / info.block_elements * info.block_bytes);
}

float scale_of(std::span<const float> row) {
    float largest = 0;
    for (const float value : row) {
        largest = std::max(largest, std::fabs(value));
    }
    return largest / 127;
}

void write_codes(std::span<const float> row, std::byte* out) {
    const float scale = scale_of(row);
    for (std::size_t i = 0; i < row.size(); ++i) {
        const float code = scale > 0 ? std::nearbyint(row[i] / scale) : 0;
        out[i] = static_cast<std::byte>(static_cast<std::int8_t>(std::clamp(code, -127.0F, 127.0F)));
    }
}

}  // namespace

std::int64_t TensorJob::rows() const {
    return is_vector(*this) ? plan.shape[0] : rows_of(plan.shape);
}

std::int64_t TensorJob::columns() const {
    return is_vector(*this) ? 1 : columns_of(plan.shape);
}

RowMaker::RowMaker(const TensorJob& job) : job_(job) {
    if (job.source == nullptr) {
        return;
    }
    const bool turns = job.from.transposed != job.to.transposed;
    if (!job.to.rows.is_plain()) {
        computed_of_.resize(static_cast<std::size_t>(job.rows()));
        for (std::int64_t row = 0; row < job.rows(); ++row) {
            computed_of_[static_cast<std::size_t>(job.to.rows.source(row))] = row;
        }
    }
    const bool same_numbers = job.from.added == job.to.added && job.scales == nullptr;
    copies_ = job.output == TensorJob::Output::numbers && job.source->type == job.plan.type && same_numbers && !turns;
    if (turns) {
        // The other order of rows goes by the source's columns: everything is read at once.
        const std::int64_t rows = job.rows();
        const std::int64_t columns = job.columns();
        turned_.resize(static_cast<std::size_t>(rows * columns));
        std::vector<float> line(static_cast<std::size_t>(rows));
        const std::size_t line_bytes = bytes_for(job.source->type, rows);
        for (std::int64_t column = 0; column < columns; ++column) {
            dequantise(job.source->type,
                       job.source->data.subspan(static_cast<std::size_t>(column) * line_bytes, line_bytes), line)
                .value();
            for (std::int64_t row = 0; row < rows; ++row) {
                turned_[static_cast<std::size_t>(row * columns + column)] = line[static_cast<std::size_t>(row)];
            }
        }
    }
}

// Which row of the source the plan's row is.
std::int64_t RowMaker::source_row(std::int64_t row) const {
    const std::int64_t computed = computed_of_.empty() ? row : computed_of_[static_cast<std::size_t>(row)];
    return job_.from.rows.source(computed);
}

Result<void> RowMaker::make(std::int64_t first, std::int64_t count, std::span<std::byte> out) const {
    const std::int64_t columns = job_.columns();
    if (copies_) {
        const std::size_t size = bytes_for(job_.plan.type, columns);
        for (std::int64_t i = 0; i < count && size > 0; ++i) {
            std::memcpy(out.data() + static_cast<std::size_t>(i) * size,
                        job_.source->data.data() + static_cast<std::size_t>(source_row(first + i)) * size, size);
        }
        return {};
    }
    std::vector<float> row(static_cast<std::size_t>(
        job_.output == TensorJob::Output::int8_scales ? columns_of(job_.source->shape) : columns));
    const std::size_t size = bytes_for(job_.plan.type, columns);
    for (std::int64_t i = 0; i < count; ++i) {
        TANDEM_TRY(read_row(first + i, row));
        TANDEM_TRY(check(row));
        std::byte* at = out.data() + static_cast<std::size_t>(i) * size;
        switch (job_.output) {
            case TensorJob::Output::numbers:
                TANDEM_TRY(quantise(job_.plan.type, row, {at, size}));
                break;
            case TensorJob::Output::int8_codes:
                write_codes(row, at);
                break;
            case TensorJob::Output::int8_scales: {
                const float scale = scale_of(row);
                std::memcpy(at, &scale, sizeof scale);
                break;
            }
        }
    }
    return {};
}

Result<void> RowMaker::read_row(std::int64_t row, std::span<float> out) const {
    const auto columns = static_cast<std::int64_t>(out.size());
    if (job_.source == nullptr) {
        std::copy_n(job_.made.begin() + row * columns, columns, out.begin());
        return {};
    }
    const std::int64_t at = source_row(row);
    if (!turned_.empty()) {
        std::copy_n(turned_.begin() + at * columns, columns, out.begin());
    } else if (job_.scales != nullptr) {
        float scale = 0;
        const std::size_t one = bytes_for(job_.scales->type, 1);
        TANDEM_TRY(dequantise(job_.scales->type, job_.scales->data.subspan(static_cast<std::size_t>(at) * one, one),
                              {&scale, 1}));
        const auto* codes = reinterpret_cast<const std::int8_t*>(job_.source->data.data()) + at * columns;
        for (std::int64_t i = 0; i < columns; ++i) {
            out[static_cast<std::size_t>(i)] = scale * static_cast<float>(codes[i]);
        }
    } else {
        const std::size_t size = bytes_for(job_.source->type, columns);
        TANDEM_TRY(
            dequantise(job_.source->type, job_.source->data.subspan(static_cast<std::size_t>(at) * size, size), out));
    }
    const double added = job_.from.added - job_.to.added;
    if (added != 0) {
        for (float& value : out) {
            value = static_cast<float>(static_cast<double>(value) + added);
        }
    }
    return {};
}

// Formats below f32 and bf16 hold no number beyond a half's range, and no scale is right for infinities.
Result<void> RowMaker::check(std::span<const float> row) const {
    const TensorType type = job_.plan.type;
    if (type == TensorType::f32 || type == TensorType::bf16) {
        if (job_.output == TensorJob::Output::numbers) {
            return {};
        }
    }
    float largest = 0;
    bool finite = true;
    for (const float value : row) {
        finite = finite && std::isfinite(value);
        largest = std::max(largest, std::fabs(value));
    }
    if (!finite && type != TensorType::f16) {
        return Error{.code = "CONVERT_NONFINITE",
                     .message = "tensor '" + printable(job_.plan.name) +
                                "' holds infinite values or values that are no numbers, which no scale fits; "
                                "nothing was written; f32, bf16 and f16 keep them",
                     .kind = ErrorKind::bad_input};
    }
    const bool needs_half = job_.output == TensorJob::Output::numbers;
    if (finite && needs_half && largest > largest_half) {
        return Error{.code = "CONVERT_RANGE",
                     .message = "tensor '" + printable(job_.plan.name) + "' holds " + std::to_string(largest) + ", " +
                                std::string(tensor_type_info(type).name) +
                                " ends at 65504; nothing was written; f32 and bf16 hold it",
                     .kind = ErrorKind::bad_input};
    }
    return {};
}

TensorJob copy_job(const TensorView& tensor) {
    TensorJob job;
    job.plan = {.name = tensor.name, .type = tensor.type, .shape = tensor.shape};
    job.source = &tensor;
    return job;
}

}  // namespace tandem
