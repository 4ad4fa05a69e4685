// Long messages in parts: each says the total and its own offset, so that a receiver allocates only what came.
// Errors: WIRE_LENGTH, WIRE_MESSAGE. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "engine/api/result.h"
#include "experiments/wire/bytes.h"

namespace tandem::wire {

class PartAssembler {
public:
    explicit PartAssembler(std::uint64_t limit) : limit_(limit) {}
    // True when the last part came; then take() gives the whole and the next message may begin.
    Result<bool> add(std::uint64_t total, std::uint64_t offset, std::span<const std::byte> chunk);
    Bytes take();
    bool open() const { return open_; }

private:
    std::uint64_t limit_;
    bool open_ = false;
    std::uint64_t total_ = 0;
    Bytes received_;
};

// A document (start, done, failed) in payloads of at most max_control_bytes: u64 total, u64 offset, bytes.
Result<void> cut_document(std::span<const std::byte> document,
                          const std::function<Result<void>(std::span<const std::byte> payload)>& each);
Result<bool> add_document_part(PartAssembler& assembler, std::span<const std::byte> payload);

}  // namespace tandem::wire
