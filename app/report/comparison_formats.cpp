#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/report/comparison.h"
#include "app/report/metric_format.h"
#include "app/report/number_format.h"
#include "app/report/text_width.h"
#include "engine/api/utf8.h"

namespace tandem::report {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t id_digits = 12;
constexpr std::size_t excerpt_before = 20;  // characters that lead up to a difference
constexpr std::size_t excerpt_length = 60;
constexpr std::size_t longest_value = 48;

std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return printable(text);
}

std::string value_text(const std::optional<std::string>& value) {
    if (!value) {
        return "-";
    }
    return value->empty() ? "(empty)" : cut_to_width(one_line(*value), longest_value);
}

std::string signed_number(double value, int decimals) {
    return (value > 0 ? "+" : "") + fixed(value, decimals);
}

// "+12.3 [+10.1, +14.5]"
std::string difference_text(const Difference& difference, const Unit& unit) {
    if (!difference.difference) {
        return "-";
    }
    const double shown = *difference.difference / unit.divisor;
    if (!difference.ci95_low) {
        return signed_number(shown, decimals_in(unit, shown, std::nullopt));
    }
    const double low = *difference.ci95_low / unit.divisor;
    const double high = *difference.ci95_high / unit.divisor;
    const int decimals = decimals_in(unit, shown, (high - low) / 2);
    return signed_number(shown, decimals) + " [" + signed_number(low, decimals) + ", " + signed_number(high, decimals) +
           "]";
}

std::string verdict_in_words(const MetricEffect& effect, const Difference& difference) {
    if (!difference.difference) {
        return "-";
    }
    std::string text(verdict_text(difference.verdict));
    const Better better = metric_info(effect.name).better;
    if (difference.verdict == Verdict::different && better != Better::unknown) {
        text = (*difference.difference < 0) == (better == Better::lower) ? "better" : "worse";
    }
    return text;
}

void add_causes(const std::vector<Cause>& causes, const std::vector<std::string>& ids, ResultTable& table) {
    table.columns = {{.key = "group", .heading = "group"}, {.key = "name", .heading = "what"}};
    for (const std::string& id : ids) {
        table.columns.push_back({.key = id, .heading = id.substr(0, id_digits)});
    }
    for (const Cause& cause : causes) {
        std::vector<TableCell> row{{.text = cause.group, .tone = Tone::quiet}, {.text = cause.name}};
        for (const auto& value : cause.values) {
            row.push_back({.text = value_text(value), .tone = value ? Tone::plain : Tone::quiet});
        }
        table.rows.push_back(std::move(row));
    }
}

std::string metrics_text(const Comparison& comparison, const TerminalStyle& style) {
    ResultTable table;
    table.columns = {{.key = "metric", .heading = "metric"}, {.key = "unit", .heading = "unit"}};
    for (std::size_t i = 0; i < comparison.ids.size(); ++i) {
        table.columns.push_back(
            {.key = comparison.ids[i], .heading = comparison.ids[i].substr(0, id_digits), .number = true});
        if (i > 0) {
            table.columns.push_back({.key = "difference", .heading = "difference [95 % CI]", .number = true});
            table.columns.push_back({.key = "ratio", .heading = "ratio", .number = true});
            table.columns.push_back({.key = "verdict", .heading = "verdict"});
        }
    }
    for (const MetricEffect& effect : comparison.metrics) {
        const MetricInfo info = metric_info(effect.name);
        double largest = 0;
        for (const auto& value : effect.values) {
            largest = std::max(largest, value ? std::abs(*value->mean) : 0);
        }
        const Unit unit = choose_unit(info.quantity, largest);
        std::vector<TableCell> row{{.text = info.heading}, {.text = unit.name, .tone = Tone::quiet}};
        for (std::size_t i = 0; i < effect.values.size(); ++i) {
            const auto& value = effect.values[i];
            row.push_back({.text = value ? format_metric(*value, unit) : "-"});
            if (i == 0) {
                continue;
            }
            const Difference& difference = effect.differences[i - 1];
            row.push_back({.text = difference_text(difference, unit)});
            row.push_back({.text = difference.ratio
                                       ? fixed(*difference.ratio, decimals_for(*difference.ratio, std::nullopt))
                                       : "-"});
            const std::string verdict = verdict_in_words(effect, difference);
            row.push_back({.text = verdict,
                           .tone = verdict == "better"  ? Tone::best
                                   : verdict == "worse" ? Tone::failed
                                                        : Tone::quiet});
        }
        table.rows.push_back(std::move(row));
    }
    return to_text(table, style);
}

std::string excerpt(const std::string& text, std::size_t from, std::size_t characters) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < from && at < text.size(); ++i) {
        (void)next_character(text, at);
    }
    const std::size_t begin = at;
    for (std::size_t i = 0; i < characters && at < text.size(); ++i) {
        (void)next_character(text, at);
    }
    return (begin > 0 ? "…" : "") + one_line(text.substr(begin, at - begin)) + (at < text.size() ? "…" : "");
}

std::string outputs_text(const Comparison& comparison) {
    std::string text;
    for (const OutputEffect& effect : comparison.outputs) {
        text += "\nprompt " + std::to_string(effect.prompt + 1) + "\n";
        std::size_t from = static_cast<std::size_t>(-1);
        for (const auto& difference : effect.first_difference) {
            from = std::min(from, difference.value_or(from));
        }
        from = from == static_cast<std::size_t>(-1) || from < excerpt_before ? 0 : from - excerpt_before;
        for (std::size_t i = 0; i < effect.values.size(); ++i) {
            text += "  " + comparison.ids[i].substr(0, id_digits) + "  ";
            text += effect.values[i] ? excerpt(*effect.values[i], from, excerpt_length) : "(no output)";
            if (i > 0 && effect.first_difference[i - 1]) {
                text += "  (differs from character " + std::to_string(*effect.first_difference[i - 1] + 1) + " on)";
            } else if (i > 0 && effect.values[i] && effect.values.front()) {
                text += "  (the same)";
            }
            text += '\n';
        }
    }
    return text;
}

ordered_json causes_json(const std::vector<Cause>& causes) {
    ordered_json list = ordered_json::array();
    for (const Cause& cause : causes) {
        ordered_json values = ordered_json::array();
        for (const auto& value : cause.values) {
            values.push_back(value ? ordered_json(*value) : ordered_json(nullptr));
        }
        list.push_back({{"group", cause.group}, {"name", cause.name}, {"values", std::move(values)}});
    }
    return list;
}

template <class T>
ordered_json or_null(const std::optional<T>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

}  // namespace

std::string to_text(const Comparison& comparison, const TerminalStyle& style) {
    const auto heading = [&](const std::string& text) {
        return style.colour ? "\x1b[1;4m" + text + "\x1b[0m\n\n" : text + "\n\n";
    };
    std::string text = heading("Causes: what was different");
    if (comparison.causes.empty()) {
        text += "nothing: job, machine and build are the same\n";
    } else {
        ResultTable table;
        add_causes(comparison.causes, comparison.ids, table);
        text += to_text(table, style);
    }
    text += "\n" + heading("Effects: what came of it");
    if (!comparison.outcomes.empty()) {
        ResultTable table;
        add_causes(comparison.outcomes, comparison.ids, table);
        text += to_text(table, style) + "\n";
    }
    if (comparison.metrics.empty()) {
        text += "no metric to compare\n";
    } else {
        text += metrics_text(comparison, style);
        text +=
            "\nDifferences are to the first trial, with the 95 % interval of Welch's t, those of scores by the paired "
            "bootstrap over the examples. better, worse: the interval leaves zero out.\nRepetitions of one run share "
            "its machine state; a cause is proven by repeating trials, "
            "not by one pair.\n";
    }
    if (comparison.equal_metrics > 0) {
        text += std::to_string(comparison.equal_metrics) + " counted metric(s) are the same\n";
    }
    text += outputs_text(comparison);
    if (comparison.equal_outputs > 0) {
        text += "\n" + std::to_string(comparison.equal_outputs) + " generated text(s) are the same\n";
    }
    return text;
}

ordered_json to_json(const Comparison& comparison) {
    ordered_json json;
    json["trials"] = comparison.ids;
    json["causes"] = causes_json(comparison.causes);
    ordered_json& effects = json["effects"];
    effects["outcomes"] = causes_json(comparison.outcomes);
    effects["metrics"] = ordered_json::array();
    for (const MetricEffect& effect : comparison.metrics) {
        ordered_json entry{{"name", effect.name}, {"values", ordered_json::array()}};
        for (const auto& value : effect.values) {
            entry["values"].push_back(value ? ordered_json{{"n", value->n},
                                                           {"mean", or_null(value->mean)},
                                                           {"sd", or_null(value->sd)},
                                                           {"ci95_low", or_null(value->ci95_low)},
                                                           {"ci95_high", or_null(value->ci95_high)}}
                                            : ordered_json(nullptr));
        }
        entry["differences"] = ordered_json::array();
        for (const Difference& difference : effect.differences) {
            entry["differences"].push_back({{"difference", or_null(difference.difference)},
                                            {"ratio", or_null(difference.ratio)},
                                            {"ci95_low", or_null(difference.ci95_low)},
                                            {"ci95_high", or_null(difference.ci95_high)},
                                            {"degrees_of_freedom", or_null(difference.degrees)},
                                            {"p", or_null(difference.p)},
                                            {"verdict", verdict_text(difference.verdict)}});
        }
        effects["metrics"].push_back(std::move(entry));
    }
    effects["equal_metrics"] = comparison.equal_metrics;
    effects["outputs"] = ordered_json::array();
    for (const OutputEffect& effect : comparison.outputs) {
        ordered_json entry{
            {"prompt", effect.prompt}, {"texts", ordered_json::array()}, {"first_difference", ordered_json::array()}};
        for (const auto& value : effect.values) {
            entry["texts"].push_back(or_null(value));
        }
        for (const auto& difference : effect.first_difference) {
            entry["first_difference"].push_back(or_null(difference));
        }
        effects["outputs"].push_back(std::move(entry));
    }
    effects["equal_outputs"] = comparison.equal_outputs;
    return json;
}

}  // namespace tandem::report
