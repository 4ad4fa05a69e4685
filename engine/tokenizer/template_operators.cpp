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
        return Value::State(static_cast<double>(left) / static_cast<double>(right));
    } else if (right < 0) {
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
        return Value::State(std::pow(left, right));
    }
    if (right == 0) {
        refuse("division by zero", place);
    }
    if (operation == "/") {
        return Value::State(left / right);
    }
    const double quotient = std::floor(left / right);
    if (operation == "//") {
        return Value::State(quotient);
    }
    double rest = std::fmod(left, right);
    rest += rest != 0 && (rest < 0) != (right < 0) ? right : 0;
    return Value::State(rest);
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
        return renderer.make_text(std::move(result), place);
    }
    std::vector<Value> items;
    for (std::size_t i = 0; i < count; ++i) {
        items.insert(items.end(), value.items()->begin(), value.items()->end());
    }
    return renderer.make_list(std::move(items), place);
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
            return renderer.make_text(*left.text_value() + *right.text_value(), place);
        }
        if (left.items() != nullptr && right.items() != nullptr) {
            std::vector<Value> items = *left.items();
            items.insert(items.end(), right.items()->begin(), right.items()->end());
            return renderer.make_list(std::move(items), place);
        }
    }
    if (operation == "*") {
        const auto repeats = [](const Value& value) {
            return value.text_value() != nullptr || value.items() != nullptr;
        };
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
    } else {
        wrong_types(operation, left, right, place);
    }
    return operation == "<" ? order < 0 : operation == "<=" ? order <= 0 : operation == ">" ? order > 0 : order >= 0;
}

bool contains(const Value& container, const Value& item, Place place) {
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
        return item.text_value() != nullptr && dict->find(*item.text_value()) != nullptr;
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

std::string stripped(std::string_view text, const std::string* characters_to_strip, bool left, bool right) {
    const std::u32string letters = characters(text);
    const std::u32string chosen = characters_to_strip == nullptr ? std::u32string() : characters(*characters_to_strip);
    const auto goes = [&](char32_t c) {
        return characters_to_strip == nullptr ? unicode::is_whitespace(c) || (c >= 0x1C && c <= 0x1F)
                                              : chosen.find(c) != std::u32string::npos;
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
