// Goes through a part of tokenizer.json that may be a Sequence of others. Errors: TOK_CONFIG. Thread rule: stateless.
#pragma once

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_fields.h"

namespace tandem {

constexpr int deepest_sequence_of_parts = 8;
constexpr std::size_t most_parts = 64;

inline Error unsupported(const std::string& part, const std::string& found, const std::string& supported,
                         const std::string& origin) {
    return config_error(part + " '" + printable(found) + "' is not supported, supported are " + supported, origin);
}

// Calls `each` for every part that is not a Sequence, in order.
template <class Each>
Result<void> walk(const Json& value, const std::string& part, const std::string& list, const std::string& origin,
                  const Each& each, int depth = 0) {
    if (value.is_null()) {
        return {};
    }
    const std::string type = TANDEM_TRY(JsonFields(value, part, origin).text("type"));
    const JsonFields fields(value, part + "." + printable(type), origin);
    if (type != "Sequence") {
        return each(type, fields);
    }
    if (depth >= deepest_sequence_of_parts) {
        return fields.refuse("sequences nest deeper than " + std::to_string(deepest_sequence_of_parts));
    }
    const Json* items = TANDEM_TRY(fields.list(list));
    if (items->size() > most_parts) {
        return fields.refuse("more than " + std::to_string(most_parts) + " steps");
    }
    for (const Json& item : *items) {
        TANDEM_TRY(walk(item, part, list, origin, each, depth + 1));
    }
    return {};
}

}  // namespace tandem
