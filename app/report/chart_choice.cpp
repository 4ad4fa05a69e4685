#include "app/report/chart_choice.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "engine/api/job.h"

namespace tandem::report {
namespace {

constexpr std::size_t most_curves = 10;
constexpr std::size_t fewest_values = 3;
constexpr double logarithmic_from = 8;  // largest / smallest

template <class Options>
void find_unit(const std::string& name, std::string& unit) {
    const Options options{};
    Options::visit(options, [&](const FieldInfo& info, const auto&) {
        if (info.name == name && unit.empty()) {
            unit = info.unit;
        }
    });
}

std::vector<std::string> values_of(const std::vector<ResultRow>& rows, const std::string& key) {
    std::vector<std::string> values;
    for (const ResultRow& row : rows) {
        std::string value = dimension_value(row, key);
        if (std::find(values.begin(), values.end(), value) == values.end()) {
            values.push_back(std::move(value));
        }
    }
    return values;
}

std::optional<CurveLayout> layout_along(const std::vector<ResultRow>& rows, const Dimension& along,
                                        const std::vector<Dimension>& all) {
    CurveLayout layout{.setting = along.key, .heading = along.heading, .values = {}, .curves = {}};
    std::map<std::string, std::size_t> curve_of;
    std::vector<ResultRow> representatives;
    std::set<std::pair<std::size_t, double>> taken;
    std::set<double> values;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto value = number_of(dimension_value(rows[i], along.key));
        if (!value) {
            return std::nullopt;
        }
        std::string key;
        for (const Dimension& dimension : all) {
            if (dimension.varies && dimension.key != along.key) {
                key += dimension_value(rows[i], dimension.key) + '\x1f';
            }
        }
        const auto [found, added] = curve_of.emplace(key, layout.curves.size());
        if (added) {
            layout.curves.emplace_back();
            representatives.push_back(rows[i]);
            std::erase_if(representatives.back().trial.settings,
                          [&](const auto& setting) { return setting.first == along.key; });
        }
        if (!taken.emplace(found->second, *value).second || layout.curves.size() > most_curves) {
            return std::nullopt;
        }
        values.insert(*value);
        layout.curves[found->second].rows.push_back(i);
    }
    if (values.size() < fewest_values) {
        return std::nullopt;
    }
    layout.values.assign(values.begin(), values.end());
    layout.logarithmic = layout.values.front() > 0 && layout.values.back() / layout.values.front() >= logarithmic_from;
    const std::vector<std::string> labels = row_labels(representatives);
    for (std::size_t c = 0; c < layout.curves.size(); ++c) {
        auto& curve = layout.curves[c];
        curve.label = labels[c];
        std::sort(curve.rows.begin(), curve.rows.end(), [&](std::size_t a, std::size_t b) {
            return number_of(dimension_value(rows[a], along.key)) < number_of(dimension_value(rows[b], along.key));
        });
    }
    return layout;
}

}  // namespace

std::optional<double> number_of(const std::string& text) {
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = failed == std::errc() && end == text.data() + text.size() && std::isfinite(value);
    return whole ? std::optional(value) : std::nullopt;
}

std::string setting_unit(const std::string& path) {
    const std::string name = path.substr(path.rfind('.') + 1);
    std::string unit;
    find_unit<BenchmarkWorkload>(name, unit);
    find_unit<GenerateWorkload>(name, unit);
    find_unit<LoadOptions>(name, unit);
    find_unit<DeviceOptions>(name, unit);
    return unit;
}

Colouring colour_rows(const std::vector<ResultRow>& rows) {
    Colouring colouring{.of_row = std::vector<std::size_t>(rows.size(), 0), .legend = {}};
    std::vector<Dimension> candidates = dimensions(rows);
    const auto preference = [](const Dimension& dimension) {
        return dimension.key == "model" ? 0 : dimension.key == "pairing" ? 1 : dimension.key == "load.dtype" ? 2 : 3;
    };
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](const auto& a, const auto& b) { return preference(a) < preference(b); });
    for (const Dimension& dimension : candidates) {
        const std::vector<std::string> values = values_of(rows, dimension.key);
        if (!dimension.varies || values.size() > colours || dimension.key == "seed") {
            continue;
        }
        for (std::size_t v = 0; v < values.size(); ++v) {
            const bool bare = !number_of(values[v]).has_value() && !values[v].empty();
            colouring.legend.push_back(
                {bare ? values[v] : dimension.heading + " " + (values[v].empty() ? "-" : values[v]), colour_class(v)});
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto found = std::find(values.begin(), values.end(), dimension_value(rows[i], dimension.key));
            colouring.of_row[i] = static_cast<std::size_t>(found - values.begin());
        }
        return colouring;
    }
    return colouring;
}

std::optional<CurveLayout> curve_layout(const std::vector<ResultRow>& rows) {
    std::vector<Dimension> all = dimensions(rows);
    std::optional<CurveLayout> best;
    for (const Dimension& dimension : all) {
        if (!dimension.varies || dimension.key.find('.') == std::string::npos) {
            continue;
        }
        auto layout = layout_along(rows, dimension, all);
        if (layout && (!best || layout->values.size() > best->values.size())) {
            best = std::move(layout);
        }
    }
    return best;
}

}  // namespace tandem::report
