#include "engine/tokenizer/template_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

constexpr std::size_t heaviest = std::size_t{1} << 40;  // sums stop here instead of wrapping

Error fault(const char* code, const std::string& message, Place place) {
    return {.code = code,
            .message = message,
            .where = "chat template:" + std::to_string(place.line) + ":" + std::to_string(place.column),
            .kind = ErrorKind::bad_input};
}

template <class Items, class Get>
void measure(const Items& items, Get get, bool& ring, int& depth, std::size_t& weight) {
    for (const auto& item : items) {
        ring = ring || get(item).may_form_ring();
        depth = std::max(depth, get(item).depth() + 1);
        weight = std::min(weight + get(item).weight() + 2, heaviest);
    }
}

std::string hex(char32_t code, int digits) {
    constexpr std::string_view names = "0123456789abcdef";
    std::string text;
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
        text += names[(code >> shift) & 15];
    }
    return text;
}

// What Python's repr writes as an escape: what is not printable, and spaces other than the plain one.
bool is_shown(char32_t code) {
    return code >= 0x20 && code != 0x7F && !(code >= 0x80 && code <= 0xA0) && code != 0xAD &&
           unicode::is_printable(code);
}

std::string text_repr(std::string_view text) {
    const bool has_single = text.find('\'') != std::string_view::npos;
    const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string result(1, quote);
    while (!text.empty()) {
        const unicode::Char c = unicode::first_char(text);
        if (c.code == static_cast<char32_t>(quote) || c.code == '\\') {
            result += '\\';
            result += static_cast<char>(c.code);
        } else if (c.code == '\n') {
            result += "\\n";
        } else if (c.code == '\r') {
            result += "\\r";
        } else if (c.code == '\t') {
            result += "\\t";
        } else if (is_shown(c.code)) {
            result += text.substr(0, c.size);
        } else if (c.code < 0x100) {
            result += "\\x" + hex(c.code, 2);
        } else if (c.code < 0x10000) {
            result += "\\u" + hex(c.code, 4);
        } else {
            result += "\\U" + hex(c.code, 8);
        }
        text.remove_prefix(c.size);
    }
    return result + quote;
}

}  // namespace

void refuse(const std::string& message, Place place) {
    throw TemplateStop{fault("TEMPLATE_REFUSED", message, place)};
}
void over_limit(const std::string& message, Place place) {
    throw TemplateStop{fault("TEMPLATE_STEP_LIMIT", message, place)};
}
void raised(const std::string& message, Place place) {
    throw TemplateStop{fault("TEMPLATE_RAISED", message, place)};
}

Value Value::list(std::vector<Value> items, bool tuple) {
    auto made = std::make_shared<Sequence>();
    made->items = std::move(items);
    made->tuple = tuple;
    measure(
        made->items, [](const Value& item) -> const Value& { return item; }, made->may_form_ring, made->depth,
        made->weight);
    return State(std::shared_ptr<const Sequence>(std::move(made)));
}

Value Value::dict(std::vector<std::pair<std::string, Value>> items) {
    auto made = std::make_shared<Dict>();
    made->items = std::move(items);
    measure(
        made->items, [](const auto& item) -> const Value& { return item.second; }, made->may_form_ring, made->depth,
        made->weight);
    return State(std::shared_ptr<const Dict>(std::move(made)));
}

const std::string* Value::text_value() const {
    const Text* text = as<Text>();
    return text == nullptr ? nullptr : text->get();
}

const std::vector<Value>* Value::items() const {
    const auto* sequence = as<std::shared_ptr<const Sequence>>();
    return sequence == nullptr ? nullptr : &(*sequence)->items;
}

const Dict* Value::dict_value() const {
    const auto* dict = as<std::shared_ptr<const Dict>>();
    return dict == nullptr ? nullptr : dict->get();
}

double Value::number() const {
    if (const auto* whole = as<std::int64_t>()) {
        return static_cast<double>(*whole);
    }
    if (const auto* real = as<double>()) {
        return *real;
    }
    const auto* truth = as<bool>();
    return truth != nullptr && *truth ? 1 : 0;
}

bool Value::truth() const {
    if (is_undefined() || is_none()) {
        return false;
    }
    if (is_number()) {
        return number() != 0;
    }
    if (const std::string* text = text_value()) {
        return !text->empty();
    }
    if (const auto* list = items()) {
        return !list->empty();
    }
    if (const Dict* dict = dict_value()) {
        return !dict->items.empty();
    }
    return true;
}

bool Value::callable() const {
    return as<Macro>() != nullptr || as<Builtin>() != nullptr || as<Method>() != nullptr;
}

bool Value::may_form_ring() const {
    if (const auto* sequence = as<std::shared_ptr<const Sequence>>()) {
        return (*sequence)->may_form_ring;
    }
    if (const Dict* dict = dict_value()) {
        return dict->may_form_ring;
    }
    return as<std::shared_ptr<Namespace>>() != nullptr || as<std::shared_ptr<const LoopState>>() != nullptr ||
           as<Method>() != nullptr;
}

int Value::depth() const {
    if (const auto* sequence = as<std::shared_ptr<const Sequence>>()) {
        return (*sequence)->depth;
    }
    if (const Dict* dict = dict_value()) {
        return dict->depth;
    }
    const auto* loop = as<std::shared_ptr<const LoopState>>();
    if (loop != nullptr) {
        return (*loop)->over->depth + 1;
    }
    const auto* method = as<Method>();
    return method != nullptr ? method->self->depth() + 1 : 0;
}

std::size_t Value::weight() const {
    if (const std::string* text = text_value()) {
        return text->size();
    }
    if (const auto* sequence = as<std::shared_ptr<const Sequence>>()) {
        return (*sequence)->weight;
    }
    const Dict* dict = dict_value();
    return dict != nullptr ? dict->weight : 8;
}

const char* Value::type_name() const {
    constexpr std::array<const char*, 13> names{"undefined", "NoneType",  "bool", "int",   "float",    "str",   "list",
                                                "dict",      "Namespace", "loop", "macro", "function", "method"};
    return names[state_.index()];
}

const Value* Dict::find(std::string_view key) const {
    for (const auto& [name, value] : items) {
        if (name == key) {
            return &value;
        }
    }
    return nullptr;
}

bool equal(const Value& a, const Value& b) {
    if (a.is_number() && b.is_number()) {
        const auto* whole_a = a.as<std::int64_t>();
        const auto* whole_b = b.as<std::int64_t>();
        return whole_a != nullptr && whole_b != nullptr ? *whole_a == *whole_b : a.number() == b.number();
    }
    if (a.text_value() != nullptr && b.text_value() != nullptr) {
        return *a.text_value() == *b.text_value();
    }
    const auto* list_a = a.as<std::shared_ptr<const Sequence>>();
    const auto* list_b = b.as<std::shared_ptr<const Sequence>>();
    if (list_a != nullptr && list_b != nullptr) {
        return (*list_a)->tuple == (*list_b)->tuple &&
               std::equal((*list_a)->items.begin(), (*list_a)->items.end(), (*list_b)->items.begin(),
                          (*list_b)->items.end(), equal);
    }
    const Dict* dict_a = a.dict_value();
    const Dict* dict_b = b.dict_value();
    if (dict_a != nullptr && dict_b != nullptr) {
        return dict_a->items.size() == dict_b->items.size() &&
               std::all_of(dict_a->items.begin(), dict_a->items.end(), [&](const auto& item) {
                   const Value* other = dict_b->find(item.first);
                   return other != nullptr && equal(item.second, *other);
               });
    }
    const auto* names_a = a.as<std::shared_ptr<Namespace>>();
    const auto* names_b = b.as<std::shared_ptr<Namespace>>();
    if (names_a != nullptr && names_b != nullptr) {
        return *names_a == *names_b;
    }
    return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

// The shortest digits that read back as the same number, written as Python does.
std::string float_text(double number) {
    if (std::isnan(number)) {
        return "nan";
    }
    if (std::isinf(number)) {
        return number < 0 ? "-inf" : "inf";
    }
    std::array<char, 64> buffer{};
    const auto format = std::abs(number) != 0 && (std::abs(number) < 1e-4 || std::abs(number) >= 1e16)
                            ? std::chars_format::scientific
                            : std::chars_format::fixed;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format);
    std::string text(buffer.data(), end.ptr);
    if (format == std::chars_format::fixed && text.find('.') == std::string::npos) {
        text += ".0";
    }
    return text;
}

std::string str(const Value& value) {
    if (const std::string* text = value.text_value()) {
        return *text;
    }
    return value.is_undefined() ? std::string() : repr(value);
}

std::string repr(const Value& value) {
    if (const std::string* text = value.text_value()) {
        return text_repr(*text);
    }
    if (const auto* truth = value.as<bool>()) {
        return *truth ? "True" : "False";
    }
    if (const auto* whole = value.as<std::int64_t>()) {
        return std::to_string(*whole);
    }
    if (const auto* real = value.as<double>()) {
        return float_text(*real);
    }
    if (value.is_none()) {
        return "None";
    }
    if (value.is_undefined()) {
        return "Undefined";
    }
    if (const auto* list = value.as<std::shared_ptr<const Sequence>>()) {
        std::string text((*list)->tuple ? "(" : "[");
        for (std::size_t i = 0; i < (*list)->items.size(); ++i) {
            text += (i == 0 ? "" : ", ") + repr((*list)->items[i]);
        }
        if ((*list)->tuple) {
            return text + ((*list)->items.size() == 1 ? ",)" : ")");
        }
        return text + "]";
    }
    if (const Dict* dict = value.dict_value()) {
        std::string text("{");
        for (std::size_t i = 0; i < dict->items.size(); ++i) {
            text += (i == 0 ? "" : ", ") + text_repr(dict->items[i].first) + ": " + repr(dict->items[i].second);
        }
        return text + "}";
    }
    return std::string("<") + value.type_name() + ">";
}

namespace {

std::string json_text(std::string_view text, bool ensure_ascii) {
    std::string result("\"");
    while (!text.empty()) {
        const unicode::Char c = unicode::first_char(text);
        constexpr std::string_view plain = "\"\\\n\r\t\f\b";
        constexpr std::string_view letters = "\"\\nrtfb";
        const std::size_t known = c.code < 0x80 ? plain.find(static_cast<char>(c.code)) : std::string_view::npos;
        if (known != std::string_view::npos) {
            result += {'\\', letters[known]};
        } else if (c.code < 0x20 || (ensure_ascii && c.code >= 0x7F && c.code < 0x10000 && c.code != 0x7F)) {
            result += "\\u" + hex(c.code, 4);
        } else if (ensure_ascii && c.code >= 0x10000) {
            result += "\\u" + hex(0xD800 + ((c.code - 0x10000) >> 10), 4) + "\\u" +
                      hex(0xDC00 + ((c.code - 0x10000) & 0x3FF), 4);
        } else {
            result += text.substr(0, c.size);
        }
        text.remove_prefix(c.size);
    }
    return result + "\"";
}

std::string json_at(const Value& value, const JsonStyle& style, int level, Place place) {
    const std::string separator = !style.item_separator.empty() ? style.item_separator : style.indent >= 0 ? "," : ", ";
    const auto line = [&](int at) {
        return style.indent < 0
                   ? std::string()
                   : "\n" + std::string(static_cast<std::size_t>(style.indent) * static_cast<std::size_t>(at), ' ');
    };
    if (const std::string* text = value.text_value()) {
        return json_text(*text, style.ensure_ascii);
    }
    if (const auto* truth = value.as<bool>()) {
        return *truth ? "true" : "false";
    }
    if (value.is_none()) {
        return "null";
    }
    if (const auto* real = value.as<double>()) {
        return std::isnan(*real)   ? "NaN"
               : std::isinf(*real) ? (*real < 0 ? "-Infinity" : "Infinity")
                                   : float_text(*real);
    }
    if (const auto* list = value.items()) {
        std::string text("[");
        for (std::size_t i = 0; i < list->size(); ++i) {
            text += (i == 0 ? "" : separator) + line(level + 1) + json_at((*list)[i], style, level + 1, place);
        }
        return text + (list->empty() ? "" : line(level)) + "]";
    }
    if (const Dict* dict = value.dict_value()) {
        auto entries = dict->items;
        if (style.sort_keys) {
            std::stable_sort(entries.begin(), entries.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; });
        }
        std::string text("{");
        for (std::size_t i = 0; i < entries.size(); ++i) {
            text += (i == 0 ? "" : separator) + line(level + 1) + json_text(entries[i].first, style.ensure_ascii) +
                    style.key_separator + json_at(entries[i].second, style, level + 1, place);
        }
        return text + (entries.empty() ? "" : line(level)) + "}";
    }
    if (value.as<std::int64_t>() != nullptr) {
        return repr(value);
    }
    refuse(std::string("tojson cannot write a value of type ") + value.type_name(), place);
}

}  // namespace

std::string to_json(const Value& value, const JsonStyle& style, Place place) {
    return json_at(value, style, 0, place);
}

}  // namespace tandem::jinja
