#include "experiments/execute/local/worker_end.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "experiments/plan/estimate.h"
#include "experiments/wire/messages.h"

namespace tandem {
namespace {

bool is_crash(int signal) {
    return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
           signal == SIGTRAP || signal == SIGSYS;
}

Error worker_error(std::string code, std::string message, ErrorKind kind = ErrorKind::failed) {
    return Error{.code = std::move(code),
                 .message = std::move(message) + "; what it observed before is kept",
                 .where = "worker",
                 .kind = kind};
}

}  // namespace

std::string describe_signal(int signal) {
    const char* name = sigabbrev_np(signal);
    const char* meaning = sigdescr_np(signal);
    return (name == nullptr ? "signal " + std::to_string(signal) : "SIG" + std::string(name)) +
           (meaning == nullptr ? "" : " (" + std::string(meaning) + ")");
}

Error describe_end(int wait_status, bool oom_killed) {
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == wire::exit_out_of_memory) {
        return worker_error("WORKER_OUT_OF_MEMORY",
                            "an allocation was refused and the worker ended; choose a smaller model, dtype or context, "
                            "or a larger memory_limit_bytes",
                            ErrorKind::out_of_memory);
    }
    if (!WIFSIGNALED(wait_status)) {
        return worker_error("WORKER_CRASHED", "the worker ended with exit code " +
                                                  std::to_string(WEXITSTATUS(wait_status)) +
                                                  " before the trial was done; its last words are in the log");
    }
    const int signal = WTERMSIG(wait_status);
    if (is_crash(signal)) {
        return worker_error("WORKER_CRASHED", "the worker crashed with " + describe_signal(signal));
    }
    if (signal == SIGKILL && oom_killed) {
        return worker_error("WORKER_OUT_OF_MEMORY",
                            "the kernel killed the worker because memory ran out; choose a smaller model or dtype, or "
                            "close other programs",
                            ErrorKind::out_of_memory);
    }
    return worker_error("WORKER_KILLED", "the worker was killed by " + describe_signal(signal) + " from outside");
}

Error timeout_error(std::int64_t seconds) {
    return worker_error("WORKER_TIMEOUT",
                        "the trial ran longer than its timeout_s of " + std::to_string(seconds) + " s and was ended");
}

Error memory_limit_error(std::int64_t used_bytes, std::int64_t limit_bytes) {
    return worker_error("WORKER_OUT_OF_MEMORY",
                        "the worker used " + show_bytes(used_bytes) + ", its memory_limit_bytes is " +
                            show_bytes(limit_bytes) + ", and was ended",
                        ErrorKind::out_of_memory);
}

bool worth_another_attempt(const Error& error) {
    return error.kind != ErrorKind::bad_input && error.kind != ErrorKind::unsupported &&
           error.kind != ErrorKind::cancelled;
}

}  // namespace tandem
