#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "engine/benchmark/energy.h"

namespace tandem {
namespace {

// A powercap folder as Linux lays it out, with counters that the test turns.
class Powercap : public ::testing::Test {
protected:
    void SetUp() override {
        root_ = std::filesystem::path(TANDEM_BINARY_DIR) / "tests" /
                ("powercap-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
        std::filesystem::remove_all(root_);
        std::filesystem::create_directories(root_);
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    void zone(const std::string& folder, const std::string& name, std::int64_t energy_uj,
              std::int64_t range_uj = 262143328850) {
        std::filesystem::create_directories(root_ / folder);
        write(folder + "/name", name);
        write(folder + "/max_energy_range_uj", std::to_string(range_uj));
        turn(folder, energy_uj);
    }
    void turn(const std::string& folder, std::int64_t energy_uj) {
        write(folder + "/energy_uj", std::to_string(energy_uj));
    }
    void write(const std::string& file, const std::string& text) { std::ofstream(root_ / file) << text << "\n"; }

    std::filesystem::path root_;
};

TEST_F(Powercap, energy_is_the_growth_of_all_packages_and_only_of_packages) {
    zone("intel-rapl:0", "package-0", 5'000'000);
    zone("intel-rapl:0:0", "core", 100);
    zone("intel-rapl:1", "package-1", 7'000'000);
    zone("intel-rapl:2", "psys", 0);
    zone("intel-rapl-mmio:0", "package-0", 5'000'000);
    auto meter = EnergyMeter::open(root_);
    ASSERT_TRUE(meter.has_value());
    EXPECT_EQ(meter->source(), "RAPL package-0, package-1");
    EXPECT_EQ(meter->joules(), 0);
    turn("intel-rapl:0", 6'500'000);
    turn("intel-rapl:0:0", 900'000'000);
    turn("intel-rapl:1", 7'250'000);
    turn("intel-rapl:2", 900'000'000);
    turn("intel-rapl-mmio:0", 900'000'000);
    meter->update();
    EXPECT_DOUBLE_EQ(*meter->joules(), 1.75);
}

TEST_F(Powercap, a_counter_that_wraps_around_goes_on_counting) {
    zone("intel-rapl:0", "package-0", 990'000, 999'999);
    auto meter = EnergyMeter::open(root_);
    ASSERT_TRUE(meter.has_value());
    turn("intel-rapl:0", 10'000);
    meter->update();
    EXPECT_DOUBLE_EQ(*meter->joules(), 0.02);
    turn("intel-rapl:0", 5'000);
    meter->update();
    EXPECT_DOUBLE_EQ(*meter->joules(), 1.015);
}

TEST_F(Powercap, no_counter_and_a_hidden_counter_are_both_absent) {
    EXPECT_FALSE(EnergyMeter::open(root_ / "nowhere").has_value());
    EXPECT_FALSE(EnergyMeter::open(root_).has_value());
    zone("intel-rapl:0", "package-0", 1);
    zone("intel-rapl:1", "package-1", 1);
    std::filesystem::remove(root_ / "intel-rapl:1" / "energy_uj");
    EXPECT_FALSE(EnergyMeter::open(root_).has_value());
}

TEST_F(Powercap, a_counter_that_disappears_ends_the_measurement) {
    zone("intel-rapl:0", "package-0", 1'000'000);
    auto meter = EnergyMeter::open(root_);
    ASSERT_TRUE(meter.has_value());
    std::filesystem::remove(root_ / "intel-rapl:0" / "energy_uj");
    meter->update();
    EXPECT_FALSE(meter->joules().has_value());
}

}  // namespace
}  // namespace tandem
