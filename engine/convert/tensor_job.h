// One tensor of a file being written: what it is called and how its rows come from a tensor of the source.
// Errors: CONVERT_NONFINITE, CONVERT_RANGE. Thread rule: plain data; rows may be made by several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "engine/models/tensor_list.h"
#include "engine/tensor/tensor_plan.h"
#include "engine/tensor/weight_file.h"

namespace tandem {

struct TensorJob {
    enum class Output {
        numbers,      // in the plan's type
        int8_codes,   // I8: round(x / scale), scale = the row's largest magnitude / 127
        int8_scales,  // F32, one for each row
    };
    TensorPlan plan;
    Output output = Output::numbers;

    const TensorView* source = nullptr;  // null: `made` holds the numbers
    const TensorView* scales = nullptr;  // of a source of I8: what each row is multiplied with
    std::vector<float> made;

    // How source and plan lay out the tensor that is computed with. Rows are those of the innermost dimension.
    Stored from;
    Stored to;

    std::int64_t rows() const;     // of the plan
    std::int64_t columns() const;  // of the plan
};

// Makes rows of a job's output. Construction expands a tensor that has to be transposed; else nothing is kept.
class RowMaker {
public:
    explicit RowMaker(const TensorJob& job);

    // Bytes of rows first..first + count - 1.
    Result<void> make(std::int64_t first, std::int64_t count, std::span<std::byte> out) const;

private:
    Result<void> read_row(std::int64_t row, std::span<float> out) const;
    Result<void> check(std::span<const float> row) const;
    std::int64_t source_row(std::int64_t row) const;

    const TensorJob& job_;
    std::vector<std::int64_t> computed_of_;  // which computed row is row i of the plan; empty: row i
    std::vector<float> turned_;              // the plan's numbers, where something was transposed
    bool copies_ = false;                    // the source's bytes are what is asked for
};

// A job that copies a tensor as it is, under the same name.
TensorJob copy_job(const TensorView& tensor);

}  // namespace tandem
