// One worker process as its controller holds it: the child, the socket with its session, the log. Never blocks but in
// wait_end() and the destructor, which leave no process behind. Thread rule: one thread at a time.
// Errors: WORKER_START_FAILED, EXECUTE_IO from start().
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/execute/local/spawn.h"
#include "experiments/wire/controller_session.h"

namespace tandem {

class WorkerProcess {
public:
    static Result<std::unique_ptr<WorkerProcess>> start(const std::filesystem::path& program,
                                                        std::filesystem::path log_path);
    ~WorkerProcess();
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    int socket() const { return child_.socket.get(); }
    wire::ControllerSession& session() { return session_; }

    // Takes in what arrived, at most a share of it, so that one loud worker does not keep the loop from the others.
    // False at the end of the stream.
    bool read();
    // Sends what the session has to say and the socket takes.
    void write();
    bool wants_write() const { return written_ < output_.size(); }

    // 0: none. RLIMIT_DATA makes allocations fail; mapped files do not count for it, so resident_bytes() is watched
    // too.
    void set_memory_limit(std::int64_t bytes);
    std::int64_t resident_bytes() const;

    void kill();
    struct End {
        int wait_status = 0;
        bool forced = false;  // it had closed its socket, went on running and was killed
        bool oom_killed = false;
    };
    // After the end of the stream or kill(): collects the process.
    End wait_end();

    // Log lines that follow belong to the next attempt.
    void mark_log();
    // The last lines since the mark, as UTF-8.
    std::vector<std::string> log_tail() const;
    // Empties the log where a worker writes without end.
    void bound_log();

private:
    WorkerProcess(Child child, Descriptor log, std::filesystem::path log_path);

    Child child_;
    Descriptor log_;
    std::filesystem::path log_path_;
    std::int64_t log_mark_ = 0;
    wire::ControllerSession session_;
    wire::Bytes output_;
    std::size_t written_ = 0;
    std::int64_t memory_limit_ = 0;
    std::optional<std::int64_t> oom_kills_at_start_;
    std::optional<End> end_;
};

}  // namespace tandem
