// The environment variables a worker is started with: ours, and settings that libraries read only at start.
// Thread rule: any thread, while nothing changes the process's environment.
#pragma once

#include <string>
#include <vector>

namespace tandem {

// `ours` as "NAME=value". libtorch's OpenMP threads wait for each other by spinning, by default for milliseconds; where
// another program keeps a core busy, the spinning thread takes the time that the late one needs, and a token costs ten
// times as much. A thousand turns (tens of microseconds) keep the fast hand-over without that. A user's own
// OMP_WAIT_POLICY or GOMP_SPINCOUNT is left alone.
std::vector<std::string> worker_environment(const std::vector<std::string>& ours);

// This process's variables.
std::vector<std::string> own_environment();

}  // namespace tandem
