#include "engine/convert/write_tensors.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace tandem {
namespace {

constexpr std::int64_t piece_numbers = 1 << 22;  // of a tensor at a time, over all threads
constexpr std::int64_t slice_numbers = 1 << 16;  // of a piece at a time, by one thread

std::size_t row_bytes(const TensorJob& job) {
    const TensorTypeInfo& info = tensor_type_info(job.plan.type);
    return static_cast<std::size_t>(job.columns() / info.block_elements * info.block_bytes);
}

// Numbers that are read for one row of output.
std::int64_t row_numbers(const TensorJob& job) {
    const std::int64_t read = job.source != nullptr && !job.source->shape.empty() ? job.source->shape.back() : 1;
    return std::max<std::int64_t>({1, job.columns(), job.output == TensorJob::Output::numbers ? 1 : read});
}

// Rows first..last-1 of a job, made by all threads together.
class Piece {
public:
    Piece(const RowMaker& maker, std::size_t bytes_of_row, std::int64_t slice)
        : maker_(maker), row_(bytes_of_row), slice_(slice) {}

    Result<void> run(std::int64_t first, std::int64_t last, std::span<std::byte> out, int threads) {
        next_ = first;
        const auto work = [&] {
            for (;;) {
                const std::int64_t begin = next_.fetch_add(slice_);
                if (begin >= last || failed_) {
                    return;
                }
                const std::int64_t count = std::min(slice_, last - begin);
                const auto part =
                    out.subspan(static_cast<std::size_t>(begin - first) * row_, static_cast<std::size_t>(count) * row_);
                if (auto made = maker_.make(begin, count, part); !made) {
                    const std::scoped_lock lock(mutex_);
                    fault_ = std::move(made).error();
                    failed_ = true;
                }
            }
        };
        const std::int64_t slices = (last - first + slice_ - 1) / slice_;
        {
            std::vector<std::jthread> helpers;
            for (std::int64_t i = 1; i < std::min<std::int64_t>(threads, slices); ++i) {
                helpers.emplace_back(work);
            }
            work();
        }
        return fault_ ? Result<void>(*fault_) : Result<void>();
    }

private:
    const RowMaker& maker_;
    std::size_t row_;
    std::int64_t slice_;
    std::atomic<std::int64_t> next_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    std::optional<Error> fault_;
};

Result<void> write_one(const TensorJob& job, const WriteOptions& options, const ByteSink& sink) {
    const std::int64_t rows = job.rows();
    const std::size_t size = row_bytes(job);
    if (rows == 0 || size == 0) {
        return {};
    }
    const RowMaker maker(job);
    const std::int64_t step = std::max<std::int64_t>(1, piece_numbers / row_numbers(job));
    const std::int64_t slice = std::max<std::int64_t>(1, slice_numbers / row_numbers(job));
    std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(step, rows)) * size);
    for (std::int64_t first = 0; first < rows; first += step) {
        if (options.stop.stop_requested()) {
            return Error{.code = "CANCELLED",
                         .message = "stopped while '" + job.plan.name + "' was written; nothing was kept",
                         .kind = ErrorKind::cancelled};
        }
        const std::int64_t last = std::min(rows, first + step);
        const auto part = std::span(bytes).first(static_cast<std::size_t>(last - first) * size);
        TANDEM_TRY(Piece(maker, size, slice).run(first, last, part, options.threads));
        TANDEM_TRY(sink(part));
        if (options.progress) {
            options.progress(job.plan.name, static_cast<std::int64_t>(part.size()));
        }
    }
    return {};
}

}  // namespace

Result<void> write_tensors(std::span<const TensorJob> jobs, const WriteOptions& options, const ByteSink& sink) {
    for (const TensorJob& job : jobs) {
        TANDEM_TRY(write_one(job, options, sink));
    }
    return {};
}

}  // namespace tandem
