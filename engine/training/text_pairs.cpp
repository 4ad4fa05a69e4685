#include "engine/training/text_pairs.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "engine/api/utf8.h"
#include "engine/tensor/mapped_file.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_splits_named = 16;  // in a refusal

Error fault(const char* code, const std::string& message, const std::string& where) {
    return {.code = code, .message = message + "; nothing was read", .where = where, .kind = ErrorKind::bad_input};
}

struct Line {
    std::optional<std::string> source;
    std::optional<std::string> target;
    std::optional<std::string> split;
};

// Takes the three strings of one object and passes over everything else, without building it.
class LineReader final : public nlohmann::json_sax<Json> {
public:
    explicit LineReader(std::string where) : where_(std::move(where)) {}

    const std::optional<Error>& error() const { return error_; }
    Line take() { return std::move(line_); }
    bool was_object() const { return was_object_; }

    bool null() override { return other("null"); }
    bool boolean(bool) override { return other("true or false"); }
    bool number_integer(number_integer_t) override { return other("a number"); }
    bool number_unsigned(number_unsigned_t) override { return other("a number"); }
    bool number_float(number_float_t, const string_t&) override { return other("a number"); }
    bool binary(binary_t&) override { return other("bytes"); }
    bool string(string_t& value) override {
        if (depth_ == 0) {
            return other("a string");
        }
        if (depth_ == 1) {
            if (std::optional<std::string>* place = wanted()) {
                *place = value;
            }
        }
        return true;
    }
    bool start_object(std::size_t) override {
        was_object_ = was_object_ || depth_ == 0;
        return deeper("an object");
    }
    bool start_array(std::size_t) override { return deeper("a list"); }
    bool end_object() override { return shallower(); }
    bool end_array() override { return shallower(); }
    bool key(string_t& name) override {
        if (depth_ == 1) {
            key_ = name;
            if (!keys_.insert(name).second) {
                return fail("DATA_DUPLICATE_KEY", "the key '" + printable(name) + "' is there twice");
            }
        }
        return true;
    }
    bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
        return fail("DATA_NOT_JSON", "the line is no JSON from byte " + std::to_string(at) + " on");
    }

private:
    static constexpr std::size_t deepest = 64;

    std::optional<std::string>* wanted() {
        return key_ == "source"   ? &line_.source
               : key_ == "target" ? &line_.target
               : key_ == "split"  ? &line_.split
                                  : nullptr;
    }
    bool other(const std::string& what) {
        if (depth_ == 0) {
            return fail("DATA_TYPE", "the line is " + what + ", need an object with the strings source and target");
        }
        if (depth_ == 1 && wanted() != nullptr) {
            return fail("DATA_TYPE", "'" + key_ + "' is " + what + ", need a string");
        }
        return true;
    }
    bool deeper(const std::string& what) {
        if (depth_ > 0 || what == "a list") {
            if (!other(what)) {
                return false;
            }
        }
        return ++depth_ <= deepest || fail("DATA_NOT_JSON", "the line nests more than 64 levels deep");
    }
    bool shallower() {
        --depth_;
        return true;
    }
    bool fail(const char* code, const std::string& message) {
        error_ = fault(code, message, where_);
        return false;
    }

    std::string where_;
    std::string key_;
    std::set<std::string> keys_;
    std::size_t depth_ = 0;
    bool was_object_ = false;
    Line line_;
    std::optional<Error> error_;
};

Result<Line> read_line(std::string_view text, const std::string& where) {
    if (const auto bad = find_invalid_utf8(text)) {
        return fault("DATA_NOT_UTF8", "byte " + std::to_string(*bad + 1) + " of the line is not UTF-8", where);
    }
    LineReader reader(where);
    Json::sax_parse(text.begin(), text.end(), &reader);
    if (reader.error()) {
        return *reader.error();
    }
    Line line = reader.take();
    for (const auto& [name, value] : {std::pair("source", &line.source), std::pair("target", &line.target)}) {
        if (!value->has_value()) {
            return fault("DATA_MISSING_KEY", std::string("there is no key '") + name + "'", where);
        }
    }
    return line;
}

// Calls take(line, number, where) for every line that is not blank.
template <class Take>
Result<void> for_each_line(const std::filesystem::path& path, const Take& take) {
    const auto file = TANDEM_TRY(MappedFile::open(path, EmptyFile::allowed));
    std::string_view rest(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    if (rest.starts_with("\xEF\xBB\xBF")) {
        rest.remove_prefix(3);
    }
    for (std::int64_t number = 1; !rest.empty(); ++number) {
        const std::string where = path.string() + ":" + std::to_string(number);
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view text = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
            continue;
        }
        if (text.size() > longest_data_line) {
            return fault("DATA_LINE_TOO_LONG",
                         "the line has " + std::to_string(text.size()) + " bytes, at most " +
                             std::to_string(longest_data_line) + " are allowed",
                         where);
        }
        TANDEM_TRY(take(TANDEM_TRY(read_line(text, where)), number, where));
    }
    return {};
}

Error no_pairs(const std::string& what, const std::string& where) {
    return fault("DATA_EMPTY", what + " has no pairs of source and target", where);
}

}  // namespace

Result<std::vector<TextPair>> read_text_pairs(const std::filesystem::path& path) {
    std::vector<TextPair> pairs;
    TANDEM_TRY(for_each_line(path, [&](Line line, std::int64_t number, const std::string&) -> Result<void> {
        pairs.push_back({*std::move(line.source), *std::move(line.target), number});
        return {};
    }));
    if (pairs.empty()) {
        return no_pairs("the file", path.string());
    }
    return pairs;
}

Result<std::vector<TextPair>> read_split(const std::filesystem::path& path, std::string_view split) {
    std::vector<TextPair> pairs;
    std::set<std::string> others;
    TANDEM_TRY(for_each_line(path, [&](Line line, std::int64_t number, const std::string& where) -> Result<void> {
        if (!line.split) {
            return fault("DATA_SPLIT", "the line names no split, and '" + printable(split) + "' is asked for", where);
        }
        if (*line.split == split) {
            pairs.push_back({*std::move(line.source), *std::move(line.target), number});
        } else if (others.size() < most_splits_named) {
            others.insert(printable(*line.split));
        }
        return {};
    }));
    if (pairs.empty()) {
        std::string names;
        for (const std::string& name : others) {
            names += (names.empty() ? "; the file has the splits " : ", ") + name;
        }
        return fault("DATA_EMPTY", "the split '" + printable(split) + "' has no pairs of source and target" + names,
                     path.string());
    }
    return pairs;
}

Result<std::map<std::string, std::vector<TextPair>>> read_splits(const DataSplits& splits) {
    std::map<std::string, std::vector<TextPair>> parts;
    if (splits.file.empty()) {
        for (const auto& [name, path] : splits.files) {
            parts[name] = TANDEM_TRY(read_text_pairs(path));
        }
        return parts;
    }
    std::string names;
    for (const std::string& name : splits.declared) {
        parts[name];
        names += (names.empty() ? "" : ", ") + name;
    }
    TANDEM_TRY(
        for_each_line(splits.file, [&](Line line, std::int64_t number, const std::string& where) -> Result<void> {
            const auto part = line.split ? parts.find(*line.split) : parts.end();
            if (part == parts.end()) {
                return fault("DATA_SPLIT",
                             (line.split ? "the split '" + printable(*line.split) + "' is not declared"
                                         : std::string("the line names no split")) +
                                 ", need one of " + names,
                             where);
            }
            part->second.push_back({*std::move(line.source), *std::move(line.target), number});
            return {};
        }));
    for (const auto& [name, pairs] : parts) {
        if (pairs.empty()) {
            return no_pairs("the split '" + name + "'", splits.file.string());
        }
    }
    return parts;
}

}  // namespace tandem
