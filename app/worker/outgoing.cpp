#include "app/worker/outgoing.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>

namespace tandem {
namespace {

constexpr std::size_t most_waiting_output = 8u << 20;   // an artefact's next chunk waits while more is unwritten
constexpr std::size_t most_pending_bytes = 256u << 10;  // of text; a batch is due above this

void write_all(int socket, const wire::Bytes& bytes) {
    std::size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t count = send(socket, bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            leave_without_controller();
        }
        written += static_cast<std::size_t>(count);
    }
}

// JSON has no words for these, and a statistic over them says nothing.
std::optional<Error> find_fault(const Report& report) {
    for (const MetricSummary& metric : report.metrics) {
        for (const double sample : metric.samples) {
            if (!std::isfinite(sample)) {
                return Error{.code = "REPORT_NOT_FINITE",
                             .message = "a sample of a metric is infinite or not a number; the observations are kept",
                             .where = metric.name,
                             .kind = ErrorKind::internal};
            }
        }
    }
    return std::nullopt;
}

}  // namespace

void leave_without_controller() {
    _exit(worker_ended);
}

Outgoing::Outgoing(const WorkerOptions& options, std::uint64_t session)
    : options_(options), session_(session), writer_([this] { write_until_stopped(); }) {}

Outgoing::~Outgoing() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_one();
    writer_.join();
}

bool Outgoing::has_room() const {
    return session_.window_open() && pending_.size() < options_.flush_observations * 4 &&
           pending_bytes_ <= most_pending_bytes * 4;
}

void Outgoing::observe(Observation observation) {
    const bool too_long = observation.text.size() > wire::max_observation_text_bytes;
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return has_room(); });
    if (pending_.empty()) {
        oldest_pending_ = Clock::now();
    }
    pending_bytes_ += observation.text.size();
    pending_.push_back(std::move(observation));
    if (pending_.size() == 1 || pending_.size() == options_.flush_observations || pending_bytes_ > most_pending_bytes) {
        work_.notify_one();
    }
    if (too_long) {
        queue_log("a text of more than " + std::to_string(wire::max_observation_text_bytes) +
                  " bytes was cut; its tokens are stored one by one");
    }
}

void Outgoing::log(std::string_view line) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return has_room(); });
    queue_log(line);
}

void Outgoing::queue_log(std::string_view line) {
    flush_pending();
    check(session_.log(line));
    work_.notify_one();
}

void Outgoing::artefact(std::string_view name, std::string_view media_type, std::span<const std::byte> bytes) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return has_room(); });
    flush_pending();
    if (auto begun = session_.begin_artefact(name, media_type, bytes.size()); !begun) {
        queue_log("an artefact was left out: " + begun.error().to_string());
        return;
    }
    while (!bytes.empty()) {
        const auto chunk = bytes.first(std::min(bytes.size(), wire::max_artefact_chunk_bytes));
        check(session_.artefact_chunk(chunk));
        work_.notify_one();
        room_.wait(lock, [&] { return session_.output_size() < most_waiting_output; });
        bytes = bytes.subspan(chunk.size());
    }
    work_.notify_one();
}

// Nothing depends on progress: where the socket is behind, it is left out.
void Outgoing::progress(const Progress& progress) {
    const std::lock_guard lock(mutex_);
    if (session_.output_size() == 0) {
        check(session_.progress(progress));
        work_.notify_one();
    }
}

void Outgoing::hello(const wire::Hello& message) {
    const std::lock_guard lock(mutex_);
    check(session_.hello(message));
    work_.notify_one();
}

void Outgoing::finish(Result<Report> result) {
    const std::lock_guard lock(mutex_);
    flush_pending();
    std::optional<Error> error = result ? find_fault(*result) : std::optional(result.error());
    if (!error) {
        if (auto sent = session_.done(std::move(*result)); !sent) {
            error = wrap({.code = "REPORT_TOO_LARGE",
                          .message = "the report cannot be sent; the observations it was derived from are kept"},
                         sent.error());
        }
    }
    if (error) {
        check(session_.failed(std::move(*error)));
    }
    work_.notify_one();
}

Result<std::vector<wire::ToWorker>> Outgoing::receive(wire::View bytes) {
    std::vector<wire::ToWorker> messages;
    const std::lock_guard lock(mutex_);
    session_.receive(bytes);
    while (true) {
        std::optional<wire::ToWorker> message = TANDEM_TRY(session_.next());
        if (!message) {
            return messages;
        }
        if (std::holds_alternative<wire::Acknowledge>(*message)) {
            room_.notify_all();
        } else {
            messages.push_back(std::move(*message));
        }
    }
}

void Outgoing::flush_pending() {
    if (!pending_.empty()) {
        check(session_.observations(pending_));
        pending_.clear();
        pending_bytes_ = 0;
        room_.notify_all();
    }
}

// A refusal of our own session is a fault of this program; going on would send a stream with a gap.
void Outgoing::check(const Result<void>& sent) {
    if (!sent) {
        std::fprintf(stderr, "tandem-worker: %s\n", sent.error().to_string().c_str());
        _exit(worker_refused);
    }
}

bool Outgoing::flush_due(Clock::time_point now) const {
    return !pending_.empty() &&
           (stopping_ || pending_.size() >= options_.flush_observations || pending_bytes_ > most_pending_bytes ||
            now >= oldest_pending_ + std::chrono::milliseconds(options_.flush_interval_ms));
}

void Outgoing::write_until_stopped() {
    std::unique_lock lock(mutex_);
    while (true) {
        const auto ready = [&] { return stopping_ || session_.output_size() > 0 || flush_due(Clock::now()); };
        if (pending_.empty()) {
            work_.wait(lock, [&] { return ready() || !pending_.empty(); });
        } else {
            work_.wait_until(lock, oldest_pending_ + std::chrono::milliseconds(options_.flush_interval_ms), ready);
        }
        if (flush_due(Clock::now())) {
            flush_pending();
        }
        const wire::Bytes output = session_.take_output();
        if (output.empty() && stopping_) {
            return;
        }
        if (!output.empty()) {
            room_.notify_all();
            lock.unlock();
            write_all(options_.socket, output);
            lock.lock();
        }
    }
}

}  // namespace tandem
