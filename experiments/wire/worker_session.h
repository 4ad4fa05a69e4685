// The worker's side of the protocol as a state machine: bytes and news in, messages and bytes out, no sockets. What was
// sent is kept until it is acknowledged, and the window bounds what is kept. Errors: those of frames and messages,
// WIRE_STATE (a message that does not fit the state), WIRE_SEQUENCE (an acknowledgement of what was never sent).
// After an error of next() the session stays in it. Thread rule: one thread at a time.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <variant>

#include "experiments/wire/frame.h"
#include "experiments/wire/messages.h"
#include "experiments/wire/parts.h"

namespace tandem::wire {

struct Shutdown {};
using ToWorker = std::variant<Start, Cancel, Acknowledge, Shutdown>;

// A new event may be sent while less than this is unacknowledged; one event may be larger than the bound, alone.
struct Window {
    std::size_t events = 16'384;
    std::size_t bytes = 32u << 20;
};

class WorkerSession {
public:
    // session: a random number but 0, chosen by the worker.
    explicit WorkerSession(std::uint64_t session, Window window = {});

    void receive(View bytes) { decoder_.feed(bytes); }
    // The next message of the controller, nothing yet, or the refusal.
    Result<std::optional<ToWorker>> next();

    Result<void> hello(const Hello& message);
    // Events of the running attempt, numbered here.
    Result<void> observations(std::span<const Observation> observations);
    Result<void> log(std::string_view text);
    Result<void> begin_artefact(std::string_view name, std::string_view media_type, std::uint64_t bytes);
    Result<void> artefact_chunk(View chunk);  // at most max_artefact_chunk_bytes
    Result<void> progress(const Progress& progress);
    // The end of the running attempt; the session is idle again.
    Result<void> done(Report report);
    Result<void> failed(Error error);

    Bytes take_output() { return std::exchange(output_, {}); }
    std::size_t output_size() const { return output_.size(); }

    bool window_open() const { return kept_events_ < window_.events && kept_bytes_ < window_.bytes; }
    std::size_t unacknowledged_events() const { return kept_events_; }
    bool running() const { return state_ == State::running; }

private:
    enum class State { greeting, idle, running };

    struct Kept {
        AttemptKey key;
        std::uint64_t last_sequence = 0;
        std::size_t events = 0;
        FrameType type = FrameType::observations;
        Bytes payload;
    };
    struct Sent {
        std::uint64_t last_sequence = first_worker_sequence - 1;
        std::uint64_t acknowledged = first_worker_sequence - 1;
        bool finished = false;
    };

    Result<std::optional<ToWorker>> refuse(Error error);
    Result<std::optional<ToWorker>> take(const Frame& frame);
    Result<std::optional<ToWorker>> take_start(View payload);
    Result<std::optional<ToWorker>> take_cancel(View payload);
    Result<std::optional<ToWorker>> take_acknowledge(View payload);
    Result<void> require_running(const char* what) const;
    Result<void> send_event(FrameType type, Bytes payload, std::uint64_t last_sequence, std::size_t events);
    Result<void> finish(FrameType type, const Bytes& document);

    State state_ = State::greeting;
    bool closing_ = false;  // shutdown came: what is under way may still be answered
    Window window_;
    FrameEncoder encoder_;
    FrameDecoder decoder_;
    PartAssembler start_parts_{max_document_bytes};
    Bytes output_;
    std::optional<Error> refused_;

    AttemptKey current_;  // running, or the last that ran
    std::map<AttemptKey, Sent> sent_;
    std::deque<Kept> kept_;
    std::size_t kept_events_ = 0;
    std::size_t kept_bytes_ = 0;

    // The artefact being sent.
    ArtefactPart artefact_;
};

inline constexpr std::size_t max_artefact_chunk_bytes = max_chunk_bytes - 1024;

}  // namespace tandem::wire
