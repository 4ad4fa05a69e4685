// What the end of a worker process means for the trial it ran. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/api/error.h"

namespace tandem {

// "SIGSEGV (segmentation fault)"
std::string describe_signal(int signal);

// Of a process that ended by itself while a trial ran. `wait_status` is waitpid's; oom_killed: the kernel killed a
// process for want of memory since the worker started. Codes: WORKER_KILLED, WORKER_CRASHED, WORKER_OUT_OF_MEMORY.
Error describe_end(int wait_status, bool oom_killed);

Error timeout_error(std::int64_t seconds);
Error memory_limit_error(std::int64_t used_bytes, std::int64_t limit_bytes);

// A further attempt may end differently: not after bad input, and not where the machine cannot do it at all.
bool worth_another_attempt(const Error& error);

}  // namespace tandem
