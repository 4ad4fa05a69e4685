#include <algorithm>
#include <cmath>

#include "experiments/spec/options_reader.h"
#include "experiments/spec/sweep_reader.h"

namespace tandem {
namespace {

struct RangeOptions {
    double from = 0, to = 0, step = 1;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "from", .doc = "First value.", .min = -9e15, .max = 9e15}, self.from);
        visitor(FieldInfo{.name = "to", .doc = "Last value, if a step meets it.", .min = -9e15, .max = 9e15}, self.to);
        visitor(FieldInfo{.name = "step", .doc = "Added each time.", .min = 1e-9, .max = 9e15}, self.step);
    }
};

struct LogRangeOptions {
    double from = 1, to = 1, factor = 2;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "from", .doc = "First value.", .min = 1e-12, .max = 9e15}, self.from);
        visitor(FieldInfo{.name = "to", .doc = "Last value, if a step meets it.", .min = 1e-12, .max = 9e15}, self.to);
        visitor(FieldInfo{.name = "factor", .doc = "Multiplied each time.", .min = 1.001, .max = 1e9}, self.factor);
    }
};

std::string spell(double value) {
    constexpr double exact = 9e15;
    if (value == std::floor(value) && std::abs(value) <= exact) {
        return std::to_string(static_cast<std::int64_t>(value));
    }
    // Twelve digits hide what adding a step of 0.1 leaves behind.
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.12g", value);
    return buffer;
}

template <class Range>
bool read_range(const YamlNode& node, const std::string& path, Range& range, Problems& problems) {
    Problems own;
    read_options(node, path, range, own);
    if (node.is_map()) {
        for (const std::string_view needed : {"from", "to"}) {
            if (!node.find(needed)) {
                own.add_fault(path, {"SPEC_MISSING", "needs " + std::string(needed)}, node.position());
            }
        }
    }
    if (own.empty() && range.to < range.from) {
        own.add_fault(path,
                      {"SPEC_RANGE", "goes from " + spell(range.from) + " to " + spell(range.to) + ", which is lower"},
                      node.position());
    }
    const bool good = own.empty();
    problems.append(std::move(own));
    return good;
}

void add_too_long(const std::string& path, double count, const SourcePosition& position, Problems& problems) {
    problems.add_fault(
        path, {"SWEEP_TOO_LARGE", "means " + spell(count) + " values, allowed are " + std::to_string(max_trials)},
        position);
}

std::vector<SweepValue> linear(const YamlNode& node, const std::string& path, Problems& problems) {
    RangeOptions range;
    if (!read_range(node, path, range, problems)) {
        return {};
    }
    constexpr double slack = 1e-9;  // a step of 0.1 shall meet 1.0
    const double count = std::floor((range.to - range.from) / range.step + slack) + 1;
    if (count > static_cast<double>(max_trials)) {
        add_too_long(path, count, node.position(), problems);
        return {};
    }
    std::vector<SweepValue> values;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(count); ++i) {
        values.push_back({spell(range.from + static_cast<double>(i) * range.step), false, node.position()});
    }
    return values;
}

std::vector<SweepValue> logarithmic(const YamlNode& node, const std::string& path, Problems& problems) {
    LogRangeOptions range;
    if (!read_range(node, path, range, problems)) {
        return {};
    }
    constexpr double slack = 1 + 1e-9;
    std::vector<SweepValue> values;  // at most log(9e15 / 1e-12) / log(1.001), about 64,000
    for (std::int64_t i = 0;; ++i) {
        const double value = range.from * std::pow(range.factor, static_cast<double>(i));  // no error adds up
        if (!(value <= range.to * slack)) {
            return values;
        }
        values.push_back({spell(value), false, node.position()});
    }
}

}  // namespace

std::vector<SweepValue> read_values(const YamlNode& node, const std::string& path, Problems& problems) {
    std::vector<SweepValue> values;
    const auto add = [&](const YamlNode& item) {
        if (item.is_scalar()) {
            values.push_back({item.text, item.quoted, item.position()});
        } else {
            problems.add_fault(path, {"SPEC_TYPE", "needs plain values, found " + describe(item)}, item.position());
        }
    };
    if (node.is_map()) {
        const bool one = node.items.size() == 1;
        if (one && node.items[0].key == "range") {
            return linear(node.items[0], path + ".range", problems);
        }
        if (one && node.items[0].key == "log_range") {
            return logarithmic(node.items[0], path + ".log_range", problems);
        }
        problems.add_fault(
            path, {"SPEC_TYPE", "needs a list, or {range: {from, to, step}} or {log_range: {from, to, factor}}"},
            node.position());
        return {};
    }
    if (node.is_sequence()) {
        if (node.items.size() > static_cast<std::size_t>(max_trials)) {
            add_too_long(path, static_cast<double>(node.items.size()), node.position(), problems);
            return {};
        }
        std::for_each(node.items.begin(), node.items.end(), add);
        if (node.items.empty()) {
            problems.add_fault(path, {"SPEC_MISSING", "has an empty list; give at least one value"}, node.position());
        }
    } else {
        add(node);
    }
    return values;
}

}  // namespace tandem
