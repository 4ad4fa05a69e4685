// A JSON object as a message: bounded in depth, its keys taken one by one, none left over. The first fault is kept.
// Errors: WIRE_MESSAGE. Thread rule: one thread at a time.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "experiments/wire/messages.h"

namespace tandem::wire {

inline constexpr int max_json_depth = 32;

Error message_error(std::string what, std::string where);

// Refuses what is not JSON or nests deeper than max_json_depth, before it is parsed.
Result<nlohmann::json> parse_document(std::span<const std::byte> bytes, const std::string& where);

Bytes to_bytes(const nlohmann::json& json);

class MessageReader {
public:
    MessageReader(Result<nlohmann::json> document, std::string where);

    std::string text(const char* key, std::size_t most_bytes);
    std::uint64_t unsigned_number(const char* key);
    double fraction(const char* key);
    std::vector<std::string> texts(const char* key, std::size_t most, std::size_t most_bytes);
    AttemptKey attempt_key();  // keys "trial" and "attempt"
    // The value of a key that another reader looks into; null where it is missing.
    nlohmann::json take(const char* key);

    void refuse(const std::string& key, const std::string& what);
    template <class Value>
    Value adopt(Result<Value> inner) {
        if (inner.ok()) {
            return std::move(inner).value();
        }
        if (!fault_) {
            fault_ = inner.error();
        }
        return {};
    }
    // The message, or the first fault, or the key that nobody took.
    template <class Message>
    Result<Message> finish(Message message) {
        if (std::optional<Error> found = fault()) {
            return *std::move(found);
        }
        return message;
    }

private:
    const nlohmann::json* find(const char* key);
    std::optional<Error> fault();

    nlohmann::json object_;
    std::string where_;
    std::set<std::string> taken_;
    std::optional<Error> fault_;
};

}  // namespace tandem::wire
