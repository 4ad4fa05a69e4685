// A data file from bytes. What is accepted is UTF-8 and in the order of its lines, and its parts, one by one and all at
// once, are the whole.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "engine/api/utf8.h"
#include "engine/training/text_pairs.h"
#include "tests/fuzz/scratch.h"

namespace {

using Pairs = std::vector<tandem::TextPair>;

void check(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool same(const Pairs& a, const Pairs& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.source == y.source && x.target == y.target && x.line == y.line;
    });
}

void check_refusal(const tandem::Error& error) {
    check(error.code.starts_with("DATA_") && !error.message.empty() && !error.where.empty());
    check(tandem::is_utf8(error.message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tandem::test::Scratch scratch("fuzz-text-pairs");
    const auto path = scratch.write("rows.jsonl", {reinterpret_cast<const char*>(data), size});
    const auto all = tandem::read_text_pairs(path);
    if (all.ok()) {
        std::int64_t line = 0;
        for (const tandem::TextPair& pair : *all) {
            check(pair.line > line && tandem::is_utf8(pair.source) && tandem::is_utf8(pair.target));
            line = pair.line;
        }
    } else {
        check_refusal(all.error());
    }
    std::size_t found = 0;
    const auto parts = tandem::read_splits({.files = {}, .file = path, .declared = {"train", "test"}});
    for (const char* split : {"train", "test"}) {
        const auto part = tandem::read_split(path, split);
        if (!part.ok()) {
            check_refusal(part.error());
            check(!parts.ok());
        } else {
            check(all.ok() && !part->empty());
            check(!parts.ok() || same(*part, parts->at(split)));
            found += part->size();
        }
    }
    check(!parts.ok() || (all.ok() && found == all->size()));
    return 0;
}
