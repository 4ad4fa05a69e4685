// A JSONL file of training or evaluation pairs, by where it lies and by what it holds. People write it as one word,
// "pairs.jsonl", or "pairs.jsonl#test" for one part of a file whose lines name theirs. Thread rule: plain data.
#pragma once

#include <string>
#include <string_view>

namespace tandem {

// The sum is part of a trial's identity, the path is not.
struct DataFile {
    std::string path;    // empty: there is none
    std::string split;   // of a file whose lines name their part, the part that is meant; empty: the whole file
    std::string sha256;  // 64 hex digits over the file's bytes

    bool given() const { return !path.empty(); }
    friend bool operator==(const DataFile&, const DataFile&) = default;
};

// The part behind the last # is the split; it is neither in a path nor has one.
inline DataFile data_file(std::string_view word) {
    const std::size_t mark = word.rfind('#');
    if (mark == std::string_view::npos || word.find('/', mark) != std::string_view::npos) {
        return {.path = std::string(word), .split = {}, .sha256 = {}};
    }
    return {.path = std::string(word.substr(0, mark)), .split = std::string(word.substr(mark + 1)), .sha256 = {}};
}

inline std::string spelled(const DataFile& file) {
    return file.split.empty() ? file.path : file.path + "#" + file.split;
}

}  // namespace tandem
