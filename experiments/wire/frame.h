// Frames: the unit of the wire. 32-byte header, then the payload; every field little-endian. Specified in
// docs/formats/wire.md. Bytes in, frames out; no sockets. Errors: WIRE_MAGIC, WIRE_VERSION, WIRE_TYPE, WIRE_LENGTH,
// WIRE_SESSION, WIRE_COUNTER. After an error a decoder stays in it. Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/api/result.h"

namespace tandem::wire {

enum class FrameType : std::uint16_t {
    hello = 1,         // worker -> controller: versions, build, machine facts
    start = 2,         // controller -> worker: trial id, attempt, job
    cancel = 3,        // controller -> worker
    acknowledge = 4,   // controller -> worker: durable up to sequence
    observations = 5,  // worker -> controller: a batch with its first sequence number
    log = 6,           // worker -> controller
    artefact = 7,      // worker -> controller: name, type, offset, chunk (binary)
    progress = 8,      // worker -> controller; not stored, may be dropped
    done = 9,          // worker -> controller: report
    failed = 10,       // worker -> controller: error
    shutdown = 11,     // controller -> worker: end after the current job
};

inline constexpr std::uint32_t magic = 0x314D4454;  // "TDM1" as bytes
inline constexpr std::uint16_t protocol_version = 1;
inline constexpr std::size_t header_bytes = 32;
inline constexpr std::size_t max_control_bytes = 1u << 20;  // every type but artefact
inline constexpr std::size_t max_chunk_bytes = 4u << 20;    // artefact

struct Frame {
    FrameType type = FrameType::hello;
    std::uint64_t session = 0;
    std::uint64_t counter = 0;  // 1, 2, 3, ... in each direction
    std::vector<std::byte> payload;
};

class FrameEncoder {
public:
    explicit FrameEncoder(std::uint64_t session) : session_(session) {}
    // Appends header and payload to out. Errors: WIRE_LENGTH.
    Result<void> encode(FrameType type, std::span<const std::byte> payload, std::vector<std::byte>& out);

private:
    std::uint64_t session_;
    std::uint64_t next_counter_ = 1;
};

class FrameDecoder {
public:
    // session 0 takes the session of the first frame. Length limits are checked before anything is allocated.
    explicit FrameDecoder(std::uint64_t session) : session_(session) {}
    void feed(std::span<const std::byte> bytes);
    // The next whole frame, nothing yet, or the refusal.
    Result<std::optional<Frame>> next();

private:
    std::uint64_t session_;
    std::uint64_t expected_counter_ = 1;
    std::vector<std::byte> buffer_;
    std::size_t read_ = 0;
    std::optional<Error> refused_;
};

}  // namespace tandem::wire
