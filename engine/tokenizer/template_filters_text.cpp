// Filters that make texts.
#include <algorithm>
#include <array>
#include <cstring>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_filters.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

template <std::string (*change)(std::string_view)>
Value changed(Renderer& renderer, const Value& value, const Arguments& given) {
    return text_like(renderer, value, change(renderer.write_out(value, given.place)), given.place);
}

Value trim(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value* letters = given.find(0, "chars");
    const bool all_space = letters == nullptr || letters->is_none();
    const std::string chosen = all_space ? std::string() : given.text(0, "chars", "trim");
    return text_like(renderer, value,
                     stripped(renderer.write_out(value, given.place), all_space ? nullptr : &chosen, true, true),
                     given.place);
}

// Jinja's own rule for words, not Python's: they begin after white space, dashes and opening brackets.
Value title(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::string written = renderer.write_out(value, given.place);
    std::string_view text = written;
    const auto breaks = [](char32_t code) {
        return is_space(code) ||
               (code < 0x80 && std::string_view("-({[<").find(static_cast<char>(code)) != std::string_view::npos);
    };
    std::string result;
    while (!text.empty()) {
        const bool kind = breaks(unicode::first_char(text).code);
        std::size_t end = 0;
        while (end < text.size() && breaks(unicode::first_char(text.substr(end)).code) == kind) {
            end += unicode::char_size(text[end]);
        }
        const std::size_t first = unicode::char_size(text[0]);
        result += unicode::upper_text(text.substr(0, first)) + unicode::lower_text(text.substr(first, end - first));
        text.remove_prefix(end);
    }
    return renderer.make_text(std::move(result), given.place);
}

Value join(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value* glue = given.find(0, "d");
    const std::string between = glue == nullptr ? std::string() : renderer.write_out(*glue, given.place);
    const Value* attribute = given.find(1, "attribute");
    std::string text;
    bool first = true;
    for (const Value& item : renderer.iterate(value, given.place)) {
        const Value part =
            attribute == nullptr || attribute->is_none() ? item : renderer.follow_path(item, *attribute, given.place);
        renderer.made(between.size(), given.place);
        text += (first ? "" : between) + renderer.write_out(part, given.place);
        first = false;
    }
    return renderer.make_text(std::move(text), given.place);
}

Value replace(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value* from = given.find(0, "old");
    const Value* to = given.find(1, "new");
    if (from == nullptr || to == nullptr) {
        refuse("'replace' needs what to replace and what with", given.place);
    }
    return renderer.make_text(
        replaced(renderer, renderer.write_out(value, given.place), renderer.write_out(*from, given.place),
                 renderer.write_out(*to, given.place), given.integer(2, "count", -1), given.place),
        given.place);
}

Value to_string(Renderer& renderer, const Value& value, const Arguments& given) {
    return value.text_value() != nullptr ? value
                                         : renderer.make_text(renderer.write_out(value, given.place), given.place);
}

Value indent(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::string* text = value.text_value();
    if (text == nullptr) {
        refuse(std::string("indent needs a text, found ") + value.type_name(), given.place);
    }
    const Value* width = given.find(0, "width");
    std::string by(4, ' ');
    if (width != nullptr && width->text_value() != nullptr) {
        by = *width->text_value();
    } else if (width != nullptr) {
        by =
            std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(given.integer(0, "width", 4), 0, 4096)), ' ');
    }
    const bool first = flag(given, 1, "first");
    const bool blank = flag(given, 2, "blank");
    std::string result;
    const std::vector<std::string> lines = lines_of(*text + "\n", false);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool indented = i == 0 ? first : blank || !lines[i].empty();
        renderer.made(by.size() + lines[i].size() + 1, given.place);
        result += (i == 0 ? "" : "\n") + (indented ? by : "") + lines[i];
    }
    return text_like(renderer, value, std::move(result), given.place);
}

Value center(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::string text = renderer.write_out(value, given.place);
    Arguments width{.positional = {Value::integer(given.integer(0, "width", 80))}, .place = given.place};
    const Value centred = call_text_method(renderer, text, "center", width);
    return text_like(renderer, value, *centred.text_value(), given.place);
}

Value truncate(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::string* text = value.text_value();
    const std::int64_t length = given.integer(0, "length", 255);
    const Value* chosen = given.find(2, "end");
    const Value end = chosen == nullptr ? Value::text("...") : Value::text(given.text(2, "end", "truncate"));
    const std::int64_t leeway = given.integer(3, "leeway", 5);
    const std::int64_t end_length = length_of(end, given.place);
    if (length < end_length || leeway < 0) {
        refuse("truncate needs a length of at least its end's", given.place);
    }
    if (text == nullptr) {
        if (length_of(value, given.place) <= length + leeway) {
            return value;
        }
        refuse(std::string("truncate needs a text, found ") + value.type_name(), given.place);
    }
    renderer.made(text->size(), given.place);
    const std::u32string letters = characters(*text);
    if (static_cast<std::int64_t>(letters.size()) <= length + leeway) {
        return value;
    }
    std::u32string kept = letters.substr(0, static_cast<std::size_t>(length - end_length));
    if (!flag(given, 1, "killwords")) {
        kept = kept.substr(0, std::min(kept.rfind(U' '), kept.size()));
    }
    const std::string tail = value.is_markup() ? escaped(*end.text_value()) : *end.text_value();
    return text_like(renderer, value, utf8(kept) + tail, given.place);
}

Value word_count(Renderer& renderer, const Value& value, const Arguments& given) {
    std::int64_t count = 0;
    bool within = false;
    for (const char32_t code : characters(renderer.write_out(value, given.place))) {
        const bool word = unicode::is_word(code) || unicode::is_numeric(code);
        count += word && !within ? 1 : 0;
        within = word;
    }
    return Value::integer(count);
}

std::string quoted_address(Renderer& renderer, const Value& value, bool query, Place place) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : renderer.write_out(value, place)) {
        const auto code = static_cast<unsigned char>(c);
        const bool plain = (code < 0x80 && std::isalnum(code) != 0) ||
                           std::string_view("_.-~").find(c) != std::string_view::npos || (c == '/' && !query);
        if (plain) {
            result += c;
        } else if (c == ' ' && query) {
            result += '+';
        } else {
            result += {'%', digits[code >> 4], digits[code & 15]};
        }
    }
    return result;
}

Value url_encode(Renderer& renderer, const Value& value, const Arguments& given) {
    const Dict* dict = value.dict_value();
    if (dict == nullptr && (value.items() == nullptr || value.text_value() != nullptr)) {
        return renderer.make_text(quoted_address(renderer, value, false, given.place), given.place);
    }
    std::vector<std::pair<Value, Value>> pairs;
    if (dict != nullptr) {
        pairs = dict->items;
    } else {
        for (const Value& pair : *value.items()) {
            const std::vector<Value> both = renderer.iterate(pair, given.place);
            if (both.size() != 2) {
                refuse("urlencode needs pairs", given.place);
            }
            pairs.emplace_back(both[0], both[1]);
        }
    }
    std::string result;
    for (const auto& [key, item] : pairs) {
        result += (result.empty() ? "" : "&") + quoted_address(renderer, key, true, given.place) + "=" +
                  quoted_address(renderer, item, true, given.place);
    }
    return renderer.make_text(std::move(result), given.place);
}

Value xml_attributes(Renderer& renderer, const Value& value, const Arguments& given) {
    const Dict* dict = value.dict_value();
    if (dict == nullptr) {
        refuse(std::string("xmlattr needs a dict, found ") + value.type_name(), given.place);
    }
    std::string result;
    for (const auto& [key, item] : dict->items) {
        if (item.is_none() || item.is_undefined()) {
            continue;
        }
        const std::string* name = key.text_value();
        if (name == nullptr || name->find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
            refuse("an attribute's name cannot have spaces, '/', '>' or '='", given.place);
        }
        result += (result.empty() ? "" : " ") + as_html(renderer, key, given.place) + "=\"" +
                  as_html(renderer, item, given.place) + "\"";
    }
    const Value* space = given.find(0, "autospace");
    const bool leads = !result.empty() && (space == nullptr || space->truth());
    return renderer.make_text((leads ? " " : "") + result, given.place);
}

Value strip_tags(Renderer& renderer, const Value& value, const Arguments& given) {
    std::string text = renderer.write_out(value, given.place);
    for (const auto& [open, close] : {std::pair{"<!--", "-->"}, std::pair{"<", ">"}}) {
        std::string kept;
        std::size_t at = 0;
        while (true) {
            const std::size_t begin = text.find(open, at);
            const std::size_t end = begin == std::string::npos ? begin : text.find(close, begin + std::strlen(open));
            if (end == std::string::npos) {
                break;
            }
            kept += text.substr(at, begin - at);
            at = end + std::strlen(close);
        }
        text = kept + text.substr(at);
    }
    if (text.find('&') != std::string::npos) {
        refuse("striptags of a text with '&' is not supported", given.place);
    }
    const Value words = call_text_method(renderer, text, "split", {.place = given.place});
    std::string joined;
    for (const Value& word : *words.items()) {
        joined += (joined.empty() ? "" : " ") + *word.text_value();
    }
    return renderer.make_text(std::move(joined), given.place);
}

Value formatted(Renderer& renderer, const Value& value, const Arguments& given) {
    if (!given.positional.empty() && !given.named.empty()) {
        refuse("format takes arguments with names or without, not both", given.place);
    }
    Value values = Value::list(given.positional, SequenceKind::tuple);
    if (!given.named.empty()) {
        values = dict_of(renderer, given, "format");
    }
    const Value format = to_string(renderer, value, given);
    return text_like(renderer, format, percent_format(renderer, format, values, given.place), given.place);
}

template <bool again>
Value escape(Renderer& renderer, const Value& value, const Arguments& given) {
    return Value::markup(again ? escaped(renderer.write_out(value, given.place))
                               : as_html(renderer, value, given.place));
}

const std::array<FilterEntry, 20> filters{{
    {"trim", "chars", trim},
    {"upper", "", changed<unicode::upper_text>},
    {"lower", "", changed<unicode::lower_text>},
    {"capitalize", "", changed<unicode::capitalised_text>},
    {"title", "", title},
    {"join", "d,attribute", join},
    {"replace", "old,new,count", replace},
    {"string", "", to_string},
    {"safe", "",
     [](Renderer& r, const Value& v, const Arguments& a) { return Value::markup(r.write_out(v, a.place)); }},
    {"e", "", escape<false>},
    {"escape", "", escape<false>},
    {"forceescape", "", escape<true>},
    {"indent", "width,first,blank", indent},
    {"center", "width", center},
    {"truncate", "length,killwords,end,leeway", truncate},
    {"wordcount", "", word_count},
    {"urlencode", "", url_encode},
    {"xmlattr", "autospace", xml_attributes},
    {"striptags", "", strip_tags},
    {"format", "*", formatted},
}};

}  // namespace

std::span<const FilterEntry> text_filters() {
    return filters;
}

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '\'':
                result += "&#39;";
                break;
            case '"':
                result += "&#34;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string as_html(Renderer& renderer, const Value& value, Place place) {
    std::string text = renderer.write_out(value, place);
    return value.is_markup() ? text : escaped(text);
}

std::vector<std::string> lines_of(std::string_view text, bool keep_ends) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const unicode::Char c = unicode::first_char(text.substr(at));
        const std::size_t end = at;
        at += c.size;
        const bool breaks = (c.code >= 0x0A && c.code <= 0x0D) || (c.code >= 0x1C && c.code <= 0x1E) ||
                            c.code == 0x85 || c.code == 0x2028 || c.code == 0x2029;
        if (!breaks) {
            continue;
        }
        at += c.code == '\r' && at < text.size() && text[at] == '\n' ? 1 : 0;
        lines.emplace_back(text.substr(begin, (keep_ends ? at : end) - begin));
        begin = at;
    }
    if (begin < text.size()) {
        lines.emplace_back(text.substr(begin));
    }
    return lines;
}

}  // namespace tandem::jinja
