// The methods of Python's str.
#include <algorithm>
#include <array>
#include <optional>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

constexpr std::array<std::string_view, 47> text_methods{
    "capitalize",   "casefold",   "center",    "count",       "encode",    "endswith",     "expandtabs",   "find",
    "format",       "format_map", "index",     "isalnum",     "isalpha",   "isascii",      "isdecimal",    "isdigit",
    "isidentifier", "islower",    "isnumeric", "isprintable", "isspace",   "istitle",      "isupper",      "join",
    "ljust",        "lower",      "lstrip",    "maketrans",   "partition", "removeprefix", "removesuffix", "replace",
    "rfind",        "rindex",     "rjust",     "rpartition",  "rsplit",    "rstrip",       "split",        "splitlines",
    "startswith",   "strip",      "swapcase",  "title",       "translate", "upper",        "zfill"};

void without_names(const Arguments& given, std::size_t most, const std::string& name) {
    given.at_most(most, name);
    if (!given.named.empty()) {
        refuse("'" + name + "' takes no arguments with names", given.place);
    }
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
    given.at_most(1, "splitlines");
    const Value* keep = given.find(0, "keepends");
    std::vector<Value> items;
    for (std::string& line : lines_of(text, keep != nullptr && keep->truth())) {
        items.push_back(renderer.make_text(std::move(line), given.place));
    }
    return renderer.make_list(std::move(items), given.place);
}

// The part of a text that the optional arguments start and end choose, in characters.
std::optional<std::u32string> chosen_part(const std::string& text, const Arguments& given, std::int64_t& start) {
    const std::u32string letters = characters(text);
    const auto size = static_cast<std::int64_t>(letters.size());
    const auto bound = [&](std::size_t at, std::int64_t absent) {
        const std::int64_t value = given.integer(at, "", absent);
        return std::max<std::int64_t>(value < 0 ? value + size : value, 0);
    };
    start = bound(1, 0);
    const std::int64_t end = std::min(bound(2, size), size);
    if (start > size || start > end) {
        return std::nullopt;
    }
    return letters.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start));
}

bool begins_or_ends(const std::string& text, const Arguments& given, bool begins) {
    const std::string name = begins ? "startswith" : "endswith";
    without_names(given, 3, name);
    std::int64_t start = 0;
    const auto part = chosen_part(text, given, start);
    const std::string looked_at = part ? utf8(*part) : std::string();
    const auto matches = [&](const Value& value) {
        if (value.text_value() == nullptr) {
            refuse("'" + name + "' needs a text or a tuple of texts, found " + value.type_name(), given.place);
        }
        const std::string& affix = *value.text_value();
        return part && (begins ? looked_at.starts_with(affix) : looked_at.ends_with(affix));
    };
    const Value* choice = given.find(0, "");
    if (choice != nullptr && choice->sequence() != nullptr && choice->sequence()->kind == SequenceKind::tuple) {
        return std::any_of(choice->items()->begin(), choice->items()->end(), matches);
    }
    return matches(choice == nullptr ? Value() : *choice);
}

Value strip(Renderer& renderer, const std::string& text, const std::string& name, const Arguments& given) {
    without_names(given, 1, name);
    const Value* letters = given.find(0, "chars");
    const bool all_space = letters == nullptr || letters->is_none();
    const std::string chosen = all_space ? std::string() : given.text(0, "chars", name);
    return renderer.make_text(stripped(text, all_space ? nullptr : &chosen, name != "rstrip", name != "lstrip"),
                              given.place);
}

// count, find, rfind, index and rindex: (part, start, end).
Value search(const std::string& text, const std::string& name, const Arguments& given) {
    without_names(given, 3, name);
    const std::u32string part = characters(given.text(0, "sub", name));
    std::int64_t start = 0;
    const auto chosen = chosen_part(text, given, start);
    if (name == "count") {
        std::int64_t count = chosen && part.empty() ? static_cast<std::int64_t>(chosen->size()) + 1 : 0;
        for (std::size_t at = 0; chosen && !part.empty() && (at = chosen->find(part, at)) != std::u32string::npos;) {
            ++count;
            at += part.size();
        }
        return Value::integer(count);
    }
    const bool from_right = name.starts_with('r');
    const std::size_t at = !chosen ? std::u32string::npos : from_right ? chosen->rfind(part) : chosen->find(part);
    if (at == std::u32string::npos) {
        if (name.ends_with("index")) {
            refuse("'" + name + "' does not find the part", given.place);
        }
        return Value::integer(-1);
    }
    return Value::integer(start + static_cast<std::int64_t>(at));
}

// ljust, rjust, center and zfill: (width, fill).
std::string padded(Renderer& renderer, const std::string& text, const std::string& name, const Arguments& given) {
    const bool zeros = name == "zfill";
    without_names(given, zeros ? 1 : 2, name);
    const std::u32string fill = given.positional.size() > 1 ? characters(given.text(1, "", name)) : zeros ? U"0" : U" ";
    if (given.positional.empty() || fill.size() != 1) {
        refuse("'" + name + "' needs a width, and one character to fill with", given.place);
    }
    const std::u32string letters = characters(text);
    const auto size = static_cast<std::int64_t>(letters.size());
    const std::int64_t width = given.integer(0, "", 0);
    if (width <= size) {
        return text;
    }
    if (width > static_cast<std::int64_t>(Renderer::most_output / 4)) {
        over_limit("a padded text is too long", given.place);
    }
    const std::int64_t missing = width - size;
    renderer.made(static_cast<std::size_t>(width) * 4, given.place);
    // As CPython centres: the odd one goes to the left where the width is odd.
    const std::int64_t left = name == "ljust" ? 0 : name == "center" ? missing / 2 + (missing & width & 1) : missing;
    const bool sign = zeros && !letters.empty() && (letters[0] == U'-' || letters[0] == U'+');
    return utf8(letters.substr(0, sign ? 1 : 0) + std::u32string(static_cast<std::size_t>(left), fill[0]) +
                letters.substr(sign ? 1 : 0) + std::u32string(static_cast<std::size_t>(missing - left), fill[0]));
}

Value partition(Renderer& renderer, const std::string& text, const std::string& name, const Arguments& given) {
    without_names(given, 1, name);
    const std::string mark = given.text(0, "", name);
    if (mark.empty()) {
        refuse("'" + name + "' with an empty separator", given.place);
    }
    const bool from_right = name == "rpartition";
    const std::size_t at = from_right ? text.rfind(mark) : text.find(mark);
    std::array<std::string, 3> parts;
    if (at == std::string::npos) {
        parts[from_right ? 2 : 0] = text;
    } else {
        parts = {text.substr(0, at), mark, text.substr(at + mark.size())};
    }
    std::vector<Value> items;
    for (std::string& part : parts) {
        items.push_back(renderer.make_text(std::move(part), given.place));
    }
    return Value::list(std::move(items), SequenceKind::tuple);
}

std::string expanded_tabs(Renderer& renderer, const std::string& text, const Arguments& given) {
    given.at_most(1, "expandtabs");
    const std::int64_t size = std::clamp<std::int64_t>(given.integer(0, "tabsize", 8), 0, 4096);
    std::u32string result;
    std::int64_t column = 0;
    for (const char32_t c : characters(text)) {
        if (c == U'\t') {
            const std::int64_t spaces = size == 0 ? 0 : size - column % size;
            renderer.made(static_cast<std::size_t>(spaces), given.place);
            result.append(static_cast<std::size_t>(spaces), U' ');
            column += spaces;
        } else {
            result += c;
            column = c == U'\n' || c == U'\r' ? 0 : column + 1;
        }
    }
    return utf8(result);
}

std::string swapped_case(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, unicode::char_size(text[0]));
        const std::string upper = unicode::upper_text(one);
        result += upper == one ? unicode::lower_text(one) : upper;
        text.remove_prefix(one.size());
    }
    return result;
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

// isdigit and its like: every character is of a kind, and there is one.
std::optional<bool> of_kind(const std::string& text, const std::string& name) {
    const std::u32string letters = characters(text);
    const auto all = [&](auto holds) { return !letters.empty() && std::all_of(letters.begin(), letters.end(), holds); };
    if (name == "isdigit") {
        return all(unicode::is_digit);
    }
    if (name == "isdecimal") {
        return all(unicode::is_decimal);
    }
    if (name == "isnumeric") {
        return all(unicode::is_python_numeric);
    }
    if (name == "isalpha") {
        return all(unicode::is_letter);
    }
    if (name == "isalnum") {
        return all([](char32_t c) { return unicode::is_letter(c) || unicode::is_python_numeric(c); });
    }
    if (name == "isspace") {
        return all(is_space);
    }
    if (name == "isascii") {
        return std::all_of(letters.begin(), letters.end(), [](char32_t c) { return c < 0x80; });
    }
    if (name == "isprintable") {
        return std::all_of(letters.begin(), letters.end(), unicode::is_printable);
    }
    if (name == "istitle") {
        return unicode::title_text(text) == text && unicode::lower_text(text) != unicode::upper_text(text);
    }
    return std::nullopt;
}

}  // namespace

bool is_text_method(std::string_view name) {
    return std::find(text_methods.begin(), text_methods.end(), name) != text_methods.end();
}

Value call_text_method(Renderer& renderer, const std::string& text, const std::string& name, const Arguments& given) {
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
    if (name == "replace") {
        without_names(given, 3, name);
        return make(replaced(renderer, text, given.text(0, "old", name), given.text(1, "new", name),
                             given.integer(2, "count", -1), given.place));
    }
    if (name == "find" || name == "rfind" || name == "index" || name == "rindex" || name == "count") {
        return search(text, name, given);
    }
    if (name == "join") {
        return make(joined(renderer, text, given));
    }
    if (name == "ljust" || name == "rjust" || name == "center" || name == "zfill") {
        return make(padded(renderer, text, name, given));
    }
    if (name == "partition" || name == "rpartition") {
        return partition(renderer, text, name, given);
    }
    if (name == "expandtabs") {
        return make(expanded_tabs(renderer, text, given));
    }
    if (name == "format") {
        return make(brace_format(renderer, text, given));
    }
    if (name == "format_map") {
        without_names(given, 1, name);
        const Dict* dict = given.positional.empty() ? nullptr : given.positional[0].dict_value();
        if (dict == nullptr) {
            refuse("'format_map' needs a dict", given.place);
        }
        Arguments named{.place = given.place};
        for (const auto& [key, value] : dict->items) {
            if (key.text_value() != nullptr) {
                named.named.emplace_back(*key.text_value(), value);
            }
        }
        return make(brace_format(renderer, text, named));
    }
    if (name == "removeprefix" || name == "removesuffix") {
        without_names(given, 1, name);
        const std::string part = given.text(0, "", name);
        if (name == "removeprefix") {
            return make(text.starts_with(part) ? text.substr(part.size()) : text);
        }
        return make(text.ends_with(part) ? text.substr(0, text.size() - part.size()) : text);
    }
    without_names(given, 0, name);
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
    if (name == "casefold") {
        return make(unicode::folded_text(text));
    }
    if (name == "swapcase") {
        return make(swapped_case(text));
    }
    if (name == "isupper" || name == "islower") {
        return Value::boolean(apply_test(renderer, name.substr(2), Value::text(text), given));
    }
    if (const auto holds = of_kind(text, name)) {
        return Value::boolean(*holds);
    }
    refuse("the method '" + printable(name) + "' of texts is not supported", given.place);
}

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

}  // namespace tandem::jinja
