// The filters, in three groups, and what they share. Thread rule: stateless. Errors: thrown as TemplateStop.
#pragma once

#include <span>

#include "engine/tokenizer/template_eval.h"

namespace tandem::jinja {

struct FilterEntry {
    std::string_view name;
    std::string_view parameters;  // "width,first,blank": what may be given, in this order; "*": the filter looks itself
    Value (*filter)(Renderer& renderer, const Value& value, const Arguments& arguments);
};

std::span<const FilterEntry> text_filters();
std::span<const FilterEntry> sequence_filters();
std::span<const FilterEntry> value_filters();

// A text that counts as HTML where `model` does.
inline Value text_like(Renderer& renderer, const Value& model, std::string text, Place place) {
    renderer.made(text.size(), place);
    return model.is_markup() ? Value::markup(std::move(text)) : Value::text(std::move(text));
}

inline bool flag(const Arguments& given, std::size_t position, std::string_view name) {
    const Value* value = given.find(position, name);
    return value != nullptr && value->truth();
}

}  // namespace tandem::jinja
