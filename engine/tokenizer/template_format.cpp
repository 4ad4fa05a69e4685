// Python's two ways to format: "%d of %s" % (1, "x") and "{} of {name}".format(...); and strftime.
#include <algorithm>
#include <array>
#include <clocale>
#include <cmath>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/template_hex.h"

namespace tandem::jinja {
namespace {

constexpr std::int64_t widest = 10000;

struct Spec {
    char32_t fill = U' ';
    char align = '\0';  // < > = ^
    char sign = '-';
    bool alternate = false;
    bool zero = false;
    std::int64_t width = 0;
    char grouping = '\0';
    std::optional<std::int64_t> precision;
    char type = '\0';
};

std::string padded(const std::string& text, const Spec& spec, char usual_align, std::size_t sign_size) {
    const std::u32string letters = characters(text);
    const auto size = static_cast<std::int64_t>(letters.size());
    const auto missing = static_cast<std::size_t>(std::max<std::int64_t>(spec.width - size, 0));
    const char align = spec.align != '\0' ? spec.align : usual_align;
    const std::size_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
    const std::u32string left(before, spec.fill);
    const std::u32string right(missing - before, spec.fill);
    return align == '=' ? utf8(letters.substr(0, sign_size) + left + letters.substr(sign_size))
                        : utf8(left + letters + right);
}

std::string grouped(std::string digits, char separator, std::size_t size) {
    for (std::size_t at = digits.size(); at > size; at -= size) {
        digits.insert(at - size, 1, separator);
    }
    return digits;
}

std::string based(std::uint64_t number, unsigned base, bool capitals) {
    std::string digits;
    do {
        digits += (capitals ? "0123456789ABCDEF" : "0123456789abcdef")[number % base];
        number /= base;
    } while (number != 0);
    std::reverse(digits.begin(), digits.end());
    return digits;
}

std::string number_with(const Spec& spec, bool negative, const std::string& prefix, std::string digits) {
    const std::string sign = negative ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
    return padded(sign + prefix + digits, spec, '>', sign.size() + prefix.size());
}

std::string format_whole(std::int64_t number, const Spec& spec, Place place) {
    const std::uint64_t size = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    if (spec.precision) {
        refuse("a precision does not go with whole numbers", place);
    }
    const unsigned base = spec.type == 'b' ? 2 : spec.type == 'o' ? 8 : spec.type == 'x' || spec.type == 'X' ? 16 : 10;
    std::string digits = based(size, base, spec.type == 'X');
    if (spec.grouping != '\0') {
        digits = grouped(std::move(digits), spec.grouping, base == 10 ? 3 : 4);
    }
    const std::string prefix = spec.alternate && base != 10 ? std::string("0") + spec.type : "";
    if (spec.grouping != '\0' && spec.align == '=' && spec.fill == U'0' && spec.width > 0) {
        refuse("zeros before a grouped number are not supported", place);
    }
    return number_with(spec, number < 0, prefix, std::move(digits));
}

std::string printed(double number, char type, std::int64_t precision, bool alternate) {
    const std::string format = std::string("%") + (alternate ? "#" : "") + ".*" + type;
    std::array<char, 512> small{};
    const int size = std::snprintf(small.data(), small.size(), format.c_str(), static_cast<int>(precision), number);
    if (size < static_cast<int>(small.size())) {
        return small.data();
    }
    std::string large(static_cast<std::size_t>(size) + 1, '\0');
    std::snprintf(large.data(), large.size(), format.c_str(), static_cast<int>(precision), number);
    large.pop_back();
    return large;
}

std::string format_real(double number, const Spec& spec, Place place) {
    std::string digits;
    const double size = std::abs(number);
    const std::int64_t precision = spec.precision.value_or(6);
    if (spec.type == '\0' && !spec.precision) {
        digits = float_text(size);
    } else if (spec.type == '\0' || spec.type == 'n') {
        refuse("this way to format a real number is not supported", place);
    } else if (spec.type == '%') {
        digits = printed(size * 100, 'f', precision, spec.alternate) + "%";
    } else {
        digits = printed(size, spec.type, precision, spec.alternate);
    }
    if (spec.grouping != '\0') {
        const std::size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
        digits = grouped(digits.substr(0, whole), spec.grouping, 3) + digits.substr(whole);
    }
    return number_with(spec, std::signbit(number) && !std::isnan(number), "", std::move(digits));
}

// [[fill]align][sign][#][0][width][grouping][.precision][type]
Spec parsed_spec(std::string_view text, Place place) {
    Spec spec;
    std::u32string letters = characters(text);
    std::size_t at = 0;
    const auto is_align = [&](std::size_t i) {
        return i < letters.size() && std::u32string_view(U"<>=^").find(letters[i]) != std::u32string_view::npos;
    };
    if (is_align(1)) {
        spec.fill = letters[0];
        spec.align = static_cast<char>(letters[1]);
        at = 2;
    } else if (is_align(0)) {
        spec.align = static_cast<char>(letters[0]);
        at = 1;
    }
    const auto next_is = [&](std::u32string_view choice) {
        return at < letters.size() && choice.find(letters[at]) != std::u32string_view::npos;
    };
    const auto number = [&] {
        std::int64_t value = 0;
        while (next_is(U"0123456789")) {
            value = value * 10 + static_cast<std::int64_t>(letters[at++] - U'0');
            if (value > widest) {
                over_limit("a width or precision is above " + std::to_string(widest), place);
            }
        }
        return value;
    };
    if (next_is(U"+- ")) {
        spec.sign = static_cast<char>(letters[at++]);
    }
    if (next_is(U"#")) {
        spec.alternate = true;
        ++at;
    }
    if (next_is(U"0")) {
        ++at;
        spec.zero = true;
        if (spec.align == '\0') {
            spec.fill = U'0';
            spec.align = '=';
        }
    }
    spec.width = number();
    if (next_is(U",_")) {
        spec.grouping = static_cast<char>(letters[at++]);
    }
    if (next_is(U".")) {
        ++at;
        if (!next_is(U"0123456789")) {
            refuse("a precision is missing in a format", place);
        }
        spec.precision = number();
    }
    if (next_is(U"bdoxXeEfFgGs%")) {
        spec.type = static_cast<char>(letters[at++]);
    }
    if (at < letters.size()) {
        refuse("the format '" + printable(text) + "' is not supported", place);
    }
    return spec;
}

std::string formatted(Renderer& renderer, const Value& value, std::string_view text, Place place) {
    if (text.empty()) {
        return renderer.write_out(value, place);
    }
    const Spec spec = parsed_spec(text, place);
    const std::string_view real_types = "eEfFgG%";
    if (const auto* real = value.as<double>()) {
        if (spec.type != '\0' && real_types.find(spec.type) == std::string_view::npos) {
            refuse(std::string("a real number cannot be formatted with '") + spec.type + "'", place);
        }
        return format_real(*real, spec, place);
    }
    if (value.is_number()) {
        if (spec.type != '\0' && real_types.find(spec.type) != std::string_view::npos) {
            return format_real(value.number(), spec, place);
        }
        const auto* whole = value.as<std::int64_t>();
        if (spec.type == 's') {
            refuse("a whole number cannot be formatted with 's'", place);
        }
        return format_whole(whole != nullptr ? *whole : static_cast<std::int64_t>(value.number()), spec, place);
    }
    if (value.text_value() == nullptr || (spec.type != '\0' && spec.type != 's') || spec.sign != '-' ||
        spec.alternate || spec.grouping != '\0' || (spec.align == '=' && !spec.zero)) {
        refuse(
            std::string("a value of type ") + value.type_name() + " cannot be formatted with '" + printable(text) + "'",
            place);
    }
    Spec plain = spec;
    plain.align = spec.align == '=' ? '<' : spec.align;
    std::u32string letters = characters(*value.text_value());
    if (spec.precision && static_cast<std::int64_t>(letters.size()) > *spec.precision) {
        letters.resize(static_cast<std::size_t>(*spec.precision));
    }
    return padded(utf8(letters), plain, '<', 0);
}

std::string ascii_repr(const std::string& repr) {
    std::string result;
    for (const char32_t code : characters(repr)) {
        result += code < 0x80      ? std::string(1, static_cast<char>(code))
                  : code < 0x100   ? "\\x" + hex(code, 2)
                  : code < 0x10000 ? "\\u" + hex(code, 4)
                                   : "\\U" + hex(code, 8);
    }
    return result;
}

class Braces {
public:
    Braces(Renderer& renderer, const Arguments& given) : renderer_(renderer), given_(given) {}

    std::string run(std::string_view format, int depth) {
        std::string result;
        for (std::size_t at = 0; at < format.size(); ++at) {
            const char c = format[at];
            if (c != '{' && c != '}') {
                result += c;
            } else if (at + 1 < format.size() && format[at + 1] == c) {
                result += c;
                ++at;
            } else if (c == '}') {
                refuse("a single '}' in a format", given_.place);
            } else {
                const std::size_t end = closing(format, at + 1);
                const std::string part = field(format.substr(at + 1, end - at - 1), depth);
                renderer_.made(part.size(), given_.place);
                result += part;
                at = end;
            }
        }
        return result;
    }

private:
    std::size_t closing(std::string_view format, std::size_t at) const {
        for (int open = 1; at < format.size(); ++at) {
            open += format[at] == '{' ? 1 : format[at] == '}' ? -1 : 0;
            if (open == 0) {
                return at;
            }
        }
        refuse("a '{' in a format is not closed", given_.place);
    }

    std::string field(std::string_view text, int depth) {
        if (depth > 1) {
            refuse("a format nests too deep", given_.place);
        }
        std::size_t end = 0;
        for (bool within = false; end < text.size(); ++end) {
            within = text[end] == '[' || (within && text[end] != ']');
            if (!within && (text[end] == '!' || text[end] == ':')) {
                break;
            }
        }
        Value value = named(text.substr(0, end));
        text.remove_prefix(end);
        if (text.starts_with('!')) {
            const char kind = text.size() > 1 ? text[1] : '\0';
            if ((kind != 's' && kind != 'r' && kind != 'a') || (text.size() > 2 && text[2] != ':')) {
                refuse("a conversion in a format is r, s or a", given_.place);
            }
            std::string written =
                kind == 's' ? renderer_.write_out(value, given_.place) : renderer_.write_repr(value, given_.place);
            value = Value::text(kind == 'a' ? ascii_repr(written) : written);
            text.remove_prefix(2);
        }
        const std::string spec = text.empty() ? std::string() : run(text.substr(1), depth + 1);
        return formatted(renderer_, value, spec, given_.place);
    }

    Value named(std::string_view path) {
        const std::size_t end = std::min(path.find_first_of(".["), path.size());
        const std::string_view name = path.substr(0, end);
        Value value;
        if (name.empty() || name.find_first_not_of("0123456789") == std::string_view::npos) {
            const std::size_t at = name.empty()      ? automatic_++
                                   : name.size() > 6 ? 1U << 20
                                                     : std::stoul(std::string(name));
            if (at >= given_.positional.size()) {
                refuse("a format asks for argument " + std::to_string(at) + " of " +
                           std::to_string(given_.positional.size()),
                       given_.place);
            }
            value = given_.positional[at];
        } else {
            const auto found = std::find_if(given_.named.begin(), given_.named.end(),
                                            [&](const auto& one) { return one.first == name; });
            if (found == given_.named.end()) {
                refuse("a format asks for '" + printable(name) + "', which is not given", given_.place);
            }
            value = found->second;
        }
        path.remove_prefix(end);
        while (!path.empty()) {
            const bool index = path[0] == '[';
            const std::size_t stop = index ? path.find(']') : path.find_first_of(".[", 1);
            if (index && stop == std::string_view::npos) {
                refuse("a '[' in a format is not closed", given_.place);
            }
            const std::string part(path.substr(1, std::min(stop, path.size()) - 1));
            const bool number =
                index && !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == std::string::npos;
            if (part.starts_with("__")) {
                refuse("the inside of values is out of reach", given_.place);
            }
            value = index ? renderer_.subscript(value, number ? Value::integer(std::stoll(part)) : Value::text(part),
                                                given_.place)
                          : renderer_.attribute(value, part, given_.place);
            path.remove_prefix(std::min(index ? stop + 1 : stop, path.size()));
        }
        return value;
    }

    Renderer& renderer_;
    const Arguments& given_;
    std::size_t automatic_ = 0;
};

class Percents {
public:
    Percents(Renderer& renderer, const Value& format, const Value& values, Place place)
        : renderer_(renderer),
          format_(*format.text_value()),
          html_(format.is_markup()),
          values_(values),
          place_(place) {
        const Sequence* tuple = values.sequence();
        tuple_ = tuple != nullptr && tuple->kind == SequenceKind::tuple ? &tuple->items : nullptr;
    }

    std::string run() {
        std::string result;
        while (at_ < format_.size()) {
            if (format_[at_] != '%') {
                result += format_[at_++];
                continue;
            }
            ++at_;
            const std::string part = directive();
            renderer_.made(part.size(), place_);
            result += part;
        }
        const bool all_used = tuple_ != nullptr ? used_ == tuple_->size()
                                                : used_ > 0 || values_.dict_value() != nullptr || values_.indexable() ||
                                                      values_.is_undefined();
        if (!all_used) {
            refuse("not all values are used by the format", place_);
        }
        return result;
    }

private:
    const Value& next() {
        if (tuple_ != nullptr ? used_ >= tuple_->size() : used_ > 0) {
            refuse("the format needs more values than are given", place_);
        }
        return tuple_ != nullptr ? (*tuple_)[used_++] : (++used_, values_);
    }

    char peek() const {
        if (at_ >= format_.size()) {
            refuse("a format ends within a '%'", place_);
        }
        return format_[at_];
    }

    std::int64_t number() {
        std::int64_t value = 0;
        if (peek() == '*') {
            ++at_;
            const auto* whole = next().as<std::int64_t>();
            if (whole == nullptr || *whole > widest || *whole < -widest) {
                refuse("'*' in a format needs a whole number of at most " + std::to_string(widest), place_);
            }
            return *whole;
        }
        while (peek() >= '0' && peek() <= '9') {
            value = value * 10 + (format_[at_++] - '0');
            if (value > widest) {
                over_limit("a width or precision is above " + std::to_string(widest), place_);
            }
        }
        return value;
    }

    std::string directive() {
        std::optional<Value> keyed;
        if (peek() == '(') {
            const std::size_t end = format_.find(')', at_);
            const Dict* dict = values_.dict_value();
            if (end == std::string::npos || dict == nullptr) {
                refuse("'%(name)' in a format needs a dict", place_);
            }
            const Value* found = dict->find(format_.substr(at_ + 1, end - at_ - 1));
            if (found == nullptr) {
                refuse(
                    "a format asks for '" + printable(format_.substr(at_ + 1, end - at_ - 1)) + "', which is not given",
                    place_);
            }
            keyed = *found;
            at_ = end + 1;
        }
        Spec spec;
        bool left = false;
        bool zero = false;
        while (std::string_view("#0- +").find(peek()) != std::string_view::npos) {
            const char flag = format_[at_++];
            left = left || flag == '-';
            zero = zero || flag == '0';
            spec.alternate = spec.alternate || flag == '#';
            spec.sign = flag == '+' || (flag == ' ' && spec.sign != '+') ? flag : spec.sign;
        }
        spec.width = number();
        if (spec.width < 0) {
            left = true;
            spec.width = -spec.width;
        }
        if (peek() == '.') {
            ++at_;
            spec.precision = std::max<std::int64_t>(number(), 0);
        }
        while (peek() == 'h' || peek() == 'l' || peek() == 'L') {
            ++at_;
        }
        const char type = format_[at_++];
        if (type == '%') {
            return "%";
        }
        const Value value = keyed ? *keyed : next();
        spec.align = left ? '<' : '>';
        if (zero && !left && type != 's' && type != 'r' && type != 'a' && type != 'c') {
            spec.align = '=';
            spec.fill = U'0';
        }
        return shown(value, type, spec);
    }

    std::string shown(const Value& value, char type, Spec spec) {
        spec.type = type;
        switch (type) {
            case 's':
            case 'r':
            case 'a':
                return text(value, type, spec);
            case 'c':
                return letter(value, spec);
            case 'd':
            case 'i':
            case 'u':
            case 'x':
            case 'X':
            case 'o':
                return whole(value, type, spec);
            case 'e':
            case 'E':
            case 'f':
            case 'F':
            case 'g':
            case 'G':
                if (!value.is_number()) {
                    refuse(std::string("'%") + type + "' needs a number, found " + value.type_name(), place_);
                }
                if (!std::isfinite(value.number()) && spec.align == '=') {
                    spec.align = '>';
                    spec.fill = U' ';
                }
                return format_real(value.number(), spec, place_);
            default:
                refuse(std::string("the format '%") + printable(std::string(1, type)) + "' is not supported", place_);
        }
    }

    std::string text(const Value& value, char type, const Spec& spec) {
        std::string written = type == 's'
                                  ? (html_ ? as_html(renderer_, value, place_) : renderer_.write_out(value, place_))
                                  : renderer_.write_repr(value, place_);
        written = type == 'a' ? ascii_repr(written) : html_ && type == 'r' ? escaped(written) : written;
        std::u32string letters = characters(written);
        if (spec.precision && static_cast<std::int64_t>(letters.size()) > *spec.precision) {
            letters.resize(static_cast<std::size_t>(*spec.precision));
        }
        return padded(utf8(letters), spec, '>', 0);
    }

    std::string letter(const Value& value, const Spec& spec) {
        if (const std::string* one = value.text_value(); one != nullptr && characters(*one).size() == 1) {
            return padded(*one, spec, '>', 0);
        }
        const auto* code = value.as<std::int64_t>();
        if (code == nullptr || *code < 0 || *code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF)) {
            refuse("'%c' needs one character or its number", place_);
        }
        return padded(utf8(std::u32string(1, static_cast<char32_t>(*code))), spec, '>', 0);
    }

    std::string whole(const Value& value, char type, Spec spec) {
        const bool decimal = type == 'd' || type == 'i' || type == 'u';
        const auto* real = value.as<double>();
        constexpr double furthest = 9.2e18;
        if (!value.is_number() || (real != nullptr && (!decimal || !(std::abs(*real) < furthest)))) {
            refuse(std::string("'%") + type + "' needs a whole number, found " + value.type_name(), place_);
        }
        const auto* stored = value.as<std::int64_t>();
        const std::int64_t number = stored != nullptr ? *stored : static_cast<std::int64_t>(value.number());
        const std::optional<std::int64_t> digits = std::exchange(spec.precision, std::nullopt);
        spec.type = decimal ? 'd' : type;
        if (!digits) {
            return format_whole(number, spec, place_);
        }
        if (spec.alternate) {
            refuse("'#' with a precision is not supported", place_);
        }
        const std::uint64_t size =
            number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
        std::string written = based(size, decimal ? 10 : type == 'o' ? 8 : 16, type == 'X');
        if (static_cast<std::int64_t>(written.size()) < *digits) {
            written.insert(0, static_cast<std::size_t>(*digits) - written.size(), '0');
        }
        return number_with(spec, number < 0, "", std::move(written));
    }

    Renderer& renderer_;
    const std::string& format_;
    bool html_;
    const Value& values_;
    Place place_;
    const std::vector<Value>* tuple_ = nullptr;
    std::size_t at_ = 0;
    std::size_t used_ = 0;
};

}  // namespace

std::string percent_format(Renderer& renderer, const Value& format, const Value& values, Place place) {
    return Percents(renderer, format, values, place).run();
}

std::string brace_format(Renderer& renderer, const std::string& format, const Arguments& arguments) {
    return Braces(renderer, arguments).run(format, 0);
}

// In the language of the C locale, as Python's: whatever language the desktop speaks.
std::string local_time_text(const std::string& format, std::time_t now, Place place) {
    constexpr std::size_t longest = 4096;
    std::tm parts{};
    if (format.size() > longest || localtime_r(&now, &parts) == nullptr) {
        refuse("the format of a date is too long", place);
    }
    std::string wanted;
    for (std::size_t i = 0; i < format.size(); ++i) {
        // Python's own: microseconds, and no zone for a time without one.
        const char kind = format[i] == '%' && i + 1 < format.size() ? format[i + 1] : '\0';
        if (kind == 'f' || kind == 'z' || kind == 'Z') {
            wanted += kind == 'f' ? "000000" : "";
            ++i;
        } else if (kind != '\0') {
            wanted += {'%', kind};
            ++i;
        } else {
            wanted += format[i];
        }
    }
    const locale_t plain = newlocale(LC_ALL_MASK, "C", nullptr);
    std::string text(longest * 4, '\0');
    const std::size_t size =
        plain == nullptr ? 0 : strftime_l(text.data(), text.size(), (wanted + "\n").c_str(), &parts, plain);
    if (plain != nullptr) {
        freelocale(plain);
    }
    if (size == 0) {
        refuse("the date cannot be written as '" + printable(format) + "'", place);
    }
    text.resize(size - 1);
    return text;
}

}  // namespace tandem::jinja
