#include <algorithm>
#include <cmath>

#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

[[noreturn]] void wrong_types(const std::string& operation, const Value& left, const Value& right, Place place) {
    refuse("'" + operation + "' does not work between " + left.type_name() + " and " + right.type_name(), place);
}

bool is_whole(const Value& value) {
    return value.as<std::int64_t>() != nullptr || value.as<bool>() != nullptr;
}

std::int64_t whole(const Value& value) {
    const auto* number = value.as<std::int64_t>();
    return number != nullptr ? *number : static_cast<std::int64_t>(value.number());
}

[[noreturn]] void too_large(Place place) {
    refuse("a whole number leaves the range of 64 bits", place);
}

std::int64_t floor_divide(std::int64_t left, std::int64_t right, Place place) {
    if (right == 0) {
        refuse("division by zero", place);
    }
    if (right == -1) {
        std::int64_t negated = 0;
        if (__builtin_sub_overflow(std::int64_t{0}, left, &negated)) {
            too_large(place);
        }
        return negated;
    }
    const std::int64_t quotient = left / right;
    return quotient - (left % right != 0 && (left < 0) != (right < 0) ? 1 : 0);
}

std::int64_t power(std::int64_t base, std::int64_t exponent, Place place) {
    std::int64_t result = 1;
    // Beyond 64 rounds every base but 0, 1 and -1 has left the range.
    const std::int64_t rounds = std::min<std::int64_t>(exponent, 64 + (exponent & 1));
    for (std::int64_t i = 0; i < rounds; ++i) {
        if (__builtin_mul_overflow(result, base, &result)) {
            too_large(place);
        }
    }
    return result;
}

Value whole_arithmetic(const std::string& operation, std::int64_t left, std::int64_t right, Place place) {
    std::int64_t result = 0;
    bool overflow = false;
    if (operation == "+") {
        overflow = __builtin_add_overflow(left, right, &result);
    } else if (operation == "-") {
        overflow = __builtin_sub_overflow(left, right, &result);
    } else if (operation == "*") {
        overflow = __builtin_mul_overflow(left, right, &result);
    } else if (operation == "//") {
        result = floor_divide(left, right, place);
    } else if (operation == "%") {
        if (right == 0) {
            refuse("division by zero", place);
        }
        result = right == -1 ? 0 : left % right;
        result += result != 0 && (result < 0) != (right < 0) ? right : 0;
    } else if (operation == "/") {
        if (right == 0) {
            refuse("division by zero", place);
        }
        return Value::real(static_cast<double>(left) / static_cast<double>(right));
    } else if (right < 0) {
        if (left == 0) {
            refuse("zero to a negative power", place);
        }
        return Value::State(std::pow(static_cast<double>(left), static_cast<double>(right)));
    } else {
        result = power(left, right, place);
    }
    if (overflow) {
        too_large(place);
    }
    return Value::integer(result);
}

Value real_arithmetic(const std::string& operation, double left, double right, Place place) {
    if (operation == "+") {
        return Value::State(left + right);
    }
    if (operation == "-") {
        return Value::State(left - right);
    }
    if (operation == "*") {
        return Value::State(left * right);
    }
    if (operation == "**") {
        if ((left == 0 && right < 0) || (left < 0 && right != std::floor(right))) {
            refuse("this power is no real number", place);
        }
        const double result = std::pow(left, right);
        if (std::isinf(result) && !std::isinf(left) && !std::isinf(right)) {
            refuse("a power is out of range", place);
        }
        return Value::real(result);
    }
    if (right == 0) {
        refuse("division by zero", place);
    }
    if (operation == "/") {
        return Value::State(left / right);
    }
    // As CPython's float_divmod.
    double rest = std::fmod(left, right);
    double quotient = (left - rest) / right;
    if (rest != 0) {
        if ((right < 0) != (rest < 0)) {
            rest += right;
            quotient -= 1;
        }
    } else {
        rest = std::copysign(0.0, right);
    }
    if (operation == "%") {
        return Value::real(rest);
    }
    if (quotient == 0) {
        return Value::real(std::copysign(0.0, left / right));
    }
    const double whole = std::floor(quotient);
    return Value::real(quotient - whole > 0.5 ? whole + 1 : whole);
}

Value repeated(Renderer& renderer, const Value& value, std::int64_t times, Place place) {
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
    const std::size_t each = value.weight() + 1;
    if (count > Renderer::most_output / each) {
        over_limit("a repeated value has more than " + std::to_string(Renderer::most_output) + " bytes", place);
    }
    if (const std::string* text = value.text_value()) {
        std::string result;
        result.reserve(text->size() * count);
        for (std::size_t i = 0; i < count; ++i) {
            result += *text;
        }
        renderer.made(result.size(), place);
        return value.is_markup() ? Value::markup(std::move(result)) : Value::text(std::move(result));
    }
    std::vector<Value> items;
    for (std::size_t i = 0; i < count; ++i) {
        items.insert(items.end(), value.items()->begin(), value.items()->end());
    }
    renderer.made(items.size() * sizeof(Value), place);
    return renderer.checked(Value::list(std::move(items), value.sequence()->kind), place);
}

bool list_or_tuple(const Value& value) {
    const Sequence* sequence = value.sequence();
    return sequence != nullptr && (sequence->kind == SequenceKind::list || sequence->kind == SequenceKind::tuple);
}

}  // namespace

Value arithmetic(Renderer& renderer, const std::string& operation, const Value& left, const Value& right, Place place) {
    if (is_whole(left) && is_whole(right)) {
        return whole_arithmetic(operation, whole(left), whole(right), place);
    }
    if (left.is_number() && right.is_number()) {
        return real_arithmetic(operation, left.number(), right.number(), place);
    }
    if (operation == "+") {
        if (left.text_value() != nullptr && right.text_value() != nullptr) {
            if (left.is_markup() || right.is_markup()) {
                std::string text = as_html(renderer, left, place) + as_html(renderer, right, place);
                renderer.made(text.size(), place);
                return Value::markup(std::move(text));
            }
            return renderer.make_text(*left.text_value() + *right.text_value(), place);
        }
        if (list_or_tuple(left) && list_or_tuple(right) && left.sequence()->kind == right.sequence()->kind) {
            std::vector<Value> items = *left.items();
            items.insert(items.end(), right.items()->begin(), right.items()->end());
            renderer.made(items.size() * sizeof(Value), place);
            return renderer.checked(Value::list(std::move(items), left.sequence()->kind), place);
        }
    }
    if (operation == "*") {
        const auto repeats = [](const Value& value) { return value.text_value() != nullptr || list_or_tuple(value); };
        if (repeats(left) && is_whole(right)) {
            return repeated(renderer, left, whole(right), place);
        }
        if (repeats(right) && is_whole(left)) {
            return repeated(renderer, right, whole(left), place);
        }
    }
    wrong_types(operation, left, right, place);
}

bool ordered(const Value& left, const std::string& operation, const Value& right, Place place) {
    for (const Value* side : {&left, &right}) {
        if (side->is_undefined()) {
            undefined_use(*side, place);
        }
    }
    int order = 0;
    if (is_whole(left) && is_whole(right)) {
        order = whole(left) < whole(right) ? -1 : whole(left) > whole(right) ? 1 : 0;
    } else if (left.is_number() && right.is_number()) {
        const double a = left.number();
        const double b = right.number();
        if (std::isnan(a) || std::isnan(b)) {
            return false;
        }
        order = a < b ? -1 : a > b ? 1 : 0;
    } else if (left.text_value() != nullptr && right.text_value() != nullptr) {
        order = left.text_value()->compare(*right.text_value());  // UTF-8 sorts like its characters
    } else if (list_or_tuple(left) && list_or_tuple(right) && left.sequence()->kind == right.sequence()->kind) {
        const auto& a = *left.items();
        const auto& b = *right.items();
        std::size_t at = 0;
        while (at < a.size() && at < b.size() && equal(a[at], b[at])) {
            ++at;
        }
        if (at < a.size() && at < b.size()) {
            return ordered(a[at], operation, b[at], place);
        }
        order = a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
    } else {
        wrong_types(operation, left, right, place);
    }
    return operation == "<" ? order < 0 : operation == "<=" ? order <= 0 : operation == ">" ? order > 0 : order >= 0;
}

bool contains(Renderer& renderer, const Value& container, const Value& item, Place place) {
    if (const std::string* text = container.text_value()) {
        if (item.text_value() == nullptr) {
            refuse(std::string("'in' needs a text to look for in a text, found ") + item.type_name(), place);
        }
        return text->find(*item.text_value()) != std::string::npos;
    }
    if (const auto* items = container.items()) {
        return std::any_of(items->begin(), items->end(), [&](const Value& one) { return equal(one, item); });
    }
    if (const Dict* dict = container.dict_value()) {
        if (!hashable(item)) {
            refuse(std::string("a value of type ") + item.type_name() + " cannot be a key", place);
        }
        return dict->find(item) != nullptr;
    }
    if (const auto* generator = container.as<std::shared_ptr<Generator>>()) {
        Generator& source = **generator;  // used up to what is found
        while (source.at < source.items.size()) {
            renderer.step(place);
            if (equal(source.items[source.at++], item)) {
                return true;
            }
        }
        return false;
    }
    if (container.is_undefined()) {
        return false;
    }
    refuse(std::string("'in' cannot look into a value of type ") + container.type_name(), place);
}

std::u32string characters(std::string_view text) {
    std::u32string result;
    while (!text.empty()) {
        const unicode::Char c = unicode::first_char(text);
        result += c.code;
        text.remove_prefix(c.size);
    }
    return result;
}

std::string utf8(std::u32string_view text) {
    std::string result;
    for (const char32_t code : text) {
        unicode::append(result, code);
    }
    return result;
}

bool is_space(char32_t c) {
    return unicode::is_whitespace(c) || (c >= 0x1C && c <= 0x1F);
}

std::string stripped(std::string_view text, const std::string* characters_to_strip, bool left, bool right) {
    const std::u32string letters = characters(text);
    const std::u32string chosen = characters_to_strip == nullptr ? std::u32string() : characters(*characters_to_strip);
    const auto goes = [&](char32_t c) {
        return characters_to_strip == nullptr ? is_space(c) : chosen.find(c) != std::u32string::npos;
    };
    std::size_t begin = 0;
    std::size_t end = letters.size();
    while (left && begin < end && goes(letters[begin])) {
        ++begin;
    }
    while (right && end > begin && goes(letters[end - 1])) {
        --end;
    }
    return utf8(std::u32string_view(letters).substr(begin, end - begin));
}

}  // namespace tandem::jinja
