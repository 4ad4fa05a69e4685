#include "experiments/wire/json_message.h"

#include <algorithm>

namespace tandem::wire {
namespace {

using nlohmann::json;

constexpr std::size_t trial_digits = 64;

// Brackets outside strings; good enough to bound what the parser is given, whatever else is wrong with the text.
int deepest(std::string_view text) {
    int depth = 0;
    int most = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            most = std::max(most, ++depth);
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return most;
}

bool is_trial_id(const std::string& text) {
    return text.size() == trial_digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Error message_error(std::string what, std::string where) {
    return Error{.code = "WIRE_MESSAGE",
                 .message = std::move(what) + "; the message was refused",
                 .where = std::move(where),
                 .kind = ErrorKind::failed};
}

Result<json> parse_document(std::span<const std::byte> bytes, const std::string& where) {
    const std::string_view text = as_text(bytes);
    if (const int depth = deepest(text); depth > max_json_depth) {
        return message_error(
            "found JSON nested " + std::to_string(depth) + " deep, allowed " + std::to_string(max_json_depth), where);
    }
    json parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded()) {
        return message_error("found " + std::to_string(text.size()) + " bytes that are not JSON", where);
    }
    return parsed;
}

Bytes to_bytes(const json& document) {
    const std::string text = document.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

MessageReader::MessageReader(Result<json> document, std::string where) : where_(std::move(where)) {
    if (!document.ok()) {
        fault_ = document.error();
    } else if (!document->is_object()) {
        fault_ = message_error(std::string("found ") + document->type_name() + ", an object is needed", where_);
    } else {
        object_ = std::move(*document);
    }
}

const json* MessageReader::find(const char* key) {
    taken_.insert(key);
    if (fault_) {
        return nullptr;
    }
    const auto entry = object_.find(key);
    if (entry == object_.end()) {
        refuse(key, "the key is missing");
        return nullptr;
    }
    return &*entry;
}

std::string MessageReader::text(const char* key, std::size_t most_bytes) {
    const json* value = find(key);
    if (value == nullptr) {
        return {};
    }
    if (!value->is_string() || value->get_ref<const std::string&>().size() > most_bytes) {
        refuse(key, "a text of at most " + std::to_string(most_bytes) + " bytes is needed");
        return {};
    }
    return value->get<std::string>();
}

std::uint64_t MessageReader::unsigned_number(const char* key) {
    const json* value = find(key);
    if (value == nullptr) {
        return 0;
    }
    if (!value->is_number_unsigned()) {
        refuse(key, "a whole number from 0 is needed");
        return 0;
    }
    return value->get<std::uint64_t>();
}

double MessageReader::fraction(const char* key) {
    const json* value = find(key);
    if (value == nullptr) {
        return 0;
    }
    if (!value->is_number() || !(value->get<double>() >= 0 && value->get<double>() <= 1)) {
        refuse(key, "a number from 0 to 1 is needed");
        return 0;
    }
    return value->get<double>();
}

std::vector<std::string> MessageReader::texts(const char* key, std::size_t most, std::size_t most_bytes) {
    const json* list = find(key);
    if (list == nullptr) {
        return {};
    }
    std::vector<std::string> texts;
    const bool good = list->is_array() && list->size() <= most && std::all_of(list->begin(), list->end(), [&](auto& t) {
                          return t.is_string() && t.template get_ref<const std::string&>().size() <= most_bytes;
                      });
    if (!good) {
        refuse(key, "a list of at most " + std::to_string(most) + " texts is needed");
        return {};
    }
    for (const json& item : *list) {
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

AttemptKey MessageReader::attempt_key() {
    AttemptKey key{text("trial", trial_digits), 1};
    if (!fault_ && !is_trial_id(key.trial)) {
        refuse("trial", "64 hex digits are needed");
    }
    const std::uint64_t attempt = unsigned_number("attempt");
    constexpr std::uint64_t most_attempts = 1U << 31U;
    if (!fault_ && (attempt < 1 || attempt > most_attempts)) {
        refuse("attempt", "found " + std::to_string(attempt) + ", attempts are numbered from 1");
    }
    key.attempt = static_cast<std::int64_t>(std::min(attempt, most_attempts));
    return key;
}

json MessageReader::take(const char* key) {
    const json* value = find(key);
    return value == nullptr ? json() : *value;
}

void MessageReader::refuse(const std::string& key, const std::string& what) {
    if (!fault_) {
        fault_ = message_error(what, where_ + "." + key);
    }
}

std::optional<Error> MessageReader::fault() {
    if (!fault_ && object_.is_object()) {
        for (const auto& [key, value] : object_.items()) {
            if (!taken_.contains(key)) {
                // A hostile key may be long and anything but text.
                return message_error("found the key " +
                                         json(key.substr(0, 40)).dump(-1, ' ', true, json::error_handler_t::replace) +
                                         ", which this version does not know",
                                     where_);
            }
        }
    }
    return fault_;
}

}  // namespace tandem::wire
