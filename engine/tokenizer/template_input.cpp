#include "engine/tokenizer/template_input.h"

#include <nlohmann/json.hpp>
#include <set>

#include "engine/api/utf8.h"

namespace tandem::jinja {
namespace {

constexpr std::size_t largest_input = 16U << 20;
constexpr std::size_t most_values = 1U << 20;
constexpr std::size_t deepest_input = 28;  // a template may put it into lists of its own

Error refused(const char* code, const std::string& message) {
    return {.code = code, .message = message, .where = "conversation", .kind = ErrorKind::bad_input};
}

// Builds values while the parser reads; false stops it.
class Builder : public nlohmann::json_sax<nlohmann::json> {
public:
    std::optional<Error> error;
    Value root;

    bool null() override { return add(Value()); }
    bool boolean(bool value) override { return add(Value::boolean(value)); }
    bool number_integer(number_integer_t value) override { return add(Value::integer(value)); }
    bool number_unsigned(number_unsigned_t value) override {
        if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
            return stop("TEMPLATE_INPUT", "the number " + std::to_string(value) + " leaves the range of 64 bits");
        }
        return add(Value::integer(static_cast<std::int64_t>(value)));
    }
    bool number_float(number_float_t value, const string_t& text) override {
        if (text.find_first_of(".eE") == std::string::npos) {
            return stop("TEMPLATE_INPUT", "the number " + printable(text) + " leaves the range of 64 bits");
        }
        return add(Value::real(value));
    }
    bool string(string_t& value) override { return add(Value::text(std::move(value))); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(true); }
    bool key(string_t& value) override {
        Level& level = levels_.back();
        if (!level.keys.insert(value).second) {
            return stop("JSON_DUPLICATE_KEY", "the key '" + printable(value) + "' is there twice");
        }
        level.names.push_back(std::move(value));
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(false); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return stop("JSON_BROKEN", "the conversation is not JSON at byte " + std::to_string(position));
    }

private:
    struct Level {
        bool dict = false;
        std::vector<std::string> names;
        std::set<std::string> keys;
        std::vector<Value> values;
    };

    bool stop(const char* code, const std::string& message) {
        error = refused(code, message);
        return false;
    }

    bool open(bool dict) {
        if (levels_.size() >= deepest_input) {
            return stop("JSON_TOO_DEEP",
                        "the conversation nests deeper than " + std::to_string(deepest_input) + " levels");
        }
        levels_.emplace_back();
        levels_.back().dict = dict;
        return true;
    }

    bool close() {
        Level level = std::move(levels_.back());
        levels_.pop_back();
        if (!level.dict) {
            return add(Value::list(std::move(level.values)));
        }
        std::vector<std::pair<Value, Value>> items;
        for (std::size_t i = 0; i < level.values.size(); ++i) {
            items.emplace_back(Value::text(std::move(level.names[i])), std::move(level.values[i]));
        }
        return add(Value::dict(std::move(items)));
    }

    bool add(Value value) {
        if (++count_ > most_values) {
            return stop("JSON_TOO_LARGE", "the conversation has more than " + std::to_string(most_values) + " values");
        }
        if (levels_.empty()) {
            root = std::move(value);
        } else {
            levels_.back().values.push_back(std::move(value));
        }
        return true;
    }

    std::vector<Level> levels_;
    std::size_t count_ = 0;
};

}  // namespace

Result<std::vector<std::pair<std::string, Value>>> read_variables(std::string_view input) {
    if (input.size() > largest_input) {
        return refused("JSON_TOO_LARGE", "the conversation has " + std::to_string(input.size()) +
                                             " bytes, allowed are " + std::to_string(largest_input));
    }
    Builder builder;
    if (!nlohmann::json::sax_parse(input, &builder)) {
        return builder.error ? *builder.error : refused("JSON_BROKEN", "the conversation is not JSON");
    }
    std::vector<std::pair<std::string, Value>> variables;
    if (const Dict* dict = builder.root.dict_value(); dict != nullptr && dict->find("messages") != nullptr) {
        for (const auto& [name, value] : dict->items) {
            variables.emplace_back(*name.text_value(), value);
        }
    } else if (builder.root.items() != nullptr) {
        variables.emplace_back("messages", builder.root);
    } else {
        return refused("TEMPLATE_INPUT", std::string("need a list of messages, or an object with 'messages'; found ") +
                                             (dict != nullptr ? "an object without it" : builder.root.type_name()));
    }
    return variables;
}

}  // namespace tandem::jinja
