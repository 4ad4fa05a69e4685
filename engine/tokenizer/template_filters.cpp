// Filters on values of any kind: numbers, defaults, JSON; and the list of all.
#include "engine/tokenizer/template_filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "engine/api/utf8.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

Value json(Renderer& renderer, const Value& value, const Arguments& given) {
    constexpr std::int64_t widest = 32;
    JsonStyle style;
    style.ensure_ascii = flag(given, 0, "ensure_ascii");
    const Value* indent = given.find(1, "indent");
    if (indent != nullptr && indent->text_value() != nullptr) {
        style.indent = *indent->text_value();
    } else if (indent != nullptr && !indent->is_none()) {
        style.indent = std::string(
            static_cast<std::size_t>(std::clamp<std::int64_t>(given.integer(1, "indent", 0), 0, widest + 1)), ' ');
    }
    if (style.indent && style.indent->size() > static_cast<std::size_t>(widest)) {
        refuse("tojson indents by at most " + std::to_string(widest), given.place);
    }
    if (const Value* separators = given.find(2, "separators"); separators != nullptr && !separators->is_none()) {
        const auto* both = separators->items();
        if (both == nullptr || both->size() != 2 || (*both)[0].text_value() == nullptr ||
            (*both)[1].text_value() == nullptr) {
            refuse("tojson's separators must be two texts", given.place);
        }
        style.item_separator = *(*both)[0].text_value();
        style.key_separator = *(*both)[1].text_value();
        if (style.item_separator->size() + style.key_separator.size() > 2 * static_cast<std::size_t>(widest)) {
            refuse("tojson's separators are too long", given.place);
        }
    }
    style.sort_keys = flag(given, 3, "sort_keys");
    // Each value may take a separator, its line end and the indentation of its depth.
    const std::size_t each = 2 +
                             (style.item_separator ? style.item_separator->size() + style.key_separator.size() : 0) +
                             (style.indent ? style.indent->size() * static_cast<std::size_t>(value.depth() + 1) : 0);
    const std::size_t most = value.weight() * (style.ensure_ascii ? 6 : 1) + value.weight() / 2 * each;
    if (most > 4 * Renderer::most_output) {
        over_limit("tojson would write more than " + std::to_string(Renderer::most_output) + " bytes", given.place);
    }
    std::string text = to_json(value, style, given.place);
    return renderer.make_text(std::move(text), given.place);
}

Value with_default(Renderer&, const Value& value, const Arguments& given) {
    if (!value.is_undefined() && (value.truth() || !flag(given, 1, "boolean"))) {
        return value;
    }
    const Value* absent = given.find(0, "default_value");
    return absent == nullptr ? Value::text("") : *absent;
}

// --- numbers ---

// What int() and float() of Python read: white space around and single underscores between digits are allowed.
std::optional<std::string> digits_of(const std::string& text, Place place) {
    std::string digits;
    const std::string trimmed = stripped(text, nullptr, true, true);
    for (std::size_t i = 0; i < trimmed.size(); ++i) {
        const char c = trimmed[i];
        if (static_cast<unsigned char>(c) >= 0x80) {
            if (std::any_of(trimmed.begin(), trimmed.end(), [](char) { return true; })) {
                const std::u32string letters = characters(trimmed);
                if (std::all_of(letters.begin(), letters.end(), [](char32_t code) {
                        return unicode::is_numeric(code) || code == '-' || code == '+' || code == '.' || code == '_';
                    })) {
                    refuse("numbers in digits of other scripts are not supported", place);
                }
            }
            return std::nullopt;
        }
        const auto alphanumeric = [&](std::size_t at) {
            return at < trimmed.size() && std::isalnum(static_cast<unsigned char>(trimmed[at])) != 0;
        };
        if (c == '_') {
            if (i == 0 || !alphanumeric(i - 1) || !alphanumeric(i + 1)) {
                return std::nullopt;
            }
            continue;
        }
        digits += c;
    }
    return digits;
}

std::optional<std::int64_t> whole_of(const std::string& text, std::int64_t base, Place place) {
    std::optional<std::string> digits = digits_of(text, place);
    if (!digits) {
        return std::nullopt;
    }
    std::string_view rest = *digits;
    const bool minus = rest.starts_with('-');
    rest.remove_prefix(minus || rest.starts_with('+') ? 1 : 0);
    if (rest.size() > 2 && rest[0] == '0') {
        const char kind = static_cast<char>(rest[1] | 0x20);
        const std::int64_t marked = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
        if (marked != 0 && (base == marked || base == 0)) {
            base = marked;
            rest.remove_prefix(2);
        }
    }
    if (base == 0) {
        base = 10;
        if (rest.size() > 1 && rest[0] == '0' && rest.find_first_not_of('0') != std::string_view::npos) {
            return std::nullopt;
        }
    }
    if (rest.empty() || std::isalnum(static_cast<unsigned char>(rest[0])) == 0) {
        return std::nullopt;
    }
    const std::string number = (minus ? "-" : "") + std::string(rest);
    std::int64_t whole = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), whole, static_cast<int>(base));
    if (read.ptr != number.data() + number.size()) {
        return std::nullopt;
    }
    if (read.ec == std::errc::result_out_of_range) {
        refuse("the number " + printable(number) + " leaves the range of 64 bits", place);
    }
    return read.ec == std::errc() ? std::optional<std::int64_t>(whole) : std::nullopt;
}

std::optional<double> real_of(const std::string& text, Place place) {
    const std::optional<std::string> digits = digits_of(text, place);
    if (!digits || digits->find('(') != std::string::npos) {
        return std::nullopt;
    }
    std::string_view rest = *digits;
    if (rest.starts_with('+')) {
        rest.remove_prefix(1);
        if (rest.starts_with('-')) {
            return std::nullopt;
        }
    }
    double number = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (read.ec == std::errc::result_out_of_range) {
        refuse("the number " + printable(*digits) + " is out of range", place);
    }
    return !rest.empty() && read.ec == std::errc() && read.ptr == rest.data() + rest.size()
               ? std::optional<double>(number)
               : std::nullopt;
}

Value as_whole(const Value& value) {
    const auto* whole = value.as<std::int64_t>();
    return Value::integer(whole != nullptr ? *whole : static_cast<std::int64_t>(value.number()));
}

Value cut_off(double number, const Value& absent, Place place) {
    constexpr double furthest = 9.2e18;
    if (std::isnan(number) || std::isinf(number)) {
        return absent;
    }
    if (std::abs(number) >= furthest) {
        refuse("the number " + float_text(number) + " leaves the range of 64 bits", place);
    }
    return Value::integer(static_cast<std::int64_t>(number));
}

Value to_int(Renderer&, const Value& value, const Arguments& given) {
    const Value* chosen = given.find(0, "default");
    const Value absent = chosen == nullptr ? Value::integer(0) : *chosen;
    if (value.is_undefined()) {
        undefined_use(value, given.place);
    }
    if (const auto* real = value.as<double>()) {
        return cut_off(*real, absent, given.place);
    }
    if (value.is_number()) {
        return as_whole(value);
    }
    if (const std::string* text = value.text_value()) {
        const std::int64_t base = given.integer(1, "base", 10);
        if (base != 0 && (base < 2 || base > 36)) {
            return absent;
        }
        if (const auto whole = whole_of(*text, base, given.place)) {
            return Value::integer(*whole);
        }
        if (const auto real = real_of(*text, given.place)) {
            return cut_off(*real, absent, given.place);
        }
    }
    return absent;
}

Value to_float(Renderer&, const Value& value, const Arguments& given) {
    if (value.is_undefined()) {
        undefined_use(value, given.place);
    }
    if (value.is_number()) {
        return Value::real(value.number());
    }
    if (const std::string* text = value.text_value()) {
        if (const auto real = real_of(*text, given.place)) {
            return Value::real(*real);
        }
    }
    const Value* absent = given.find(0, "default");
    return absent == nullptr ? Value::real(0.0) : *absent;
}

Value absolute(Renderer& renderer, const Value& value, const Arguments& given) {
    if (const auto* real = value.as<double>()) {
        return Value::real(std::abs(*real));
    }
    if (!value.is_number()) {
        refuse(std::string("abs needs a number, found ") + value.type_name(), given.place);
    }
    const Value whole = as_whole(value);
    return value.number() < 0 ? arithmetic(renderer, "-", Value::integer(0), whole, given.place) : whole;
}

// Half to even, of the number as it is stored: 2.675 is a little less than that.
double rounded(double number, int precision) {
    if (precision >= 0) {
        std::array<char, 512> text{};
        std::snprintf(text.data(), text.size(), "%.*f", precision, number);
        return std::strtod(text.data(), nullptr);
    }
    const double unit = std::pow(10.0, -precision);
    return std::nearbyint(number / unit) * unit;
}

Value round(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::int64_t precision = given.integer(0, "precision", 0);
    const Value* named = given.find(1, "method");
    const std::string method = named == nullptr ? "common" : given.text(1, "method", "round");
    if (!value.is_number() || precision < -18 || precision > 100) {
        refuse("round needs a number and a precision of -18 to 100", given.place);
    }
    if (method == "common") {
        if (const auto* real = value.as<double>()) {
            if (!std::isfinite(*real) && precision == 0) {
                return value;
            }
            return Value::real(rounded(*real, static_cast<int>(precision)));
        }
        if (precision >= 0) {
            return as_whole(value);
        }
        return Value::integer(static_cast<std::int64_t>(rounded(value.number(), static_cast<int>(precision))));
    }
    if (method != "ceil" && method != "floor") {
        refuse("the method of round is common, ceil or floor", given.place);
    }
    const Value unit = arithmetic(renderer, "**", Value::integer(10), Value::integer(precision), given.place);
    const double scaled = arithmetic(renderer, "*", value, unit, given.place).number();
    return Value::real((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / unit.number());
}

Value file_size(Renderer&, const Value& value, const Arguments& given) {
    const bool binary = flag(given, 0, "binary");
    const std::string* text = value.text_value();
    const std::optional<double> number = text != nullptr     ? real_of(*text, given.place)
                                         : value.is_number() ? std::optional<double>(value.number())
                                                             : std::nullopt;
    if (!number || !std::isfinite(*number)) {
        refuse(std::string("filesizeformat needs a number, found ") + value.type_name(), given.place);
    }
    const double bytes = *number;
    const double base = binary ? 1024 : 1000;
    if (bytes == 1) {
        return Value::text("1 Byte");
    }
    if (bytes < base) {
        return Value::text(std::to_string(static_cast<std::int64_t>(bytes)) + " Bytes");
    }
    constexpr std::string_view letters = "kMGTPEZY";
    double unit = base;
    std::size_t at = 0;
    while (at + 1 < letters.size() && bytes >= unit * base) {
        unit *= base;
        ++at;
    }
    std::array<char, 400> shown{};
    std::snprintf(shown.data(), shown.size(), "%.1f", base * bytes / (unit * base));
    const char letter = binary && at == 0 ? 'K' : letters[at];
    return Value::text(std::string(shown.data()) + " " + letter + (binary ? "iB" : "B"));
}

const std::array<FilterEntry, 10> all_values{{
    {"tojson", "ensure_ascii,indent,separators,sort_keys", json},
    {"default", "default_value,boolean", with_default},
    {"d", "default_value,boolean", with_default},
    {"int", "default,base", to_int},
    {"float", "default", to_float},
    {"abs", "", absolute},
    {"round", "precision,method", round},
    {"filesizeformat", "binary", file_size},
    {"attr", "name",
     [](Renderer& renderer, const Value& value, const Arguments& given) {
         const std::string name = given.text(0, "name", "attr");
         if (name.starts_with("__")) {
             refuse("'" + printable(name) + "' begins with underscores: the inside of values is out of reach",
                    given.place);
         }
         return value.dict_value() != nullptr && !has_method(value, name)
                    ? Value::undefined(name)
                    : renderer.attribute(value, name, given.place);
     }},
    {"length", "",
     [](Renderer&, const Value& value, const Arguments& given) {
         return Value::integer(length_of(value, given.place));
     }},
}};

const FilterEntry* find_filter(std::string_view name) {
    if (name == "count") {
        name = "length";
    }
    for (const auto group : {value_filters(), text_filters(), sequence_filters()}) {
        const auto found =
            std::find_if(group.begin(), group.end(), [&](const auto& entry) { return entry.name == name; });
        if (found != group.end()) {
            return &*found;
        }
    }
    return nullptr;
}

void check_arguments(const FilterEntry& entry, const Arguments& given) {
    if (entry.parameters == "*") {
        return;
    }
    std::vector<std::string_view> names;
    for (std::string_view rest = entry.parameters; !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        names.push_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (given.positional.size() > names.size()) {
        refuse("the filter '" + std::string(entry.name) + "' takes at most " + std::to_string(names.size()) +
                   " arguments, found " + std::to_string(given.positional.size()),
               given.place);
    }
    for (const auto& [name, ignored] : given.named) {
        const auto at = std::find(names.begin(), names.end(), name) - names.begin();
        if (static_cast<std::size_t>(at) == names.size() || static_cast<std::size_t>(at) < given.positional.size()) {
            refuse("the filter '" + std::string(entry.name) + "' takes no argument '" + printable(name) + "' here",
                   given.place);
        }
    }
}

}  // namespace

std::span<const FilterEntry> value_filters() {
    return all_values;
}

std::int64_t length_of(const Value& value, Place place) {
    if (const std::string* text = value.text_value()) {
        return std::count_if(text->begin(), text->end(),
                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    }
    if (const auto* items = value.items()) {
        return static_cast<std::int64_t>(items->size());
    }
    if (const Dict* dict = value.dict_value()) {
        return static_cast<std::int64_t>(dict->items.size());
    }
    if (value.is_undefined()) {
        return 0;
    }
    refuse(std::string("a value of type ") + value.type_name() + " has no length", place);
}

bool is_filter(std::string_view name) {
    return find_filter(name) != nullptr;
}

Value apply_filter(Renderer& renderer, const std::string& name, const Value& value, const Arguments& arguments) {
    const FilterEntry* entry = find_filter(name);
    if (entry == nullptr) {
        refuse("the filter '" + printable(name) + "' is not supported", arguments.place);
    }
    check_arguments(*entry, arguments);
    return entry->filter(renderer, value, arguments);
}

}  // namespace tandem::jinja
