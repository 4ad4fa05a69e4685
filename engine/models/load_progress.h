// Tells the listener how far loading is and looks whether the user wants to stop. Thread rule: one thread at a time.
#pragma once

#include <cstdint>

#include "engine/api/result.h"
#include "engine/models/weight_source.h"

namespace tandem {

class LoadProgress {
public:
    LoadProgress(const LoadContext& context, std::int64_t total)
        : listener_(context.listener), stop_(context.stop), total_(total) {}

    // So many more of `total` are done. Errors: CANCELLED.
    Result<void> add(std::int64_t amount) {
        if (stop_.stop_requested()) {
            return Error{.code = "CANCELLED",
                         .message = "stopped while the weights were loaded; nothing was kept",
                         .kind = ErrorKind::cancelled};
        }
        done_ += amount;
        if (listener_ && total_ > 0) {
            listener_(done_ < total_ ? static_cast<double>(done_) / static_cast<double>(total_) : 1.0);
        }
        return {};
    }

private:
    LoadListener listener_;
    std::stop_token stop_;
    std::int64_t total_;
    std::int64_t done_ = 0;
};

}  // namespace tandem
