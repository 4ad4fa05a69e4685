// Typed look-ups in a tokenizer's JSON; null counts as absent. Errors: TOK_CONFIG with the field's name.
// Thread rule: a view, valid while the tree is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/tokenizer/bounded_json.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {

class JsonFields {
public:
    // `what` names the object in messages: "pre_tokenizer.Split".
    JsonFields(const Json& object, std::string what, std::string origin)
        : object_(object), what_(std::move(what)), origin_(std::move(origin)) {}

    const Json* find(std::string_view key) const {
        if (!object_.is_object()) {
            return nullptr;
        }
        const auto found = object_.find(std::string(key));
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

    Result<std::string> text(std::string_view key, std::optional<std::string> absent = std::nullopt) const {
        const Json* value = find(key);
        if (value == nullptr && absent) {
            return *std::move(absent);
        }
        if (value == nullptr || !value->is_string()) {
            return wrong(key, "a string", value);
        }
        return value->get<std::string>();
    }

    Result<bool> truth(std::string_view key, std::optional<bool> absent = std::nullopt) const {
        const Json* value = find(key);
        if (value == nullptr && absent) {
            return *absent;
        }
        if (value == nullptr || !value->is_boolean()) {
            return wrong(key, "true or false", value);
        }
        return value->get<bool>();
    }

    // From 0 to `most`.
    Result<std::size_t> count(std::string_view key, std::size_t most) const {
        const Json* value = find(key);
        if (value == nullptr || !value->is_number_unsigned() || value->get<std::uint64_t>() > most) {
            return wrong(key, "a whole number from 0 to " + std::to_string(most), value);
        }
        return value->get<std::size_t>();
    }

    Result<const Json*> list(std::string_view key) const {
        const Json* value = find(key);
        if (value == nullptr || !value->is_array()) {
            return wrong(key, "a list", value);
        }
        return value;
    }

    Error refuse(const std::string& message) const { return config_error(what_ + ": " + message, origin_); }
    const std::string& origin() const { return origin_; }
    const std::string& what() const { return what_; }

private:
    Error wrong(std::string_view key, const std::string& need, const Json* value) const {
        return refuse("'" + std::string(key) + "' must be " + need + ", found " +
                      (value == nullptr ? "nothing" : shown(*value)));
    }

    const Json& object_;
    std::string what_;
    std::string origin_;
};

}  // namespace tandem
