// What json.dumps of Python writes.
#include <algorithm>
#include <cmath>

#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/template_hex.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
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

bool is_json_list(const Sequence& sequence) {
    return sequence.kind == SequenceKind::list || sequence.kind == SequenceKind::tuple;
}

std::string json_key(const Value& key, Place place) {
    if (const std::string* text = key.text_value()) {
        return *text;
    }
    if (const auto* truth = key.as<bool>()) {
        return *truth ? "true" : "false";
    }
    if (key.is_none() || key.is_number()) {
        return key.is_none() ? "null" : repr(key);
    }
    refuse(std::string("tojson cannot write a key of type ") + key.type_name(), place);
}

std::string json_at(const Value& value, const JsonStyle& style, int level, Place place) {
    const std::string separator = style.item_separator.value_or(style.indent ? "," : ", ");
    const auto line = [&](int at) {
        std::string text(style.indent ? "\n" : "");
        for (int i = 0; style.indent && i < at; ++i) {
            text += *style.indent;
        }
        return text;
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
    if (const auto* list = value.items(); list != nullptr && is_json_list(*value.sequence())) {
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
                             [&](const auto& a, const auto& b) { return ordered(a.first, "<", b.first, place); });
        }
        std::string text("{");
        for (std::size_t i = 0; i < entries.size(); ++i) {
            text += (i == 0 ? "" : separator) + line(level + 1) +
                    json_text(json_key(entries[i].first, place), style.ensure_ascii) + style.key_separator +
                    json_at(entries[i].second, style, level + 1, place);
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
