#include "experiments/spec/scalar.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "experiments/spec/spec.h"

namespace tandem {
namespace {

std::string shown(Scalar scalar) {
    const std::string text = shortened(scalar.text);
    return scalar.quoted ? "\"" + text + "\" in quotes, which is text" : text;
}

// std::from_chars takes no leading plus and would take "inf" and "nan"; YAML takes the one and we refuse the other.
std::string_view number_text(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') {
        text.remove_prefix(1);
    }
    return text;
}

template <class T>
bool parse_whole(std::string_view text, T& out) {
    text = number_text(text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

// Out of a double's range (1e999) is still a number.
bool looks_numeric(std::string_view text) {
    double ignored = 0;
    if (text.find_first_of("0123456789") == std::string_view::npos ||
        text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
        return false;
    }
    text = number_text(text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ignored);
    return error != std::errc::invalid_argument && end == text.data() + text.size();
}

bool is_old_boolean(std::string_view text) {
    for (const std::string_view word : {"yes", "Yes", "YES", "no", "No", "NO", "on",   "On",   "ON",    "off",
                                        "Off", "OFF", "y",   "Y",  "n",  "N",  "True", "TRUE", "False", "FALSE"}) {
        if (text == word) {
            return true;
        }
    }
    return false;
}

// The factor of a size's suffix, and the digits before it.
double size_factor(std::string_view& text) {
    constexpr std::array<std::pair<std::string_view, double>, 8> suffixes{{{"KiB", 1024.0},
                                                                           {"MiB", 1024.0 * 1024},
                                                                           {"GiB", 1024.0 * 1024 * 1024},
                                                                           {"TiB", 1024.0 * 1024 * 1024 * 1024},
                                                                           {"kB", 1e3},
                                                                           {"MB", 1e6},
                                                                           {"GB", 1e9},
                                                                           {"TB", 1e12}}};
    for (const auto& [suffix, factor] : suffixes) {
        if (text.ends_with(suffix)) {
            text.remove_suffix(suffix.size());
            while (text.ends_with(' ')) {
                text.remove_suffix(1);
            }
            return factor;
        }
    }
    return 0;
}

MaybeFault range_fault(double value, Scalar scalar, const FieldInfo& info) {
    if (value >= info.min && value <= info.max) {
        return std::nullopt;
    }
    return Fault{"SPEC_RANGE", "is " + shown(scalar) + ", allowed is " + describe_range(info)};
}

Fault whole_number_fault(Scalar scalar, const FieldInfo& info) {
    std::string message = "needs a whole number";
    if (info.unit == "bytes") {
        message += " of bytes, as 4294967296 or 4GiB";
    } else if (!info.unit.empty()) {
        message += " of " + std::string(info.unit);
    }
    message += ", found " + shown(scalar);
    std::int64_t ignored = 0;
    if (scalar.quoted && parse_whole(scalar.text, ignored)) {
        message += "; remove the quotes";
    }
    return {"SPEC_TYPE", message};
}

}  // namespace

std::string spell_number(double value) {
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return {buffer.data(), error == std::errc() ? end : buffer.data()};
}

std::string join_choices(const std::vector<std::string>& choices) {
    constexpr std::size_t most = 40;
    if (choices.size() > most) {
        const std::vector<std::string> first(choices.begin(), choices.begin() + most);
        return join_choices(first) + ", and " + std::to_string(choices.size() - most) + " more";
    }
    std::string text;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i];
    }
    return text;
}

std::string describe_range(const FieldInfo& info) {
    const bool low = std::isfinite(info.min);
    const bool high = std::isfinite(info.max);
    const auto spell = [](double value) {
        constexpr double exact = 1e15;
        return std::abs(value) <= exact && value == std::floor(value) ? std::to_string(static_cast<std::int64_t>(value))
                                                                      : spell_number(value);
    };
    std::string text = low && high ? spell(info.min) + " to " + spell(info.max)
                       : low       ? "from " + spell(info.min)
                       : high      ? "up to " + spell(info.max)
                                   : "any number";
    if (!info.unit.empty()) {
        text += " " + std::string(info.unit);
    }
    return text;
}

MaybeFault read_scalar(Scalar scalar, const FieldInfo&, bool& out) {
    if (!scalar.quoted && (scalar.text == "true" || scalar.text == "false")) {
        out = scalar.text == "true";
        return std::nullopt;
    }
    std::string message = "needs true or false, found " + shown(scalar);
    if (!scalar.quoted && is_old_boolean(scalar.text)) {
        const bool negative = scalar.text[0] == 'n' || scalar.text[0] == 'N' || scalar.text[0] == 'f' ||
                              scalar.text[0] == 'F' ||
                              ((scalar.text[0] == 'o' || scalar.text[0] == 'O') && scalar.text.size() == 3);
        message += std::string("; write ") + (negative ? "false" : "true");
    } else if (scalar.quoted && (scalar.text == "true" || scalar.text == "false")) {
        message += "; remove the quotes";
    }
    return Fault{"SPEC_TYPE", message};
}

MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, std::int64_t& out) {
    if (scalar.quoted) {
        return whole_number_fault(scalar, info);
    }
    if (info.unit == "bytes") {
        std::string_view digits = scalar.text;
        double value = 0;
        if (const double factor = size_factor(digits); factor > 0) {
            if (!looks_numeric(digits) || !parse_whole(digits, value)) {
                return whole_number_fault(scalar, info);
            }
            value *= factor;
            constexpr double past_int64 = 9.2e18;
            MaybeFault fault = range_fault(value, scalar, info);
            if (!fault && std::abs(value) >= past_int64) {
                fault = Fault{"SPEC_RANGE", "is " + shown(scalar) + ", which is too large"};
            }
            if (!fault && value != 0 && std::llround(value) == 0) {
                fault = Fault{"SPEC_RANGE", "is " + shown(scalar) + ", which is less than a byte"};
            }
            if (!fault) {
                out = std::llround(value);
            }
            return fault;
        }
    }
    const std::string_view text = number_text(scalar.text);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || text.empty()) {
        return whole_number_fault(scalar, info);
    }
    if (error == std::errc::result_out_of_range) {
        return Fault{"SPEC_RANGE", "is " + shown(scalar) + ", allowed is " + describe_range(info)};
    }
    if (error != std::errc()) {
        return whole_number_fault(scalar, info);
    }
    MaybeFault fault = range_fault(static_cast<double>(value), scalar, info);
    if (!fault) {
        out = value;
    }
    return fault;
}

MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, double& out) {
    double value = 0;
    if (!scalar.quoted && looks_numeric(scalar.text) && !parse_whole(scalar.text, value)) {
        return Fault{"SPEC_RANGE",
                     "is " + shown(scalar) + ", which no number here can hold; allowed is " + describe_range(info)};
    }
    if (scalar.quoted || !looks_numeric(scalar.text)) {
        std::string message = "needs a number, found " + shown(scalar);
        if (scalar.quoted && looks_numeric(scalar.text)) {
            message += "; remove the quotes";
        }
        return Fault{"SPEC_TYPE", message};
    }
    MaybeFault fault = range_fault(value, scalar, info);
    if (!fault) {
        out = value == 0 ? 0 : value;  // -0 is 0, so that a trial has one identity
    }
    return fault;
}

MaybeFault read_scalar(Scalar scalar, const FieldInfo&, std::string& out) {
    if (!scalar.quoted && (looks_numeric(scalar.text) || scalar.text == "true" || scalar.text == "false")) {
        return Fault{"SPEC_TYPE", "needs text, found " + shown(scalar) + "; write \"" + std::string(scalar.text) +
                                      "\" in quotes if the text is meant"};
    }
    out = std::string(scalar.text);
    return std::nullopt;
}

MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, DataFile& out) {
    std::string word;
    if (MaybeFault fault = read_scalar(scalar, info, word)) {
        return fault;
    }
    DataFile file = data_file(word);
    if (file.path.empty() || word.ends_with('#')) {
        return Fault{"SPEC_RANGE", "is " + shown(scalar) +
                                       ", needed is a file, as in pairs.jsonl, or one part of a file whose lines name "
                                       "theirs, as in pairs.jsonl#test"};
    }
    out = std::move(file);
    return std::nullopt;
}

MaybeFault not_one_of(Scalar scalar, const std::vector<std::string>& choices) {
    std::string message = "is " + shown(scalar) + ", allowed is " + join_choices(choices);
    if (const std::string nearest = did_you_mean(scalar.text, choices); !nearest.empty()) {
        message += "; did you mean " + nearest + "?";
    }
    return Fault{"SPEC_RANGE", message};
}

}  // namespace tandem
