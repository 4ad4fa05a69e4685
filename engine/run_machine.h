// What the machine did during each repetition: memory and energy as samples, and as facts what was used. Threads and
// device are set here, before anything runs. Errors: DEVICE_NAME, DEVICE_UNAVAILABLE. Thread rule: the job's thread.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/api/job.h"
#include "engine/api/result.h"
#include "engine/benchmark/energy.h"
#include "engine/run_recorder.h"

namespace tandem {

class MachineSampler {
public:
    // Starts the peak of memory anew where the kernel allows it, and records what is measured and how as facts.
    explicit MachineSampler(TrialRecorder& recorder);

    void repetition_begins();
    // To be called every now and then: samples memory once a second, keeps up with energy counters that wrap around.
    void tick(std::int64_t repetition);
    // Samples rss_bytes, peak_rss_bytes and energy_joules.
    void repetition_ends(std::int64_t repetition);

private:
    TrialRecorder& recorder_;
    std::optional<EnergyMeter> energy_;
    double joules_before_ = 0;
    std::int64_t last_tick_ns_ = 0;
};

// Sets libtorch's threads as the target says (0: one for each core this process may use) and returns their number.
int set_threads(std::int64_t threads);

// Facts of the program and machine: engine and libtorch version, threads, instruction set.
void record_machine_facts(TrialRecorder& recorder, int threads);

}  // namespace tandem
