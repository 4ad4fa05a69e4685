#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

using Filter = Value (*)(Renderer& renderer, const Value& value, const Arguments& arguments);

struct Entry {
    std::string_view name;
    Filter filter;
};

Value trim(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value* letters = given.find(0, "chars");
    const bool all_space = letters == nullptr || letters->is_none();
    const std::string chosen = all_space ? std::string() : given.text(0, "chars", "trim");
    return renderer.make_text(
        stripped(renderer.write_out(value, given.place), all_space ? nullptr : &chosen, true, true), given.place);
}

Value length(Renderer& renderer, const Value& value, const Arguments& given) {
    if (const std::string* text = value.text_value()) {
        renderer.made(text->size() / 16, given.place);
        return Value::integer(static_cast<std::int64_t>(characters(*text).size()));
    }
    if (const auto* items = value.items()) {
        return Value::integer(static_cast<std::int64_t>(items->size()));
    }
    if (const Dict* dict = value.dict_value()) {
        return Value::integer(static_cast<std::int64_t>(dict->items.size()));
    }
    if (value.is_undefined()) {
        return Value::integer(0);
    }
    refuse(std::string("a value of type ") + value.type_name() + " has no length", given.place);
}

template <std::string (*change)(std::string_view)>
Value changed(Renderer& renderer, const Value& value, const Arguments& given) {
    return renderer.make_text(change(renderer.write_out(value, given.place)), given.place);
}

// Jinja's own rule for words, not Python's: they begin after white space, dashes and opening brackets.
std::string title_words(std::string_view text) {
    std::string result;
    bool starts = true;
    while (!text.empty()) {
        const unicode::Char c = unicode::first_char(text);
        const std::string_view one = text.substr(0, c.size);
        const bool breaks =
            unicode::is_whitespace(c.code) ||
            (c.code < 0x80 && std::string_view("-({[<").find(static_cast<char>(c.code)) != std::string_view::npos);
        result += starts ? unicode::upper_text(one) : unicode::lower_text(one);
        starts = breaks;
        text.remove_prefix(c.size);
    }
    return result;
}

Value json(Renderer& renderer, const Value& value, const Arguments& given) {
    JsonStyle style;
    const Value* ascii = given.find(0, "ensure_ascii");
    style.ensure_ascii = ascii != nullptr && ascii->truth();
    style.indent = given.integer(1, "indent", -1);
    if (style.indent > 32) {
        refuse("tojson indents by at most 32", given.place);
    }
    if (const Value* separators = given.find(2, "separators"); separators != nullptr && !separators->is_none()) {
        const auto* both = separators->items();
        if (both == nullptr || both->size() != 2 || (*both)[0].text_value() == nullptr ||
            (*both)[1].text_value() == nullptr || (*both)[0].text_value()->empty()) {
            refuse("tojson's separators must be two texts", given.place);
        }
        style.item_separator = *(*both)[0].text_value();
        style.key_separator = *(*both)[1].text_value();
    }
    const Value* sorted = given.find(3, "sort_keys");
    style.sort_keys = sorted != nullptr && sorted->truth();
    renderer.made(value.weight() * (style.indent > 0 ? 8 : 1), given.place);
    return renderer.make_text(to_json(value, style, given.place), given.place);
}

Value with_default(Renderer&, const Value& value, const Arguments& given) {
    const Value* boolean = given.find(1, "boolean");
    const bool also_false = boolean != nullptr && boolean->truth();
    if (!value.is_undefined() && (value.truth() || !also_false)) {
        return value;
    }
    const Value* absent = given.find(0, "default_value");
    return absent == nullptr ? Value::text("") : *absent;
}

Value join(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value* glue = given.find(0, "d");
    const std::string between = glue == nullptr ? std::string() : str(*glue);
    const Value* attribute = given.find(1, "attribute");
    std::string text;
    bool first = true;
    for (const Value& item : renderer.iterate(value, given.place)) {
        const Value part = attribute == nullptr ? item : follow_path(item, given.text(1, "attribute", "join"));
        renderer.made(between.size(), given.place);
        text += (first ? "" : between) + renderer.write_out(part, given.place);
        first = false;
    }
    return renderer.make_text(std::move(text), given.place);
}

Value list(Renderer& renderer, const Value& value, const Arguments& given) {
    return renderer.make_list(renderer.iterate(value, given.place), given.place);
}

Value first(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::vector<Value> items = renderer.iterate(value, given.place);
    return items.empty() ? Value::undefined("the first item of nothing") : items.front();
}

Value last(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::vector<Value> items = renderer.iterate(value, given.place);
    return items.empty() ? Value::undefined("the last item of nothing") : items.back();
}

Value reverse(Renderer& renderer, const Value& value, const Arguments& given) {
    std::vector<Value> items = renderer.iterate(value, given.place);
    std::reverse(items.begin(), items.end());
    if (value.text_value() != nullptr) {
        std::string text;
        for (const Value& item : items) {
            text += *item.text_value();
        }
        return renderer.make_text(std::move(text), given.place);
    }
    return renderer.make_list(std::move(items), given.place);
}

Value replace(Renderer& renderer, const Value& value, const Arguments& given) {
    return renderer.make_text(
        replaced(renderer, renderer.write_out(value, given.place), given.text(0, "old", "replace"),
                 given.text(1, "new", "replace"), given.integer(2, "count", -1), given.place),
        given.place);
}

// What int() and float() of Python read, without underscores and other scripts' digits.
template <class Number>
std::optional<Number> parsed(const std::string& text) {
    const std::string trimmed = stripped(text, nullptr, true, true);
    const char* begin = trimmed.data() + (trimmed.starts_with('+') && trimmed.size() > 1 ? 1 : 0);
    Number number{};
    const auto read = std::from_chars(begin, trimmed.data() + trimmed.size(), number);
    return read.ec == std::errc() && read.ptr == trimmed.data() + trimmed.size() ? std::optional<Number>(number)
                                                                                 : std::nullopt;
}

Value as_whole(const Value& value) {
    const auto* whole = value.as<std::int64_t>();
    return Value::integer(whole != nullptr ? *whole : static_cast<std::int64_t>(value.number()));
}

Value to_int(Renderer&, const Value& value, const Arguments& given) {
    if (const auto* real = value.as<double>()) {
        if (std::abs(*real) < 9e18) {
            return Value::integer(static_cast<std::int64_t>(*real));
        }
    } else if (value.is_number()) {
        return as_whole(value);
    }
    if (const std::string* text = value.text_value()) {
        if (const auto whole = parsed<std::int64_t>(*text)) {
            return Value::integer(*whole);
        }
        const auto real = parsed<double>(*text);
        if (real && std::abs(*real) < 9e18) {
            return Value::integer(static_cast<std::int64_t>(*real));
        }
    }
    return Value::integer(given.integer(0, "default", 0));
}

Value to_float(Renderer&, const Value& value, const Arguments& given) {
    if (value.is_number()) {
        return Value::State(value.number());
    }
    if (const std::string* text = value.text_value()) {
        if (const auto real = parsed<double>(*text)) {
            return Value::State(*real);
        }
    }
    const Value* absent = given.find(0, "default");
    return absent == nullptr ? Value(Value::State(0.0)) : *absent;
}

Value to_string(Renderer& renderer, const Value& value, const Arguments& given) {
    return value.text_value() != nullptr ? value
                                         : renderer.make_text(renderer.write_out(value, given.place), given.place);
}

Value absolute(Renderer& renderer, const Value& value, const Arguments& given) {
    if (const auto* real = value.as<double>()) {
        return Value::State(std::abs(*real));
    }
    if (!value.is_number()) {
        refuse(std::string("abs needs a number, found ") + value.type_name(), given.place);
    }
    const Value whole = as_whole(value);
    return value.number() < 0 ? arithmetic(renderer, "-", Value::integer(0), whole, given.place) : whole;
}

Value dict_items(Renderer& renderer, const Value& value, const Arguments& given) {
    if (value.is_undefined()) {
        return Value::list({});
    }
    if (value.dict_value() == nullptr) {
        refuse(std::string("items needs a dict, found ") + value.type_name(), given.place);
    }
    return call_method(renderer, value, "items", given);
}

// selectattr and rejectattr: (path, test, arguments of the test); select and reject: (test, arguments).
Value chosen(Renderer& renderer, const Value& value, const Arguments& given, bool by_attribute, bool keep) {
    const std::string path = by_attribute ? given.text(0, "attribute", "selectattr") : std::string();
    const std::size_t test_at = by_attribute ? 1 : 0;
    std::string test;
    Arguments rest{.place = given.place};
    if (given.positional.size() > test_at) {
        test = given.text(test_at, "test", "select");
        if (!is_test(test)) {
            refuse("the test '" + printable(test) + "' is not supported", given.place);
        }
        rest.positional.assign(given.positional.begin() + static_cast<std::ptrdiff_t>(test_at) + 1,
                               given.positional.end());
    }
    std::vector<Value> items;
    for (const Value& item : renderer.iterate(value, given.place)) {
        renderer.step(given.place);
        const Value looked_at = by_attribute ? follow_path(item, path) : item;
        const bool holds = test.empty() ? looked_at.truth() : apply_test(test, looked_at, rest);
        if (holds == keep) {
            items.push_back(item);
        }
    }
    return renderer.make_list(std::move(items), given.place);
}

Value map(Renderer& renderer, const Value& value, const Arguments& given) {
    std::vector<Value> items;
    const bool attribute = given.positional.empty();
    const std::string what = attribute ? given.text(99, "attribute", "map") : given.text(0, "filter", "map");
    if (!attribute && !is_filter(what)) {
        refuse("the filter '" + printable(what) + "' is not supported", given.place);
    }
    Arguments rest{.place = given.place};
    if (!attribute) {
        rest.positional.assign(given.positional.begin() + 1, given.positional.end());
        rest.named = given.named;
    }
    const Value* absent = attribute ? given.find(99, "default") : nullptr;
    for (const Value& item : renderer.iterate(value, given.place)) {
        renderer.step(given.place);
        Value made = attribute ? follow_path(item, what) : apply_filter(renderer, what, item, rest);
        items.push_back(made.is_undefined() && absent != nullptr ? *absent : std::move(made));
    }
    return renderer.make_list(std::move(items), given.place);
}

const std::array<Entry, 28> filters{{
    {"trim", trim},
    {"length", length},
    {"count", length},
    {"upper", changed<unicode::upper_text>},
    {"lower", changed<unicode::lower_text>},
    {"capitalize", changed<unicode::capitalised_text>},
    {"title", changed<title_words>},
    {"tojson", json},
    {"default", with_default},
    {"d", with_default},
    {"join", join},
    {"list", list},
    {"first", first},
    {"last", last},
    {"reverse", reverse},
    {"replace", replace},
    {"int", to_int},
    {"float", to_float},
    {"string", to_string},
    {"abs", absolute},
    {"items", dict_items},
    {"safe", to_string},
    {"selectattr", [](Renderer& r, const Value& v, const Arguments& a) { return chosen(r, v, a, true, true); }},
    {"rejectattr", [](Renderer& r, const Value& v, const Arguments& a) { return chosen(r, v, a, true, false); }},
    {"select", [](Renderer& r, const Value& v, const Arguments& a) { return chosen(r, v, a, false, true); }},
    {"reject", [](Renderer& r, const Value& v, const Arguments& a) { return chosen(r, v, a, false, false); }},
    {"map", map},
    {"unique",
     [](Renderer& renderer, const Value& value, const Arguments& given) {
         std::vector<Value> items;
         for (const Value& item : renderer.iterate(value, given.place)) {
             for (std::size_t i = 0; i < items.size() / 16 + 1; ++i) {
                 renderer.step(given.place);
             }
             if (std::none_of(items.begin(), items.end(), [&](const Value& one) { return equal(one, item); })) {
                 items.push_back(item);
             }
         }
         return renderer.make_list(std::move(items), given.place);
     }},
}};

}  // namespace

bool is_filter(std::string_view name) {
    return std::any_of(filters.begin(), filters.end(), [&](const Entry& entry) { return entry.name == name; });
}

Value apply_filter(Renderer& renderer, const std::string& name, const Value& value, const Arguments& arguments) {
    const auto* const entry =
        std::find_if(filters.begin(), filters.end(), [&](const Entry& one) { return one.name == name; });
    if (entry == filters.end()) {
        refuse("the filter '" + name + "' is not supported", arguments.place);
    }
    return entry->filter(renderer, value, arguments);
}

Value follow_path(const Value& value, std::string_view path) {
    Value at = value;
    while (!path.empty()) {
        const std::size_t dot = std::min(path.find('.'), path.size());
        const Dict* dict = at.dict_value();
        const Value* found = dict == nullptr ? nullptr : dict->find(path.substr(0, dot));
        if (found == nullptr) {
            return Value::undefined(std::string(path.substr(0, dot)));
        }
        at = Value(*found);
        path.remove_prefix(std::min(dot + 1, path.size()));
    }
    return at;
}

}  // namespace tandem::jinja
