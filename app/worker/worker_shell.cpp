#include "app/worker/worker_shell.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <random>

#include "app/worker/outgoing.h"

namespace tandem {
namespace {

std::uint64_t random_session() {
    std::random_device source;
    const std::uint64_t high = source();
    return ((high << 32U) | source()) | 1U;
}

bool is_socket(int descriptor) {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

// The last words of an exception that no job's end could tell, as of a thread that reads or computes.
[[noreturn]] void end_unhandled() {
    if (const std::exception_ptr thrown = std::current_exception()) {
        try {
            std::rethrow_exception(thrown);
        } catch (const std::bad_alloc&) {
            std::fputs("tandem-worker: an allocation was refused outside the trial's own thread\n", stderr);
            _exit(wire::exit_out_of_memory);
        } catch (const std::exception& other) {
            std::fprintf(stderr, "tandem-worker: %s\n", other.what());
        } catch (...) {
            std::fputs("tandem-worker: an exception of an unknown kind\n", stderr);
        }
    }
    std::abort();
}

// The reading side and the hand-over of jobs to the thread that runs them.
class Shell {
public:
    Shell(const WorkerOptions& options, const JobRunner& runner)
        : options_(options), runner_(runner), outgoing_(options, random_session()) {}

    int run() {
        wire::Hello hello = options_.hello;
        hello.process = getpid();
        outgoing_.hello(hello);
        std::thread reader([this] { read_until_shutdown(); });
        while (std::optional<Job> job = next_job()) {
            outgoing_.finish(run_guarded(*job));
        }
        {
            const std::lock_guard lock(mutex_);
            leaving_ = true;
        }
        shutdown(options_.socket, SHUT_RD);
        reader.join();
        return worker_ended;
    }

private:
    std::optional<Job> next_job() {
        std::unique_lock lock(mutex_);
        job_arrived_.wait(lock, [&] { return job_ || shutting_down_; });
        return std::exchange(job_, std::nullopt);
    }

    Result<Report> run_guarded(const Job& job) {
        std::stop_token stop;
        {
            const std::lock_guard lock(mutex_);
            stop = stop_.get_token();
        }
        try {
            return runner_(job, outgoing_, stop);
        } catch (const std::bad_alloc&) {
            return Error{.code = "OUT_OF_MEMORY",
                         .message = "an allocation was refused while the trial ran; what was observed is kept",
                         .kind = ErrorKind::out_of_memory};
        } catch (const std::exception& thrown) {
            return Error{.code = "INTERNAL",
                         .message = std::string("the job ended with an exception: ") + thrown.what(),
                         .kind = ErrorKind::internal};
        }
    }

    // --- reader's thread ---

    void read_until_shutdown() {
        std::array<std::byte, 65536> buffer;
        while (true) {
            const ssize_t count = recv(options_.socket, buffer.data(), buffer.size(), 0);
            if (count < 0 && errno == EINTR) {
                continue;
            }
            if (count <= 0) {
                const std::lock_guard lock(mutex_);
                if (leaving_) {
                    return;
                }
                leave_without_controller();
            }
            auto messages = outgoing_.receive(std::span(buffer).first(static_cast<std::size_t>(count)));
            if (!messages) {
                std::fprintf(stderr, "tandem-worker: %s\n", messages.error().to_string().c_str());
                _exit(worker_refused);
            }
            for (wire::ToWorker& message : *messages) {
                take(std::move(message));
            }
        }
    }

    void take(wire::ToWorker message) {
        if (auto* start = std::get_if<wire::Start>(&message)) {
            const std::lock_guard lock(mutex_);
            stop_ = std::stop_source();
            job_ = std::move(start->job);
        } else if (std::holds_alternative<wire::Cancel>(message)) {
            std::stop_source stop;
            {
                const std::lock_guard lock(mutex_);
                stop = stop_;
            }
            stop.request_stop();
        } else {
            const std::lock_guard lock(mutex_);
            shutting_down_ = true;
        }
        job_arrived_.notify_one();
    }

    const WorkerOptions options_;
    const JobRunner& runner_;
    Outgoing outgoing_;

    std::mutex mutex_;
    std::condition_variable job_arrived_;
    std::optional<Job> job_;  // taken by the running thread
    std::stop_source stop_;   // of the current job
    bool shutting_down_ = false;
    bool leaving_ = false;  // the last job is over: the end of the socket is our own doing
};

}  // namespace

int run_worker(const WorkerOptions& options, const JobRunner& runner) {
    if (!is_socket(options.socket)) {
        std::fprintf(stderr,
                     "tandem-worker: descriptor %d is not a socket; a worker is started by tandem, tandem-studio or "
                     "tandem-agent, not by hand\n",
                     options.socket);
        return worker_misused;
    }
    std::set_terminate(end_unhandled);
    return Shell(options, runner).run();
}

void die_with_parent() {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

wire::Hello describe_worker() {
    wire::Hello hello;
    hello.version = TANDEM_VERSION;
#if defined(__clang__)
    hello.build = TANDEM_BUILD_TYPE ", clang " __clang_version__;
#else
    hello.build = TANDEM_BUILD_TYPE ", gcc " __VERSION__;
#endif
    return hello;
}

}  // namespace tandem
