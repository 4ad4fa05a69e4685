#include "engine/tokenizer/template_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_hex.h"
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

// The template's own words, whole, but nothing that a terminal would obey.
std::string plain_words(std::string_view message) {
    constexpr std::size_t longest = 4000;
    std::string words;
    for (const char c : utf8_prefix(message, longest)) {
        const auto code = static_cast<unsigned char>(c);
        words += (code < 0x20 && c != '\n' && c != '\t') || code == 0x7F ? "\\x" + hex(code, 2) : std::string(1, c);
    }
    return words;
}

template <class Container>
void measure(Container& container, const Value& item) {
    container.holds_objects = container.holds_objects || item.holds_objects();
    container.depth = std::max(container.depth, item.depth() + 1);
    container.weight = std::min(container.weight + item.weight() + 2, heaviest);
}

Value made_sequence(Sequence made) {
    for (const Value& item : made.items) {
        measure(made, item);
    }
    return Value::State(std::make_shared<const Sequence>(std::move(made)));
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
    throw TemplateStop{fault("TEMPLATE_RAISED", plain_words(message), place)};
}

std::string Undefined::message() const {
    return name.find(' ') == std::string::npos ? "'" + printable(name) + "' is undefined" : printable(name);
}

Value Value::list(std::vector<Value> items, SequenceKind kind) {
    return made_sequence({.items = std::move(items), .kind = kind});
}

Value Value::group(Value grouper, Value list) {
    return made_sequence(
        {.items = {std::move(grouper), std::move(list)}, .kind = SequenceKind::tuple, .grouped = true});
}

Value Value::range(std::int64_t start, std::int64_t stop, std::int64_t stride, std::vector<Value> numbers) {
    return made_sequence(
        {.items = std::move(numbers), .kind = SequenceKind::range, .start = start, .stop = stop, .stride = stride});
}

Value Value::generator(std::vector<Value> items) {
    auto made = std::make_shared<Generator>();
    for (const Value& item : items) {
        measure(*made, item);
    }
    made->items = std::move(items);
    return State(std::move(made));
}

Value Value::dict(std::vector<std::pair<Value, Value>> items) {
    auto made = std::make_shared<Dict>();
    made->items = std::move(items);
    for (const auto& [key, value] : made->items) {
        measure(*made, key);
        measure(*made, value);
    }
    return State(std::shared_ptr<const Dict>(std::move(made)));
}

const std::string* Value::text_value() const {
    if (const Text* text = as<Text>()) {
        return text->get();
    }
    const auto* html = as<Markup>();
    return html == nullptr ? nullptr : html->text.get();
}

const Sequence* Value::sequence() const {
    const auto* sequence = as<std::shared_ptr<const Sequence>>();
    return sequence == nullptr ? nullptr : sequence->get();
}

const std::vector<Value>* Value::items() const {
    const Sequence* found = sequence();
    return found == nullptr ? nullptr : &found->items;
}

bool Value::indexable() const {
    const Sequence* found = sequence();
    return found != nullptr && (found->kind == SequenceKind::list || found->kind == SequenceKind::tuple ||
                                found->kind == SequenceKind::range);
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
    return as<Macro>() != nullptr || as<Builtin>() != nullptr || as<Method>() != nullptr ||
           as<std::shared_ptr<LoopState>>() != nullptr || as<std::shared_ptr<Joiner>>() != nullptr;
}

bool Value::holds_objects() const {
    if (const Sequence* found = sequence()) {
        return found->holds_objects;
    }
    if (const Dict* dict = dict_value()) {
        return dict->holds_objects;
    }
    return !(is_undefined() || is_none() || is_number() || text_value() != nullptr);
}

int Value::depth() const {
    if (const Sequence* found = sequence()) {
        return found->depth;
    }
    if (const Dict* dict = dict_value()) {
        return dict->depth;
    }
    if (const auto* generator = as<std::shared_ptr<Generator>>()) {
        return (*generator)->depth;
    }
    if (const auto* cycler = as<std::shared_ptr<Cycler>>()) {
        return (*cycler)->depth;
    }
    if (const auto* loop = as<std::shared_ptr<LoopState>>()) {
        return (*loop)->depth;
    }
    const auto* method = as<Method>();
    return method != nullptr ? method->self->depth() + 1 : 0;
}

std::size_t Value::weight() const {
    if (const std::string* text = text_value()) {
        return text->size();
    }
    if (const Sequence* found = sequence()) {
        return found->weight;
    }
    if (const auto* generator = as<std::shared_ptr<Generator>>()) {
        return (*generator)->weight;
    }
    const Dict* dict = dict_value();
    return dict != nullptr ? dict->weight : 8;
}

const char* Value::type_name() const {
    constexpr std::array<const char*, 17> names{"undefined", "NoneType", "bool",      "int",    "float", "str",
                                                "list",      "dict",     "Namespace", "loop",   "macro", "function",
                                                "method",    "Markup",   "generator", "Cycler", "Joiner"};
    static_assert(std::variant_size_v<State> == names.size());
    constexpr std::array<const char*, 6> sequences{"list", "tuple", "dict_keys", "dict_values", "dict_items", "range"};
    const Sequence* found = sequence();
    return found != nullptr ? sequences[static_cast<std::size_t>(found->kind)] : names[state_.index()];
}

const Value* Namespace::find(std::string_view name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? nullptr : &found->second.value;
}

void Namespace::put(std::string_view name, Value value) {
    const auto found = fields.find(name);
    if (found == fields.end()) {
        const std::size_t order = fields.size();
        fields.emplace(std::string(name), Field{std::move(value), order});
    } else {
        found->second.value = std::move(value);
    }
}

const Value* Dict::find(std::string_view key) const {
    for (const auto& [name, value] : items) {
        const std::string* text = name.text_value();
        if (text != nullptr && *text == key) {
            return &value;
        }
    }
    return nullptr;
}

const Value* Dict::find(const Value& key) const {
    if (const std::string* text = key.text_value()) {
        return find(*text);
    }
    for (const auto& [name, value] : items) {
        if (equal(name, key)) {
            return &value;
        }
    }
    return nullptr;
}

bool hashable(const Value& value) {
    if (const Sequence* found = value.sequence()) {
        return found->kind == SequenceKind::range ||
               (found->kind == SequenceKind::tuple && std::all_of(found->items.begin(), found->items.end(),
                                                                  [](const Value& item) { return hashable(item); }));
    }
    return value.dict_value() == nullptr;
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
    const Sequence* list_a = a.sequence();
    const Sequence* list_b = b.sequence();
    if (list_a != nullptr && list_b != nullptr) {
        return list_a->kind == list_b->kind && (list_a == list_b || list_a->kind != SequenceKind::values) &&
               std::equal(list_a->items.begin(), list_a->items.end(), list_b->items.begin(), list_b->items.end(),
                          equal);
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
    const auto same_object = [&](auto tag) {
        using Kept = decltype(tag);
        const Kept* left = a.as<Kept>();
        const Kept* right = b.as<Kept>();
        return left != nullptr && right != nullptr && *left == *right;
    };
    if (same_object(std::shared_ptr<Namespace>()) || same_object(std::shared_ptr<LoopState>()) ||
        same_object(std::shared_ptr<Generator>()) || same_object(std::shared_ptr<Cycler>()) ||
        same_object(std::shared_ptr<Joiner>())) {
        return true;
    }
    const auto* macro_a = a.as<Macro>();
    const auto* macro_b = b.as<Macro>();
    if (macro_a != nullptr && macro_b != nullptr) {
        return macro_a->node == macro_b->node && macro_a->scope == macro_b->scope;
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

namespace {

std::string sequence_repr(const Sequence& list) {
    if (list.kind == SequenceKind::range) {
        return "range(" + std::to_string(list.start) + ", " + std::to_string(list.stop) +
               (list.stride == 1 ? "" : ", " + std::to_string(list.stride)) + ")";
    }
    constexpr std::array<std::string_view, 5> openings{"[", "(", "dict_keys([", "dict_values([", "dict_items(["};
    constexpr std::array<std::string_view, 5> closings{"]", ")", "])", "])", "])"};
    const auto kind = static_cast<std::size_t>(list.kind);
    std::string text(openings[kind]);
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        text += (i == 0 ? "" : ", ") + repr(list.items[i]);
    }
    text += list.kind == SequenceKind::tuple && list.items.size() == 1 ? "," : "";
    return text + std::string(closings[kind]);
}

}  // namespace

std::string repr(const Value& value) {
    if (const std::string* text = value.text_value()) {
        return value.is_markup() ? "Markup(" + text_repr(*text) + ")" : text_repr(*text);
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
    if (const Sequence* list = value.sequence()) {
        return sequence_repr(*list);
    }
    if (const Dict* dict = value.dict_value()) {
        std::string text("{");
        for (std::size_t i = 0; i < dict->items.size(); ++i) {
            text += (i == 0 ? "" : ", ") + repr(dict->items[i].first) + ": " + repr(dict->items[i].second);
        }
        return text + "}";
    }
    if (const auto* names = value.as<std::shared_ptr<Namespace>>()) {
        std::vector<std::pair<std::string, Value>> fields((*names)->fields.size());
        for (const auto& [name, field] : (*names)->fields) {
            fields[field.order] = {name, field.value};
        }
        std::string text("<Namespace {");
        for (std::size_t i = 0; i < fields.size(); ++i) {
            text += (i == 0 ? "" : ", ") + text_repr(fields[i].first) + ": " + repr(fields[i].second);
        }
        return text + "}>";
    }
    return std::string("<") + value.type_name() + ">";
}

}  // namespace tandem::jinja
