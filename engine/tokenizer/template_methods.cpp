#include <algorithm>
#include <array>

#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

constexpr std::array<std::string_view, 23> text_methods{
    "strip", "lstrip",  "rstrip",  "startswith", "endswith", "split",        "rsplit",      "splitlines",
    "upper", "lower",   "title",   "capitalize", "replace",  "find",         "rfind",       "count",
    "join",  "isdigit", "isspace", "isupper",    "islower",  "removeprefix", "removesuffix"};
constexpr std::array<std::string_view, 4> dict_methods{"items", "keys", "values", "get"};
constexpr std::array<std::string_view, 2> list_methods{"index", "count"};
// Python has them, and they change values, which templates may not.
constexpr std::array<std::string_view, 12> changing{"append", "extend", "insert",  "pop",     "remove",     "clear",
                                                    "update", "sort",   "reverse", "popitem", "setdefault", "add"};

template <std::size_t count>
bool among(const std::array<std::string_view, count>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_space(char32_t c) {
    return unicode::is_whitespace(c) || (c >= 0x1C && c <= 0x1F);
}

Value list_of(Renderer& renderer, const std::vector<std::u32string>& parts, Place place) {
    std::vector<Value> items;
    for (const std::u32string& part : parts) {
        items.push_back(renderer.make_text(utf8(part), place));
    }
    return renderer.make_list(std::move(items), place);
}

// At white space of any length; empty parts are left out.
std::vector<std::u32string> split_words(std::u32string text, std::int64_t most, bool from_right) {
    if (from_right) {
        std::reverse(text.begin(), text.end());
    }
    std::vector<std::u32string> parts;
    std::size_t at = 0;
    while (true) {
        while (at < text.size() && is_space(text[at])) {
            ++at;
        }
        if (at == text.size()) {
            break;
        }
        std::size_t end = at;
        if (most >= 0 && static_cast<std::int64_t>(parts.size()) >= most) {
            parts.push_back(text.substr(at));  // with the white space at its far side
            break;
        }
        while (end < text.size() && !is_space(text[end])) {
            ++end;
        }
        parts.push_back(text.substr(at, end - at));
        at = end;
    }
    if (from_right) {
        for (std::u32string& part : parts) {
            std::reverse(part.begin(), part.end());
        }
        std::reverse(parts.begin(), parts.end());
    }
    return parts;
}

std::vector<std::u32string> split_at(const std::u32string& text, const std::u32string& separator, std::int64_t most,
                                     bool from_right) {
    std::vector<std::u32string> parts;
    std::size_t begin = 0;
    std::size_t end = text.size();
    while (most < 0 || static_cast<std::int64_t>(parts.size()) < most) {
        const std::size_t at =
            from_right ? (end < separator.size() ? std::u32string::npos : text.rfind(separator, end - separator.size()))
                       : text.find(separator, begin);
        if (at == std::u32string::npos) {
            break;
        }
        if (from_right) {
            parts.push_back(text.substr(at + separator.size(), end - at - separator.size()));
            end = at;
        } else {
            parts.push_back(text.substr(begin, at - begin));
            begin = at + separator.size();
        }
    }
    parts.push_back(text.substr(begin, end - begin));
    if (from_right) {
        std::reverse(parts.begin(), parts.end());
    }
    return parts;
}

Value split(Renderer& renderer, const std::string& text, const Arguments& given, bool from_right) {
    given.at_most(2, "split");
    const Value* separator = given.find(0, "sep");
    const std::int64_t most = given.integer(1, "maxsplit", -1);
    if (separator == nullptr || separator->is_none()) {
        return list_of(renderer, split_words(characters(text), most, from_right), given.place);
    }
    const std::string mark = given.text(0, "sep", "split");
    if (mark.empty()) {
        refuse("split() with an empty separator", given.place);
    }
    return list_of(renderer, split_at(characters(text), characters(mark), most, from_right), given.place);
}

Value split_lines(Renderer& renderer, const std::string& text, const Arguments& given) {
    const Value* keep = given.find(0, "keepends");
    const bool keeps = keep != nullptr && keep->truth();
    const std::u32string letters = characters(text);
    constexpr std::u32string_view ends = U"\n\r\v\f\x1C\x1D\x1E\u0085\u2028\u2029";
    std::vector<std::u32string> lines;
    for (std::size_t at = 0; at < letters.size();) {
        const std::size_t end = std::min(letters.find_first_of(ends, at), letters.size());
        std::size_t next = std::min(end + 1, letters.size());
        next += end + 1 < letters.size() && letters[end] == U'\r' && letters[end + 1] == U'\n' ? 1 : 0;
        lines.push_back(letters.substr(at, (keeps ? next : end) - at));
        at = next;
    }
    return list_of(renderer, lines, given.place);
}

bool begins_or_ends(const std::string& text, const Arguments& given, bool begins) {
    given.at_most(1, begins ? "startswith" : "endswith");
    const auto matches = [&](const std::string& part) {
        return begins ? text.starts_with(part) : text.ends_with(part);
    };
    const Value* choice = given.find(0, "prefix");
    if (choice != nullptr && choice->items() != nullptr) {
        return std::any_of(choice->items()->begin(), choice->items()->end(), [&](const Value& part) {
            return part.text_value() != nullptr && matches(*part.text_value());
        });
    }
    return matches(given.text(0, "prefix", begins ? "startswith" : "endswith"));
}

Value strip(Renderer& renderer, const std::string& text, const std::string& name, const Arguments& given) {
    given.at_most(1, name);
    const Value* letters = given.find(0, "chars");
    const bool all_space = letters == nullptr || letters->is_none();
    const std::string chosen = all_space ? std::string() : given.text(0, "chars", name);
    return renderer.make_text(stripped(text, all_space ? nullptr : &chosen, name != "rstrip", name != "lstrip"),
                              given.place);
}

std::int64_t count_of(const std::string& text, const std::string& part) {
    if (part.empty()) {
        return static_cast<std::int64_t>(characters(text).size()) + 1;
    }
    std::int64_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

std::int64_t position(const std::string& text, const Arguments& given, bool last, const char* name) {
    given.at_most(1, name);
    const std::string part = given.text(0, "sub", name);
    const std::size_t at = last ? text.rfind(part) : text.find(part);
    return at == std::string::npos ? -1 : static_cast<std::int64_t>(characters(text.substr(0, at)).size());
}

std::string joined(Renderer& renderer, const std::string& glue, const Arguments& given) {
    given.at_most(1, "join");
    const Value* parts = given.find(0, "iterable");
    if (parts == nullptr) {
        refuse("join() needs a list", given.place);
    }
    std::string result;
    bool first = true;
    for (const Value& part : renderer.iterate(*parts, given.place)) {
        if (part.text_value() == nullptr) {
            refuse(std::string("join() needs texts, found ") + part.type_name(), given.place);
        }
        renderer.made(part.text_value()->size() + glue.size(), given.place);
        result += (first ? "" : glue) + *part.text_value();
        first = false;
    }
    return result;
}

Value call_text(Renderer& renderer, const std::string& text, const std::string& name, const Arguments& given) {
    const auto all = [&](bool (*holds)(char32_t)) {
        const std::u32string letters = characters(text);
        return Value::boolean(!letters.empty() && std::all_of(letters.begin(), letters.end(), holds));
    };
    const auto make = [&](std::string result) { return renderer.make_text(std::move(result), given.place); };
    if (name.ends_with("strip")) {
        return strip(renderer, text, name, given);
    }
    if (name == "startswith" || name == "endswith") {
        return Value::boolean(begins_or_ends(text, given, name == "startswith"));
    }
    if (name == "split" || name == "rsplit") {
        return split(renderer, text, given, name == "rsplit");
    }
    if (name == "splitlines") {
        return split_lines(renderer, text, given);
    }
    if (name == "upper") {
        return make(unicode::upper_text(text));
    }
    if (name == "lower") {
        return make(unicode::lower_text(text));
    }
    if (name == "title") {
        return make(unicode::title_text(text));
    }
    if (name == "capitalize") {
        return make(unicode::capitalised_text(text));
    }
    if (name == "replace") {
        return make(replaced(renderer, text, given.text(0, "old", name), given.text(1, "new", name),
                             given.integer(2, "count", -1), given.place));
    }
    if (name == "find" || name == "rfind") {
        return Value::integer(position(text, given, name == "rfind", name.c_str()));
    }
    if (name == "count") {
        given.at_most(1, name);
        return Value::integer(count_of(text, given.text(0, "sub", name)));
    }
    if (name == "join") {
        return make(joined(renderer, text, given));
    }
    if (name == "isdigit") {
        return all(unicode::is_digit);
    }
    if (name == "isspace") {
        return all(is_space);
    }
    if (name == "isupper" || name == "islower") {
        return Value::boolean(apply_test(name.substr(2), Value::text(text), given));
    }
    const std::string part = given.text(0, "affix", name);
    if (name == "removeprefix") {
        return make(text.starts_with(part) ? text.substr(part.size()) : text);
    }
    return make(text.ends_with(part) ? text.substr(0, text.size() - part.size()) : text);
}

Value call_dict(Renderer& renderer, const Dict& dict, const std::string& name, const Arguments& given) {
    if (name == "get") {
        given.at_most(2, name);
        const Value* key = given.find(0, "key");
        const Value* found = key != nullptr && key->text_value() != nullptr ? dict.find(*key->text_value()) : nullptr;
        const Value* absent = given.find(1, "default");
        return found != nullptr ? *found : absent != nullptr ? *absent : Value();
    }
    given.at_most(0, name);
    std::vector<Value> items;
    renderer.made(dict.items.size() * 3 * sizeof(Value), given.place);
    for (const auto& [key, value] : dict.items) {
        items.push_back(name == "keys"     ? Value::text(key)
                        : name == "values" ? value
                                           : Value::list({Value::text(key), value}, true));
    }
    return renderer.make_list(std::move(items), given.place);
}

}  // namespace

std::string replaced(Renderer& renderer, const std::string& text, const std::string& from, const std::string& to,
                     std::int64_t most, Place place) {
    std::string result;
    std::size_t at = 0;
    std::int64_t done = 0;
    while (most < 0 || done < most) {
        const std::size_t found = from.empty() ? at : text.find(from, at);
        if (found == std::string::npos || (from.empty() && at > text.size())) {
            break;
        }
        renderer.made(to.size() + found - at, place);
        result += text.substr(at, found - at);
        result += to;
        ++done;
        at = found + from.size();
        if (from.empty()) {
            if (at >= text.size()) {
                return result;
            }
            const std::size_t size = unicode::char_size(text[at]);
            result += text.substr(at, size);
            at += size;
        }
    }
    return result + text.substr(std::min(at, text.size()));
}

bool has_method(const Value& value, std::string_view name) {
    return (value.text_value() != nullptr && among(text_methods, name)) ||
           (value.dict_value() != nullptr && (among(dict_methods, name) || among(changing, name))) ||
           (value.items() != nullptr && (among(list_methods, name) || among(changing, name)));
}

Value call_method(Renderer& renderer, const Value& self, const std::string& name, const Arguments& given) {
    renderer.made(self.weight() / 16, given.place);
    if (const std::string* text = self.text_value()) {
        return call_text(renderer, *text, name, given);
    }
    if (among(changing, name)) {
        refuse("'" + name + "' would change a value, which templates may not", given.place);
    }
    if (const Dict* dict = self.dict_value()) {
        return call_dict(renderer, *dict, name, given);
    }
    const Value* item = given.find(0, "value");
    if (item == nullptr || self.items() == nullptr) {
        refuse("'" + name + "' needs a value to look for", given.place);
    }
    const auto& items = *self.items();
    const auto is_it = [&](const Value& one) { return equal(one, *item); };
    if (name == "count") {
        return Value::integer(std::count_if(items.begin(), items.end(), is_it));
    }
    const auto found = std::find_if(items.begin(), items.end(), is_it);
    if (found == items.end()) {
        refuse("index() does not find the value", given.place);
    }
    return Value::integer(found - items.begin());
}

}  // namespace tandem::jinja
