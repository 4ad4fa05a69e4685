#include "engine/tensor/safetensors_index.h"

#include <nlohmann/json.hpp>

#include "engine/api/utf8.h"
#include "engine/tensor/safetensors_header.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr std::size_t deepest = 64;

bool is_plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

class IndexReader final : public nlohmann::json_sax<Json> {
public:
    explicit IndexReader(const std::string& origin) : origin_(origin) {}

    Result<std::map<std::string, std::string>> result() {
        if (error_) {
            return *std::move(error_);
        }
        if (!has_map_) {
            fail("IDX_NO_WEIGHT_MAP", "the index has no object 'weight_map'");
            return *std::move(error_);
        }
        return std::move(map_);
    }

    bool null() override { return other(); }
    bool boolean(bool) override { return other(); }
    bool number_integer(number_integer_t) override { return other(); }
    bool number_unsigned(number_unsigned_t) override { return other(); }
    bool number_float(number_float_t, const string_t&) override { return other(); }
    bool binary(binary_t&) override { return other(); }

    bool string(string_t& value) override {
        if (!in_map()) {
            return other();
        }
        if (!is_plain_name(value)) {
            return fail("PATH_ESCAPES", "'" + printable(key_) + "' is said to be in '" + printable(value) +
                                            "'; allowed is the plain name of a file beside the index");
        }
        if (map_.size() >= most_safetensors) {
            return fail("IDX_TOO_MANY_TENSORS", "more than " + std::to_string(most_safetensors) + " tensors");
        }
        return map_.emplace(key_, std::move(value)).second ||
               fail("IDX_DUPLICATE", "tensor '" + printable(key_) + "' is listed twice");
    }

    bool key(string_t& name) override {
        key_ = std::move(name);
        return true;
    }

    bool start_object(std::size_t) override {
        if (depth_ == 1 && key_ == "weight_map") {
            if (has_map_) {
                return fail("IDX_DUPLICATE", "'weight_map' occurs twice");
            }
            has_map_ = true;
            map_depth_ = 2;
        } else if (in_map()) {
            return other();
        }
        return deeper();
    }
    bool end_object() override { return shallower(); }
    bool start_array(std::size_t) override { return in_map() ? other() : deeper(); }
    bool end_array() override { return shallower(); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& what) override {
        return fail("IDX_NOT_JSON",
                    "the index is not JSON at byte " + std::to_string(position) + " (" + printable(what.what()) + ")");
    }

private:
    bool in_map() const { return map_depth_ != 0 && depth_ == map_depth_; }

    bool other() {
        if (depth_ == 0) {
            return fail("IDX_NOT_JSON", "the index is not a JSON object");
        }
        return !in_map() ||
               fail("IDX_NO_WEIGHT_MAP", "'" + printable(key_) + "' in weight_map is not the name of a file");
    }

    bool deeper() {
        ++depth_;
        return depth_ <= deepest || fail("JSON_TOO_DEEP", "the index nests deeper than " + std::to_string(deepest));
    }
    bool shallower() {
        if (in_map()) {
            map_depth_ = 0;
        }
        --depth_;
        return true;
    }

    bool fail(const char* code, const std::string& message) {
        error_ = Error{
            .code = code, .message = message + "; nothing was loaded", .where = origin_, .kind = ErrorKind::bad_input};
        return false;
    }

    const std::string& origin_;
    std::map<std::string, std::string> map_;
    std::optional<Error> error_;
    std::string key_;
    std::size_t depth_ = 0;      // open objects and arrays
    std::size_t map_depth_ = 0;  // depth within weight_map; 0: not in it
    bool has_map_ = false;
};

}  // namespace

Result<std::map<std::string, std::string>> parse_weight_map(std::string_view json, const std::string& origin) {
    IndexReader reader(origin);
    Json::sax_parse(json.begin(), json.end(), &reader);
    return reader.result();
}

}  // namespace tandem
