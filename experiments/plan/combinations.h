// The walk through a sweep: which axes concern a pairing, target and workload, which combinations of their values there
// are, in which order, and which of them an exclusion leaves out. What a value does to a trial is not asked here.
// Thread rule: plain data; a Cell points into the Sweep it is of, a Combination into its Cell, and all into the spec.
// Errors: none; the spec's paths were judged when it was read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/spec/spec.h"
#include "experiments/spec/sweep_path.h"

namespace tandem {

struct Axis {
    SweepPath path;
    const SweepAxis* declared = nullptr;
};

// One pairing, target and workload, and the groups of axes and the exclusions that concern them.
struct Cell {
    // What a combination must have taken to be left out: of this group and axis, this value.
    struct Taken {
        std::size_t group = 0;
        const SweepAxis* axis = nullptr;
        const std::string* value = nullptr;
    };

    const PairingSpec& pairing;
    const TargetSpec& target;
    const WorkloadSpec& workload;
    std::vector<std::vector<const Axis*>> groups;  // none empty
    std::vector<std::vector<Taken>> exclusions;

    // Trials of all combinations, excluded ones too, so many seeds each. Saturates.
    std::int64_t trials(std::size_t seeds) const;

    bool sweeps(SweepSection section, std::string_view knob) const;

    // Of the first axis; of the workload where nothing is swept.
    const SourcePosition& position() const;
};

class Sweep {
public:
    // The spec outlives this.
    explicit Sweep(const ExperimentSpec& spec);

    Cell cell(const PairingSpec& pairing, const TargetSpec& target, const WorkloadSpec& workload) const;

private:
    struct Exclusion {
        std::vector<std::pair<SweepPath, std::string>> equals;
    };

    std::vector<std::vector<Axis>> groups_;
    std::vector<Exclusion> exclusions_;
};

// A value for each axis of a cell. Where nothing is swept there is one combination, of no values.
class Combination {
public:
    struct Value {
        const Axis& axis;
        const std::string& text;
    };

    // The first one.
    explicit Combination(const Cell& cell) : cell_(cell), at_(cell.groups.size(), 0) {}

    // To the next one, the last group fastest, as nested loops in the file's order would; false: there is none.
    bool advance();

    bool is_excluded() const;
    std::vector<Value> values() const;  // in axis order

private:
    const Cell& cell_;
    std::vector<std::size_t> at_;  // place in the values, by group
};

}  // namespace tandem
