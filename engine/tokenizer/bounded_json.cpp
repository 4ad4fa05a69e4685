#include "engine/tokenizer/bounded_json.h"

#include <optional>
#include <utility>
#include <vector>

#include "engine/api/utf8.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

class Builder final : public nlohmann::json_sax<Json> {
public:
    Builder(const std::string& origin, const JsonBounds& bounds) : origin_(origin), bounds_(bounds) {}

    Result<Json> result() {
        if (error_) {
            return *std::move(error_);
        }
        return std::move(root_);
    }

    bool null() override { return put(nullptr) != nullptr; }
    bool boolean(bool value) override { return put(value) != nullptr; }
    bool number_integer(number_integer_t value) override { return put(value) != nullptr; }
    bool number_unsigned(number_unsigned_t value) override { return put(value) != nullptr; }
    bool number_float(number_float_t value, const string_t&) override { return put(value) != nullptr; }
    bool string(string_t& value) override { return put(std::move(value)) != nullptr; }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        const auto [place, is_new] = open_.back()->get_ref<Json::object_t&>().emplace(std::move(name), nullptr);
        if (!is_new) {
            return fail("JSON_DUPLICATE_KEY", "the key '" + printable(place->first) + "' occurs twice in one object");
        }
        member_ = &place->second;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& what) override {
        return fail("JSON_BROKEN",
                    "not JSON at byte " + std::to_string(position) + " (" + printable(what.what()) + ")");
    }

private:
    bool fail(const char* code, const std::string& message) {
        if (!error_) {
            error_ = tokenizer_error(code, message, origin_);
        }
        return false;
    }

    Json* put(Json value) {
        if (++values_ > bounds_.values) {
            fail("JSON_TOO_LARGE", "more than " + std::to_string(bounds_.values) + " values");
            return nullptr;
        }
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        if (open_.back()->is_array()) {
            auto& items = open_.back()->get_ref<Json::array_t&>();
            items.push_back(std::move(value));
            return &items.back();
        }
        *member_ = std::move(value);
        return member_;
    }

    bool open(Json container) {
        if (open_.size() >= bounds_.depth) {
            return fail("JSON_TOO_DEEP", "nests deeper than " + std::to_string(bounds_.depth) + " levels");
        }
        Json* place = put(std::move(container));
        if (place == nullptr) {
            return false;
        }
        open_.push_back(place);
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    const std::string& origin_;
    const JsonBounds& bounds_;
    Json root_;
    std::vector<Json*> open_;  // stays valid: an open container's parent does not grow before it closes
    Json* member_ = nullptr;
    std::size_t values_ = 0;
    std::optional<Error> error_;
};

}  // namespace

Result<Json> parse_bounded_json(std::string_view text, const std::string& origin, const JsonBounds& bounds) {
    if (text.size() > bounds.bytes) {
        return tokenizer_error(
            "JSON_TOO_LARGE",
            "found " + std::to_string(text.size()) + " bytes, allowed are " + std::to_string(bounds.bytes), origin);
    }
    Builder builder(origin, bounds);
    Json::sax_parse(text.begin(), text.end(), &builder);
    return builder.result();
}

std::string shown(const Json& value) {
    if (value.is_structured()) {
        return value.is_array() ? "a list" : "an object";
    }
    return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace tandem
