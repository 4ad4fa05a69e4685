// From the job's thread to the socket: gathers observations into batches, numbers and keeps events (wire session), and
// writes them from a thread of its own. Bounded: the job waits while the window is full or the socket is behind.
// Thread rule: any thread; the Observer's calls come from the job's thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "app/worker/worker_shell.h"
#include "experiments/wire/worker_session.h"

namespace tandem {

class Outgoing final : public Observer {
public:
    Outgoing(const WorkerOptions& options, std::uint64_t session);
    ~Outgoing() override;  // everything queued is written first
    Outgoing(const Outgoing&) = delete;
    Outgoing& operator=(const Outgoing&) = delete;

    void observe(Observation observation) override;
    void artefact(std::string_view name, std::string_view media_type, std::span<const std::byte> bytes) override;
    void log(std::string_view line) override;
    void progress(const Progress& progress) override;

    void hello(const wire::Hello& message);
    void finish(Result<Report> result);

    // Bytes of the controller; the messages in them, in order. Acknowledgements are dealt with here.
    Result<std::vector<wire::ToWorker>> receive(wire::View bytes);

private:
    using Clock = std::chrono::steady_clock;

    void write_until_stopped();
    bool flush_due(Clock::time_point now) const;
    bool has_room() const;
    void flush_pending();
    void queue_log(std::string_view line);
    void check(const Result<void>& sent);

    const WorkerOptions options_;
    std::mutex mutex_;
    std::condition_variable work_, room_;

    // Under mutex_.
    wire::WorkerSession session_;
    std::vector<Observation> pending_;
    std::size_t pending_bytes_ = 0;
    Clock::time_point oldest_pending_;
    bool stopping_ = false;

    std::thread writer_;
};

// Ends the process because the controller is gone.
[[noreturn]] void leave_without_controller();

}  // namespace tandem
