#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "experiments/execute/machine.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

// A root folder with the files of a made-up machine.
class FakeMachine : public testing::Test {
protected:
    FakeMachine() {
        put("proc/sys/kernel/hostname", "bench-3\n");
        put("proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
        put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Example 3000 CPU\nflags\t\t: fpu avx2 fma syscall f16c\n");
        put("proc/meminfo", "MemTotal:        8000000 kB\nMemFree:  100 kB\nMemAvailable:    6000000 kB\n");
        put("proc/self/status", "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,6\n");
        put("sys/devices/system/cpu/online", "0-7\n");
        put("etc/os-release", "NAME=x\nPRETTY_NAME=\"Example Linux 12\"\n");
    }
    void put(const std::string& file, const std::string& text) { test::write_file(root_ / file, text); }
    const test::TemporaryFolder folder_;
    const std::filesystem::path root_ = folder_.path();
};

TEST_F(FakeMachine, is_described_by_its_files) {
    const MachineDescription machine = describe_machine(root_);
    EXPECT_EQ(machine.host, "bench-3");
    EXPECT_EQ(machine.cpu, "Example 3000 CPU");
    EXPECT_EQ(machine.cpu_features, (std::vector<std::string>{"avx2", "f16c", "fma"}));
    EXPECT_EQ(machine.cores, 5);
    EXPECT_EQ(machine.memory_bytes, 8'000'000LL * 1024);
    EXPECT_EQ(machine.os, "Example Linux 12");
    EXPECT_EQ(machine.kernel, "6.1.0-28-amd64");
    EXPECT_TRUE(machine.gpus.empty());
}

TEST_F(FakeMachine, memory_is_what_the_tightest_control_group_allows) {
    put("proc/self/cgroup", "0::/outer/inner\n");
    put("sys/fs/cgroup/outer/memory.max", "4000000000\n");
    put("sys/fs/cgroup/outer/memory.current", "1500000000\n");
    put("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 500000000\nactive_file 2\n");
    put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
    EXPECT_EQ(describe_machine(root_).memory_bytes, 4'000'000'000);
    EXPECT_EQ(read_machine(root_).memory_available_bytes, 3'000'000'000);
}

TEST_F(FakeMachine, the_first_version_of_control_groups_is_read_too) {
    put("proc/self/cgroup", "5:cpu:/a\n4:memory:/job\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1000000000\n");
    put("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "250000000\n");
    EXPECT_EQ(describe_machine(root_).memory_bytes, 1'000'000'000);
    EXPECT_EQ(read_machine(root_).memory_available_bytes, 750'000'000);
}

TEST_F(FakeMachine, readings_come_from_sysfs) {
    put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    put("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400000\n");
    put("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
    put("sys/class/thermal/thermal_zone0/temp", "48500\n");
    put("sys/class/power_supply/AC/type", "Mains\n");
    put("sys/class/power_supply/BAT0/type", "Battery\n");
    put("sys/class/power_supply/BAT0/status", "Discharging\n");
    put("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA Example\nIRQ: 1\n");
    const MachineReadings readings = read_machine(root_);
    EXPECT_EQ(readings.governor, "powersave");
    EXPECT_EQ(readings.frequency_khz, 2'400'000);
    ASSERT_EQ(readings.temperatures.size(), 1U);
    EXPECT_EQ(readings.temperatures[0].first, "x86_pkg_temp");
    EXPECT_DOUBLE_EQ(readings.temperatures[0].second, 48.5);
    EXPECT_EQ(readings.power_source, "battery");
    EXPECT_EQ(describe_machine(root_).gpus, std::vector<std::string>{"NVIDIA Example"});
}

TEST_F(FakeMachine, environment_is_canonical_json_with_null_for_what_is_not_known) {
    const std::string text = machine_environment_json(root_);
    EXPECT_EQ(text, machine_environment_json(root_));
    const auto environment = nlohmann::json::parse(text);
    EXPECT_EQ(environment.at("host"), "bench-3");
    EXPECT_EQ(environment.at("cpu"), "Example 3000 CPU");
    EXPECT_TRUE(environment.at("governor").is_null());
    EXPECT_FALSE(environment.at("build").get<std::string>().empty());
    EXPECT_EQ(environment.dump(), text);
}

TEST(Machine, an_empty_root_is_answered_with_nothing_known) {
    const MachineDescription machine = describe_machine("/nonexistent");
    EXPECT_TRUE(machine.cpu.empty());
    EXPECT_EQ(machine.memory_bytes, 0);
    EXPECT_FALSE(count_oom_kills("/nonexistent").has_value());
}

TEST(Machine, the_real_one_has_memory_and_cores) {
    EXPECT_GT(describe_machine().memory_bytes, 1 << 20);
    EXPECT_GE(describe_machine().cores, 1);
    EXPECT_GT(read_machine().memory_available_bytes, 0);
}

}  // namespace
}  // namespace tandem
