#include "engine/tensor/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "engine/api/utf8.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr std::size_t deepest = 64;
constexpr std::size_t most_dims = 64;  // what torch can address
constexpr std::size_t most_metadata = 65536;

// Looked at first: wherever the brackets are, they are what is wrong.
bool nests_too_deep(std::string_view json) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > deepest) {
                return true;
            }
        } else if (c == ']' || c == '}') {
            depth -= depth > 0 ? 1 : 0;
        }
    }
    return false;
}

// Receives the parser's events; nothing is built but what a header may hold.
class HeaderReader final : public nlohmann::json_sax<Json> {
public:
    explicit HeaderReader(const std::string& origin) : origin_(origin) {}

    Result<SafetensorsHeader> result() {
        if (error_) {
            return *std::move(error_);
        }
        return std::move(header_);
    }

    bool null() override { return scalar(Scalar{}); }
    bool boolean(bool) override { return scalar(Scalar{}); }
    bool number_integer(number_integer_t) override { return scalar(Scalar{}); }  // only negative numbers come here
    bool number_unsigned(number_unsigned_t value) override { return scalar({.number = value, .is_number = true}); }
    bool number_float(number_float_t, const string_t&) override { return scalar(Scalar{}); }
    bool string(string_t& value) override { return scalar({.text = &value}); }
    bool binary(binary_t&) override { return scalar(Scalar{}); }

    bool start_object(std::size_t) override {
        switch (place_) {
            case Place::outside:
                return enter(Place::root);
            case Place::root:
                if (key_ == "__metadata__") {
                    return enter(Place::metadata);
                }
                entry_ = {};
                entry_.name = key_;
                has_dtype_ = has_shape_ = has_offsets_ = false;
                return enter(Place::tensor);
            case Place::tensor:
                return field_is_known() ? wrong_field() : enter(Place::ignored);
            case Place::ignored:
                return enter(Place::ignored);
            default:
                return scalar(Scalar{});
        }
    }

    bool start_array(std::size_t) override {
        if (place_ == Place::tensor) {
            if (field_ == "shape") {
                return enter(Place::shape);
            }
            if (field_ == "data_offsets") {
                offsets_.clear();
                return enter(Place::offsets);
            }
            return field_is_known() ? wrong_field() : enter(Place::ignored);
        }
        return place_ == Place::ignored ? enter(Place::ignored) : scalar(Scalar{});
    }

    bool end_object() override {
        const Place ended = places_.back();
        leave();
        return ended != Place::tensor || finish_tensor();
    }

    bool end_array() override {
        const Place ended = places_.back();
        leave();
        if (ended != Place::offsets) {
            return true;
        }
        if (offsets_.size() != 2 || offsets_[0] > offsets_[1]) {
            return fail("ST_BAD_OFFSETS", "need two offsets, the first not above the second");
        }
        entry_.begin = offsets_[0];
        entry_.end = offsets_[1];
        return true;
    }

    bool key(string_t& name) override {
        switch (place_) {
            case Place::root:
                key_ = std::move(name);
                return root_key();
            case Place::metadata:
                if (header_.metadata.size() >= most_metadata) {
                    return fail("ST_METADATA_TOO_LARGE",
                                "more than " + std::to_string(most_metadata) + " entries of __metadata__");
                }
                field_ = std::move(name);
                if (!header_.metadata.emplace(field_, "").second) {
                    return fail("ST_DUPLICATE_KEY", "'" + printable(field_) + "' occurs twice");
                }
                return true;
            case Place::tensor:
                field_ = std::move(name);
                return tensor_key();
            default:
                return true;
        }
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& what) override {
        key_.clear();
        return fail("ST_HEADER_NOT_JSON", "the header is not JSON at its byte " + std::to_string(position) + " (" +
                                              printable(what.what()) + ")");
    }

private:
    enum class Place { outside, root, metadata, tensor, shape, offsets, ignored };

    struct Scalar {
        std::uint64_t number = 0;
        bool is_number = false;  // a whole number from 0 to 2^64 - 1
        std::string* text = nullptr;
    };

    bool enter(Place place) {
        if (places_.size() >= deepest) {
            return fail("JSON_TOO_DEEP", "the header nests deeper than " + std::to_string(deepest) + " levels");
        }
        places_.push_back(place);
        place_ = place;
        return true;
    }

    void leave() {
        places_.pop_back();
        place_ = places_.empty() ? Place::outside : places_.back();
    }

    bool scalar(Scalar value) {
        switch (place_) {
            case Place::outside:
                return fail("ST_HEADER_NOT_JSON", "the header is not a JSON object");
            case Place::root:
                return key_ == "__metadata__" ? fail("ST_METADATA_NOT_STRING", "__metadata__ is not an object")
                                              : fail("ST_BAD_ENTRY", "the entry is not an object");
            case Place::metadata:
                if (value.text == nullptr) {
                    return fail("ST_METADATA_NOT_STRING", "'" + printable(field_) + "' is not a string");
                }
                header_.metadata[field_] = std::move(*value.text);
                return true;
            case Place::tensor:
                if (field_ == "dtype" && value.text != nullptr) {
                    entry_.dtype = std::move(*value.text);
                    return true;
                }
                return field_is_known() ? wrong_field() : true;
            case Place::shape:
                if (!value.is_number) {
                    return wrong_field();
                }
                if (entry_.shape.size() >= most_dims) {
                    return fail("ST_BAD_SHAPE", "more than " + std::to_string(most_dims) + " dimensions");
                }
                entry_.shape.push_back(value.number);
                return true;
            case Place::offsets:
                if (!value.is_number || offsets_.size() >= 2) {
                    return wrong_field();
                }
                offsets_.push_back(value.number);
                return true;
            case Place::ignored:
                return true;
        }
        return true;
    }

    bool root_key() {
        if (key_ == "__metadata__") {
            return !std::exchange(has_metadata_, true) || fail("ST_DUPLICATE_KEY", "__metadata__ occurs twice");
        }
        if (names_.size() >= most_safetensors) {
            return fail("ST_TOO_MANY_TENSORS", "more than " + std::to_string(most_safetensors) + " tensors");
        }
        return names_.insert(key_).second || fail("ST_DUPLICATE_TENSOR", "the tensor occurs twice");
    }

    bool tensor_key() {
        bool* seen = field_ == "dtype"          ? &has_dtype_
                     : field_ == "shape"        ? &has_shape_
                     : field_ == "data_offsets" ? &has_offsets_
                                                : nullptr;
        if (seen != nullptr && std::exchange(*seen, true)) {
            return fail("ST_DUPLICATE_KEY", "'" + printable(field_) + "' occurs twice");
        }
        return true;
    }

    bool finish_tensor() {
        if (!has_dtype_ || !has_shape_ || !has_offsets_) {
            return fail("ST_BAD_ENTRY", "need dtype, shape and data_offsets");
        }
        header_.entries.push_back(std::move(entry_));
        return true;
    }

    bool field_is_known() const { return field_ == "dtype" || field_ == "shape" || field_ == "data_offsets"; }

    bool wrong_field() {
        if (field_ == "data_offsets") {
            return fail("ST_BAD_OFFSETS", "data_offsets are not two whole numbers from 0 to 2^64 - 1");
        }
        if (field_ == "shape") {
            return fail("ST_BAD_SHAPE", "shape is not a list of whole numbers from 0 to 2^64 - 1");
        }
        return fail("ST_BAD_ENTRY", "dtype is not a string");
    }

    bool fail(const char* code, const std::string& message) {
        error_ = Error{.code = code,
                       .message = message + "; nothing was loaded",
                       .where = key_.empty() ? origin_ : origin_ + ": header, '" + printable(key_) + "'",
                       .kind = ErrorKind::bad_input};
        return false;
    }

    const std::string& origin_;
    SafetensorsHeader header_;
    std::optional<Error> error_;
    std::vector<Place> places_;  // open objects and arrays, outermost first
    Place place_ = Place::outside;
    std::string key_;    // of the root object
    std::string field_;  // of the tensor or of __metadata__
    SafetensorsEntry entry_;
    std::vector<std::uint64_t> offsets_;
    bool has_metadata_ = false;
    bool has_dtype_ = false;
    bool has_shape_ = false;
    bool has_offsets_ = false;
    std::unordered_set<std::string> names_;
};

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::string_view json, const std::string& origin) {
    if (nests_too_deep(json)) {
        return Error{
            .code = "JSON_TOO_DEEP",
            .message = "the header nests deeper than " + std::to_string(deepest) + " levels; nothing was loaded",
            .where = origin,
            .kind = ErrorKind::bad_input};
    }
    HeaderReader reader(origin);
    Json::sax_parse(json.begin(), json.end(), &reader);
    return reader.result();
}

}  // namespace tandem
