// Small experiments as text, and what the reader says of them. Thread rule: one thread at a time.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/spec/spec.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {

inline constexpr const char* file_name = "e.yaml";

// Sections of a smallest experiment, each to be replaced by a test. Lines: tandem 1, name 2, models 3, pairings 4,
// workloads 5, the rest from 6.
struct Text {
    std::string name = "name: probe";
    std::string models = "models: {tiny: random:smollm2-135m}";
    std::string pairings = "pairings: {alone: tiny}";
    std::string workloads = "workloads: {speed: {kind: benchmark}}";
    std::string rest{};

    std::string yaml() const {
        return "tandem: 1\n" + name + "\n" + models + "\n" + pairings + "\n" + workloads + "\n" + rest;
    }
};

inline std::string with(const std::string& rest) {
    return Text{.rest = rest}.yaml();
}

inline ExperimentSpec read(const std::string& yaml, const std::vector<Override>& overrides = {}) {
    const Result<ExperimentSpec> spec = parse_experiment(yaml, file_name, overrides);
    EXPECT_TRUE(spec.ok()) << (spec.ok() ? std::string() : spec.error().to_string()) << "\n" << yaml;
    return spec.ok() ? *spec : ExperimentSpec{};
}

inline Error refusal(const std::string& yaml, const std::vector<Override>& overrides = {}) {
    const Result<ExperimentSpec> spec = parse_experiment(yaml, file_name, overrides);
    EXPECT_FALSE(spec.ok()) << yaml.substr(0, 500);
    return spec.ok() ? Error{.code = "accepted", .message = {}, .where = {}} : spec.error();
}

// Values of the axis that varies `path`; empty where none does.
inline std::vector<std::string> axis_values(const ExperimentSpec& spec, std::string_view path) {
    for (const SweepGroup& group : spec.sweep) {
        for (const SweepAxis& axis : group.axes) {
            if (axis.path == path) {
                return axis.values;
            }
        }
    }
    return {};
}

class Folder : public TemporaryFolder {
public:
    std::filesystem::path write(const std::string& name, std::string_view text) const {
        write_file(*this / name, text);
        return *this / name;
    }
};

}  // namespace tandem::test
