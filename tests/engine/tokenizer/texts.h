// The texts of tests/data/fetch_texts.py. Thread rule: stateless.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace tandem::test {

// One text a line; backslash, newline and carriage return are written \\, \n and \r.
inline std::vector<std::string> read_texts(const std::string& path) {
    std::vector<std::string> texts;
    std::string text;
    const std::string file = read_file(path);
    for (std::size_t i = 0; i < file.size(); ++i) {
        if (file[i] == '\n') {
            texts.push_back(std::move(text));
            text.clear();
        } else if (file[i] == '\\' && i + 1 < file.size()) {
            ++i;
            text += file[i] == 'n' ? '\n' : file[i] == 'r' ? '\r' : file[i];
        } else {
            text += file[i];
        }
    }
    return texts;
}

}  // namespace tandem::test
