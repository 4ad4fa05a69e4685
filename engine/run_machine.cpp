#include "engine/run_machine.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <sched.h>
#include <torch/version.h>

#include <algorithm>
#include <thread>

#include "engine/benchmark/memory.h"
#include "engine/kernels/instruction_set.h"

namespace tandem {
namespace {

constexpr std::int64_t tick_interval_ns = 1'000'000'000;

int usable_cores() {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0) {
        return std::max(CPU_COUNT(&cores), 1);
    }
    return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u));
}

}  // namespace

MachineSampler::MachineSampler(TrialRecorder& recorder) : recorder_(recorder), energy_(EnergyMeter::open()) {
    recorder_.fact("peak_rss_source",
                   reset_peak_resident() ? "VmHWM since the trial began" : "VmHWM since the worker process began");
    recorder_.fact("energy_source", energy_ ? energy_->source() : "none: this machine shows no RAPL package counter");
}

void MachineSampler::repetition_begins() {
    if (energy_) {
        energy_->update();
        joules_before_ = energy_->joules().value_or(0);
    }
    last_tick_ns_ = recorder_.clock().now_ns();
}

void MachineSampler::tick(std::int64_t repetition) {
    const std::int64_t now = recorder_.clock().now_ns();
    if (now - last_tick_ns_ < tick_interval_ns) {
        return;
    }
    last_tick_ns_ = now;
    if (energy_) {
        energy_->update();
    }
    if (const auto bytes = resident_bytes()) {
        recorder_.sample("rss_bytes", repetition, static_cast<double>(*bytes));
    }
}

void MachineSampler::repetition_ends(std::int64_t repetition) {
    if (energy_) {
        energy_->update();
        if (const auto joules = energy_->joules()) {
            recorder_.sample("energy_joules", repetition, *joules - joules_before_);
        }
    }
    if (const auto bytes = resident_bytes()) {
        recorder_.sample("rss_bytes", repetition, static_cast<double>(*bytes));
    }
    if (const auto bytes = peak_resident_bytes()) {
        recorder_.sample("peak_rss_bytes", repetition, static_cast<double>(*bytes));
    }
}

int set_threads(std::int64_t threads) {
    const int wanted = threads > 0 ? static_cast<int>(threads) : usable_cores();
    at::set_num_threads(wanted);
    // Tandem runs one operation at a time. libtorch lets this be set only once in a process, before the first use.
    if (at::get_num_interop_threads() != 1) {
        at::set_num_interop_threads(1);
    }
    return wanted;
}

void record_machine_facts(TrialRecorder& recorder, int threads) {
    recorder.fact("engine_version", TANDEM_VERSION);
    recorder.fact("libtorch_version", TORCH_VERSION);
    recorder.fact("threads", std::to_string(threads));
    recorder.fact("instruction_set",
                  "libtorch " + at::get_cpu_capability() + ", kernels " + std::string(kernel_instruction_set()));
}

}  // namespace tandem
