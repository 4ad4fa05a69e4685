#include "experiments/wire/worker_session.h"

#include <utility>

#include "experiments/wire/session_error.h"

namespace tandem::wire {

WorkerSession::WorkerSession(std::uint64_t session, Window window)
    : window_(window), encoder_(session), decoder_(session) {}

Result<std::optional<ToWorker>> WorkerSession::refuse(Error error) {
    refused_ = std::move(error);
    return *refused_;
}

Result<std::optional<ToWorker>> WorkerSession::next() {
    while (true) {
        if (refused_) {
            return *refused_;
        }
        auto frame = decoder_.next();
        if (!frame) {
            return refuse(frame.error());
        }
        if (!*frame) {
            return std::optional<ToWorker>();
        }
        auto taken = take(**frame);
        if (!taken) {
            return refuse(taken.error());
        }
        if (*taken) {
            return taken;
        }
    }
}

Result<std::optional<ToWorker>> WorkerSession::take(const Frame& frame) {
    const bool answers = frame.type == FrameType::cancel || frame.type == FrameType::acknowledge;
    if (state_ == State::greeting || (closing_ && !answers)) {
        return state_error("a controller speaks after hello and before shutdown", frame);
    }
    if (start_parts_.open() && frame.type != FrameType::start) {
        return state_error("another message came between the parts of a start", frame);
    }
    switch (frame.type) {
        case FrameType::start:
            return take_start(frame.payload);
        case FrameType::cancel:
            return take_cancel(frame.payload);
        case FrameType::acknowledge:
            return take_acknowledge(frame.payload);
        case FrameType::shutdown:
            closing_ = true;
            return std::optional<ToWorker>(Shutdown{});
        default:
            return state_error("only a worker sends this", frame);
    }
}

Result<std::optional<ToWorker>> WorkerSession::take_start(View payload) {
    if (state_ != State::idle) {
        return state_error("a job came while another is running");
    }
    if (!TANDEM_TRY(add_document_part(start_parts_, payload))) {
        return std::optional<ToWorker>();
    }
    Start start = TANDEM_TRY(decode_start(start_parts_.take()));
    if (sent_.contains(start.key) || start.key == current_) {
        return state_error("attempt " + std::to_string(start.key.attempt) + " of this trial was started before");
    }
    current_ = start.key;
    sent_.emplace(current_, Sent{});
    state_ = State::running;
    return std::optional<ToWorker>(std::move(start));
}

// The attempt may have ended while the message was under way.
Result<std::optional<ToWorker>> WorkerSession::take_cancel(View payload) {
    Cancel cancel = TANDEM_TRY(decode_cancel(payload));
    if (cancel.key != current_) {
        return state_error("the attempt to cancel is not the one that runs");
    }
    return state_ == State::running ? std::optional<ToWorker>(std::move(cancel)) : std::optional<ToWorker>();
}

Result<std::optional<ToWorker>> WorkerSession::take_acknowledge(View payload) {
    Acknowledge message = TANDEM_TRY(decode_acknowledge(payload));
    const auto found = sent_.find(message.key);
    if (found == sent_.end() || message.sequence > found->second.last_sequence ||
        message.sequence <= found->second.acknowledged) {
        return sequence_error("an acknowledgement up to " + std::to_string(message.sequence) +
                              " does not fit what was sent and not yet acknowledged");
    }
    found->second.acknowledged = message.sequence;
    std::erase_if(kept_, [&](const Kept& kept) {
        const bool done = kept.key == message.key && kept.last_sequence <= message.sequence;
        kept_events_ -= done ? kept.events : 0;
        kept_bytes_ -= done ? kept.payload.size() : 0;
        return done;
    });
    if (found->second.finished && found->second.acknowledged == found->second.last_sequence) {
        sent_.erase(found);
    }
    return std::optional<ToWorker>(std::move(message));
}

Result<void> WorkerSession::require_running(const char* what) const {
    if (state_ != State::running) {
        return state_error(std::string(what) + " belongs to a running attempt; none runs");
    }
    if (artefact_.total != artefact_.offset) {
        return state_error(std::string(what) + " cannot be sent before the artefact " + artefact_.name + " is whole");
    }
    return {};
}

Result<void> WorkerSession::send_event(FrameType type, Bytes payload, std::uint64_t last_sequence, std::size_t events) {
    if (auto encoded = encoder_.encode(type, payload, output_); !encoded) {
        return encoded;
    }
    sent_.at(current_).last_sequence = last_sequence;
    kept_events_ += events;
    kept_bytes_ += payload.size();
    kept_.push_back({current_, last_sequence, events, type, std::move(payload)});
    return {};
}

Result<void> WorkerSession::hello(const Hello& message) {
    if (state_ != State::greeting) {
        return state_error("hello is said once");
    }
    state_ = State::idle;
    return encoder_.encode(FrameType::hello, encode(message), output_);
}

Result<void> WorkerSession::observations(std::span<const Observation> observations) {
    if (auto allowed = require_running("an observation"); !allowed) {
        return allowed;
    }
    while (!observations.empty()) {
        const std::uint64_t first = sent_.at(current_).last_sequence + 1;
        std::size_t taken = 0;
        Bytes payload = encode_batch(first, observations, taken);
        if (auto sent = send_event(FrameType::observations, std::move(payload), first + taken - 1, taken); !sent) {
            return sent;
        }
        observations = observations.subspan(taken);
    }
    return {};
}

Result<void> WorkerSession::log(std::string_view text) {
    if (auto allowed = require_running("a log line"); !allowed) {
        return allowed;
    }
    const std::uint64_t sequence = sent_.at(current_).last_sequence + 1;
    return send_event(FrameType::log, encode(LogMessage{sequence, std::string(text)}), sequence, 1);
}

Result<void> WorkerSession::begin_artefact(std::string_view name, std::string_view media_type, std::uint64_t bytes) {
    if (auto allowed = require_running("an artefact"); !allowed) {
        return allowed;
    }
    if (!is_artefact_name(name) || media_type.size() > max_name_bytes || bytes > max_artefact_bytes) {
        return Error{.code = "WIRE_LENGTH",
                     .message = "an artefact needs a plain name of at most " + std::to_string(max_name_bytes) +
                                " bytes and has at most " + std::to_string(max_artefact_bytes) + " bytes; found " +
                                std::to_string(bytes),
                     .where = std::string(name),
                     .kind = ErrorKind::failed};
    }
    artefact_ = {.sequence = sent_.at(current_).last_sequence + 1,
                 .total = bytes,
                 .offset = 0,
                 .name = std::string(name),
                 .media_type = std::string(media_type),
                 .chunk = {}};
    return bytes > 0 ? Result<void>() : send_event(FrameType::artefact, encode(artefact_), artefact_.sequence, 1);
}

Result<void> WorkerSession::artefact_chunk(View chunk) {
    if (state_ != State::running || chunk.empty() || chunk.size() > max_artefact_chunk_bytes ||
        chunk.size() > artefact_.total - artefact_.offset) {
        return state_error("a chunk of " + std::to_string(chunk.size()) +
                           " bytes does not fit the artefact being sent");
    }
    artefact_.chunk = chunk;
    Bytes payload = encode(artefact_);
    artefact_.offset += chunk.size();
    artefact_.chunk = {};
    artefact_.name.clear();
    artefact_.media_type.clear();
    const bool whole = artefact_.offset == artefact_.total;
    return send_event(FrameType::artefact, std::move(payload), whole ? artefact_.sequence : artefact_.sequence - 1,
                      whole ? 1 : 0);
}

Result<void> WorkerSession::progress(const Progress& progress) {
    if (auto allowed = require_running("progress"); !allowed) {
        return allowed;
    }
    return encoder_.encode(FrameType::progress, encode(progress), output_);
}

Result<void> WorkerSession::done(Report report) {
    if (auto allowed = require_running("a report"); !allowed) {
        return allowed;
    }
    return finish(FrameType::done, encode(Done{current_, sent_.at(current_).last_sequence, std::move(report)}));
}

Result<void> WorkerSession::failed(Error error) {
    if (auto allowed = require_running("an error"); !allowed) {
        return allowed;
    }
    return finish(FrameType::failed, encode(Failed{current_, sent_.at(current_).last_sequence, std::move(error)}));
}

// Nothing was sent where this fails because the document is too long: the attempt still runs.
Result<void> WorkerSession::finish(FrameType type, const Bytes& document) {
    auto sent = cut_document(document, [&](View payload) { return encoder_.encode(type, payload, output_); });
    if (!sent) {
        return sent;
    }
    artefact_ = {};
    Sent& attempt = sent_.at(current_);
    attempt.finished = true;
    if (attempt.acknowledged == attempt.last_sequence) {
        sent_.erase(current_);
    }
    state_ = State::idle;
    return {};
}

}  // namespace tandem::wire
