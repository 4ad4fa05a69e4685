// What a GGUF's metadata says of its model. The input is text, a line an entry: "KEY KIND VALUES" with KIND one of i,
// f, b, s for a value and I, F, B, S for a list, its values between commas; or "tensor NAME ROWS COLUMNS". So the
// fuzzer changes what is said and need not keep lengths right. A shape that is accepted is one that can be counted.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/models/inspect.h"
#include "engine/tensor/gguf_write.h"

namespace {

using tandem::GgufEntry;
using tandem::GgufKind;
using tandem::GgufValue;

std::vector<std::string_view> split(std::string_view text, char mark) {
    std::vector<std::string_view> parts;
    for (std::size_t end = text.find(mark); end != text.npos; end = text.find(mark)) {
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    parts.push_back(text);
    return parts;
}

template <class Number>
Number number(std::string_view text) {
    Number value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

template <class Item, class Read>
GgufValue value_of(const std::vector<std::string_view>& texts, bool list, Read&& read) {
    if (!list) {
        return Item(read(texts.front()));
    }
    std::vector<Item> items;
    for (const std::string_view text : texts) {
        items.push_back(Item(read(text)));
    }
    return items;
}

tandem::Result<GgufEntry> entry_of(std::string_view key, char kind, const std::vector<std::string_view>& values) {
    const bool list = kind >= 'A' && kind <= 'Z';
    switch (kind) {
        case 'f':
        case 'F':
            return make_gguf_entry(std::string(key), GgufKind::f32, value_of<double>(values, list, number<double>));
        case 'b':
        case 'B':
            return make_gguf_entry(std::string(key), GgufKind::boolean,
                                   value_of<bool>(values, list, [](std::string_view text) { return text == "1"; }));
        case 's':
        case 'S':
            return make_gguf_entry(
                std::string(key), GgufKind::string,
                value_of<std::string>(values, list, [](std::string_view text) { return std::string(text); }));
        default:
            return make_gguf_entry(std::string(key), GgufKind::i64,
                                   value_of<std::int64_t>(values, list, number<std::int64_t>));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::int64_t most_bytes = 1 << 20;
    std::vector<GgufEntry> entries;
    std::vector<tandem::TensorPlan> tensors;
    for (const std::string_view line : split({reinterpret_cast<const char*>(data), size}, '\n')) {
        const auto words = split(line, ' ');
        if (words.size() == 4 && words[0] == "tensor") {
            const std::int64_t rows = std::clamp<std::int64_t>(number<std::int64_t>(words[2]), 0, 512);
            const std::int64_t columns = std::clamp<std::int64_t>(number<std::int64_t>(words[3]), 0, 512);
            tensors.push_back({.name = std::string(words[1]), .shape = {rows, columns}});
        } else if (words.size() == 3 && words[1].size() == 1) {
            if (auto entry = entry_of(words[0], words[1][0], split(words[2], ',')); entry.ok()) {
                entries.push_back(*std::move(entry));
            }
        }
    }
    const auto whole = tandem::gguf_file_bytes(entries, tensors);
    if (!whole.ok() || *whole > most_bytes) {
        return 0;
    }
    std::string bytes = tandem::gguf_head(entries, tensors).value();
    bytes.resize(static_cast<std::size_t>(*whole));
    const auto file = tandem::GgufFile::parse(std::as_bytes(std::span(bytes)), "fuzz.gguf");
    if (!file.ok()) {
        return 0;
    }
    const auto shape = tandem::shape_from_gguf(**file);
    if (shape.ok() && (shape->heads <= 0 || shape->hidden <= 0 || tandem::parameter_count(*shape) <= 0)) {
        std::abort();
    }
    return 0;
}
