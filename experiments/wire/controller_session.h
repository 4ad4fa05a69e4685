// The controller's side of the protocol as a state machine: bytes in, messages out and the other way, no sockets.
// Checks that frames come in order, that events are numbered without gaps and that each message fits the state.
// Errors: those of frames and messages, WIRE_STATE, WIRE_SEQUENCE. After an error of next() the session stays in it.
// Thread rule: one thread at a time.
#pragma once

#include <map>
#include <optional>
#include <variant>

#include "experiments/wire/frame.h"
#include "experiments/wire/messages.h"
#include "experiments/wire/parts.h"

namespace tandem::wire {

struct Artefact {
    std::uint64_t sequence = 0;
    std::string name, media_type;
    Bytes bytes;
};
using FromWorker = std::variant<Hello, ObservationBatch, LogMessage, Artefact, Progress, Done, Failed>;

class ControllerSession {
public:
    void receive(View bytes) { decoder_.feed(bytes); }
    // The next message of the worker, nothing yet, or the refusal. What was returned before it stands.
    Result<std::optional<FromWorker>> next();

    // Errors: WIRE_STATE unless idle, WIRE_LENGTH where the job is too long to send.
    Result<void> start(const Start& message);
    void cancel();  // the running attempt; nothing happens where none runs or it was cancelled before
    // Everything of the attempt up to `sequence` is durable. Sends what the worker does not know yet, if anything.
    void acknowledge(const AttemptKey& key, std::uint64_t sequence);
    void shutdown();  // the worker ends after the current job; nothing can be started after it

    Bytes take_output() { return std::exchange(output_, {}); }

    bool greeted() const { return state_ != State::awaiting_hello; }
    bool idle() const { return state_ == State::idle; }
    bool running() const { return running_; }
    // No finished attempt waits for an acknowledgement.
    bool settled() const { return received_.empty(); }

private:
    enum class State { awaiting_hello, idle, running, closing };
    struct Received {
        std::uint64_t last_sequence = first_worker_sequence - 1;
        std::uint64_t acknowledged = first_worker_sequence - 1;
        bool finished = false;
    };

    Result<std::optional<FromWorker>> take(const Frame& frame);
    Result<std::optional<FromWorker>> take_hello(const Frame& frame);
    Result<std::optional<FromWorker>> take_artefact(View payload);
    template <class End>
    Result<std::optional<FromWorker>> take_end(Result<End> end);
    Result<void> count_events(std::uint64_t first, std::uint64_t number);
    void send(FrameType type, View payload);

    State state_ = State::awaiting_hello;
    bool running_ = false;
    bool cancelled_ = false;
    std::optional<FrameEncoder> encoder_;  // once the session's number is known
    FrameDecoder decoder_{0};
    Bytes output_;
    std::optional<Error> refused_;

    AttemptKey current_;
    std::map<AttemptKey, Received> received_;

    // The message whose parts are arriving.
    FrameType parts_of_ = FrameType::done;
    PartAssembler document_parts_{max_document_bytes};
    PartAssembler artefact_parts_{max_artefact_bytes};
    Artefact artefact_;
};

}  // namespace tandem::wire
