#include "db/queries/filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <set>
#include <string_view>
#include <utility>

#include "engine/api/report.h"
#include "experiments/spec/spec.h"

namespace tandem {
namespace {

constexpr std::array<std::string_view, 7> operators{"!=", "<=", ">=", "=", "<", ">", "~"};
constexpr std::string_view key_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-+";

Error filter_error(const std::string& message, const std::string& where) {
    return Error{.code = "QUERY_FILTER",
                 .message = message +
                            "; a filter is KEY OP VALUE with OP one of = != < <= > >= ~, several are joined "
                            "by commas, and a value with a comma or a key with other signs stands in double quotes",
                 .where = where,
                 .kind = ErrorKind::bad_input};
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split_outside_quotes(std::string_view text) {
    std::vector<std::string_view> parts;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        quoted = text[i] == '"' ? !quoted : quoted;
        if (text[i] == ',' && !quoted) {
            parts.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    parts.push_back(text.substr(begin));
    return parts;
}

// The key and what stands behind it; in double quotes it may hold anything, as "bleu:tok=zh" does.
std::pair<std::string_view, std::string_view> split_key(std::string_view text) {
    if (const std::size_t end = text.find('"', 1); text.starts_with('"') && end != std::string_view::npos) {
        return {text.substr(1, end - 1), text.substr(end + 1)};
    }
    const std::size_t end = std::min(text.find_first_not_of(key_characters), text.size());
    return {text.substr(0, end), text.substr(end)};
}

Result<Filter> parse_filter(std::string_view part) {
    const std::string_view text = trimmed(part);
    const std::string where = "filter '" + std::string(text) + "'";
    const auto [key, behind] = split_key(text);
    Filter filter{.key = std::string(key), .op = {}, .value = {}};
    const std::string_view rest = trimmed(behind);
    const auto op = std::find_if(operators.begin(), operators.end(), [&](std::string_view candidate) {
        return rest.substr(0, candidate.size()) == candidate;
    });
    if (filter.key.empty()) {
        return filter_error("a filter begins with the name of a column, setting or metric", where);
    }
    if (op == operators.end()) {
        return filter_error("no operator follows '" + filter.key + "'", where);
    }
    filter.op = *op;
    std::string_view value = trimmed(rest.substr(op->size()));
    if (std::count(value.begin(), value.end(), '"') % 2 != 0) {
        return filter_error("a double quote is not closed", where);
    }
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
    }
    filter.value = std::string(value);
    return filter;
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::string lower(std::string text) {
    for (char& character : text) {
        if (character >= 'A' && character <= 'Z') {
            character = static_cast<char>(character - 'A' + 'a');
        }
    }
    return text;
}

constexpr std::array<std::string_view, 16> columns{
    "id",   "experiment", "pairing", "model",    "partner",    "baseline",    "target",     "workload",
    "kind", "seed",       "state",   "attempts", "started_at", "finished_at", "error_code", "error_message"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string column_text(const TrialRow& row, std::string_view column) {
    const std::array<std::string, columns.size()> values{row.id,         row.experiment,
                                                         row.pairing,    row.model,
                                                         row.partner,    row.baseline,
                                                         row.target,     row.workload,
                                                         row.kind,       std::to_string(row.seed),
                                                         row.state,      std::to_string(row.attempts),
                                                         row.started_at, row.finished_at,
                                                         row.error_code, row.error_message};
    return values[static_cast<std::size_t>(std::find(columns.begin(), columns.end(), column) - columns.begin())];
}

// Columns, settings by their whole path and their last word, metrics.
std::vector<std::string> known_keys(const std::vector<TrialRow>& rows) {
    std::set<std::string> names;
    for (const TrialRow& row : rows) {
        for (const auto& setting : row.settings) {
            names.insert(setting.first);
            names.insert(setting.first.substr(setting.first.rfind('.') + 1));
        }
        for (const auto& metric : row.metrics) {
            names.insert(metric.first);
        }
    }
    std::vector<std::string> keys(columns.begin(), columns.end());
    keys.insert(keys.end(), names.begin(), names.end());
    return keys;
}

Error unknown_key(const Filter& filter, const std::vector<TrialRow>& rows) {
    const std::vector<std::string> keys = known_keys(rows);
    const std::string near = did_you_mean(filter.key, keys);
    std::string known;
    for (const std::string& key : keys) {
        known += (known.empty() ? "" : ", ") + key;
    }
    return filter_error("no trial has '" + filter.key + "'" +
                            (near.empty() ? std::string(".") : "; did you mean '" + near + "'?") +
                            " Known here: " + known,
                        "filter '" + filter.key + filter.op + filter.value + "'");
}

}  // namespace

Result<std::vector<Filter>> parse_filters(const std::string& text) {
    std::vector<Filter> filters;
    if (trimmed(text).empty()) {
        return filters;
    }
    for (const std::string_view part : split_outside_quotes(text)) {
        filters.push_back(TANDEM_TRY(parse_filter(part)));
    }
    return filters;
}

namespace db {

std::optional<std::string> filter_value(const TrialRow& row, const std::string& key) {
    if (contains(columns, key)) {
        return column_text(row, key);
    }
    for (const auto& [path, value] : row.settings) {
        if (path == key ||
            (path.size() > key.size() && path.ends_with(key) && path[path.size() - key.size() - 1] == '.')) {
            return value;
        }
    }
    const auto metric = row.metrics.find(key);
    if (metric == row.metrics.end() || !metric->second.mean) {
        return std::nullopt;
    }
    std::array<char, 32> digits{};
    const int size = std::snprintf(digits.data(), digits.size(), "%.17g", *metric->second.mean);
    return std::string(digits.data(), static_cast<std::size_t>(size));
}

bool matches(const TrialRow& row, const Filter& filter) {
    const auto value = filter_value(row, filter.key);
    if (!value) {
        return false;
    }
    if (filter.op == "~") {
        return lower(*value).find(lower(filter.value)) != std::string::npos;
    }
    const auto left = number(*value);
    const auto right = number(filter.value);
    const auto compare = [&](const auto& a, const auto& b) {
        if (filter.op == "=" || filter.op == "!=") {
            return (a == b) == (filter.op == "=");
        }
        if (filter.op == "<" || filter.op == "<=") {
            return filter.op == "<" ? a < b : a <= b;
        }
        return filter.op == ">" ? a > b : a >= b;
    };
    return left && right ? compare(*left, *right) : compare(*value, filter.value);
}

Result<void> apply_filters(std::vector<TrialRow>& rows, const std::vector<Filter>& filters) {
    for (const Filter& filter : filters) {
        const bool known = rows.empty() || contains(columns, filter.key) || contains(metric_names, filter.key) ||
                           std::any_of(rows.begin(), rows.end(), [&](const TrialRow& row) {
                               return row.metrics.contains(filter.key) || filter_value(row, filter.key).has_value();
                           });
        if (!known) {
            return unknown_key(filter, rows);
        }
        if (filter.op != "~" && contains(metric_names, filter.key) && !number(filter.value)) {
            return filter_error("'" + filter.key + "' is a number and '" + filter.value + "' is none",
                                "filter '" + filter.key + filter.op + filter.value + "'");
        }
    }
    std::erase_if(rows, [&](const TrialRow& row) {
        return !std::all_of(filters.begin(), filters.end(), [&](const Filter& f) { return matches(row, f); });
    });
    return {};
}

}  // namespace db
}  // namespace tandem
