// Makes the tensors of a file piece by piece, on several threads, and hands their bytes on in order. At most one tensor
// that has to be transposed, and a few pieces, are in memory. Errors: CANCELLED, those of tensor_job.h and of the sink.
// Thread rule: called from one thread; `progress` and `sink` are called from that thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>

#include "engine/convert/tensor_job.h"

namespace tandem {

struct WriteOptions {
    int threads = 1;
    std::stop_token stop;
    std::function<void(const std::string& tensor, std::int64_t bytes)> progress;  // written since the last call
};

using ByteSink = std::function<Result<void>(std::span<const std::byte>)>;

Result<void> write_tensors(std::span<const TensorJob> jobs, const WriteOptions& options, const ByteSink& sink);

}  // namespace tandem
