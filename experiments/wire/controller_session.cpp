#include "experiments/wire/controller_session.h"

#include <algorithm>
#include <utility>

#include "experiments/wire/session_error.h"

namespace tandem::wire {

Result<std::optional<FromWorker>> ControllerSession::next() {
    while (true) {
        if (refused_) {
            return *refused_;
        }
        auto frame = decoder_.next();
        if (!frame) {
            refused_ = frame.error();
            continue;
        }
        if (!*frame) {
            return std::optional<FromWorker>();
        }
        auto taken = take(**frame);
        if (!taken) {
            refused_ = taken.error();
            continue;
        }
        if (*taken) {
            return taken;
        }
    }
}

Result<std::optional<FromWorker>> ControllerSession::take(const Frame& frame) {
    if (state_ == State::awaiting_hello || frame.type == FrameType::hello) {
        return take_hello(frame);
    }
    if (!running_) {
        return state_error("no attempt runs", frame);
    }
    if ((document_parts_.open() || artefact_parts_.open()) && frame.type != parts_of_) {
        return state_error("another message came between the parts of one", frame);
    }
    parts_of_ = frame.type;
    switch (frame.type) {
        case FrameType::observations: {
            ObservationBatch batch = TANDEM_TRY(decode_observations(frame.payload));
            if (auto counted = count_events(batch.first_sequence, batch.observations.size()); !counted) {
                return counted.error();
            }
            return std::optional<FromWorker>(std::move(batch));
        }
        case FrameType::log: {
            LogMessage log = TANDEM_TRY(decode_log(frame.payload));
            if (auto counted = count_events(log.sequence, 1); !counted) {
                return counted.error();
            }
            return std::optional<FromWorker>(std::move(log));
        }
        case FrameType::artefact:
            return take_artefact(frame.payload);
        case FrameType::progress:
            return std::optional<FromWorker>(TANDEM_TRY(decode_progress(frame.payload)));
        case FrameType::done:
        case FrameType::failed:
            if (!TANDEM_TRY(add_document_part(document_parts_, frame.payload))) {
                return std::optional<FromWorker>();
            }
            return frame.type == FrameType::done ? take_end(decode_done(document_parts_.take()))
                                                 : take_end(decode_failed(document_parts_.take()));
        default:
            return state_error("only a controller sends this", frame);
    }
}

Result<std::optional<FromWorker>> ControllerSession::take_hello(const Frame& frame) {
    if (state_ != State::awaiting_hello || frame.type != FrameType::hello) {
        return state_error("a worker says hello once, before anything else", frame);
    }
    Hello hello = TANDEM_TRY(decode_hello(frame.payload));
    encoder_.emplace(frame.session);
    state_ = State::idle;
    return std::optional<FromWorker>(std::move(hello));
}

Result<std::optional<FromWorker>> ControllerSession::take_artefact(View payload) {
    ArtefactPart part = TANDEM_TRY(decode_artefact(payload));
    if (!artefact_parts_.open()) {
        if (part.sequence != received_.at(current_).last_sequence + 1) {
            return count_events(part.sequence, 1).error();
        }
        artefact_ = {part.sequence, std::move(part.name), std::move(part.media_type), {}};
    } else if (part.sequence != artefact_.sequence) {
        return sequence_error("the parts of one artefact carry the numbers " + std::to_string(artefact_.sequence) +
                              " and " + std::to_string(part.sequence));
    }
    if (!TANDEM_TRY(artefact_parts_.add(part.total, part.offset, part.chunk))) {
        return std::optional<FromWorker>();
    }
    artefact_.bytes = artefact_parts_.take();
    if (auto counted = count_events(artefact_.sequence, 1); !counted) {
        return counted.error();
    }
    return std::optional<FromWorker>(std::exchange(artefact_, {}));
}

template <class End>
Result<std::optional<FromWorker>> ControllerSession::take_end(Result<End> end) {
    if (!end) {
        return end.error();
    }
    const auto attempt = received_.find(current_);
    if (end->key != current_) {
        return state_error("the end of another attempt than the running one came");
    }
    if (end->last_sequence != attempt->second.last_sequence) {
        return sequence_error("the attempt ends after event " + std::to_string(end->last_sequence) +
                              ", received were those up to " + std::to_string(attempt->second.last_sequence));
    }
    attempt->second.finished = true;
    if (attempt->second.acknowledged == attempt->second.last_sequence) {
        received_.erase(attempt);
    }
    running_ = false;
    state_ = state_ == State::running ? State::idle : state_;
    return std::optional<FromWorker>(std::move(*end));
}

Result<void> ControllerSession::count_events(std::uint64_t first, std::uint64_t number) {
    std::uint64_t& last = received_.at(current_).last_sequence;
    if (first != last + 1) {
        return sequence_error("found event " + std::to_string(first) + ", expected " + std::to_string(last + 1));
    }
    last += number;
    return {};
}

// Payloads of the controller are within the limits by construction: keys and numbers, or parts cut to size.
void ControllerSession::send(FrameType type, View payload) {
    (void)encoder_->encode(type, payload, output_);
}

Result<void> ControllerSession::start(const Start& message) {
    if (state_ != State::idle || received_.contains(message.key)) {
        return state_error("a job can be started where none runs, and once");
    }
    auto sent = cut_document(encode(message), [&](View payload) -> Result<void> {
        send(FrameType::start, payload);
        return {};
    });
    if (!sent) {
        return sent;
    }
    current_ = message.key;
    received_.emplace(current_, Received{});
    running_ = true;
    cancelled_ = false;
    state_ = State::running;
    return {};
}

void ControllerSession::cancel() {
    if (running_ && !cancelled_) {
        cancelled_ = true;
        send(FrameType::cancel, encode(Cancel{current_}));
    }
}

void ControllerSession::acknowledge(const AttemptKey& key, std::uint64_t sequence) {
    const auto found = received_.find(key);
    if (found == received_.end() || (state_ == State::closing && !running_)) {
        return;
    }
    Received& attempt = found->second;
    const std::uint64_t known = std::min(sequence, attempt.last_sequence);
    if (known <= attempt.acknowledged) {
        return;
    }
    attempt.acknowledged = known;
    send(FrameType::acknowledge, encode(Acknowledge{key, known}));
    if (attempt.finished && known == attempt.last_sequence) {
        received_.erase(found);
    }
}

void ControllerSession::shutdown() {
    if (greeted() && state_ != State::closing) {
        state_ = State::closing;
        send(FrameType::shutdown, {});
    }
}

}  // namespace tandem::wire
