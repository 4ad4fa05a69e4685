// What a tokenizer makes of texts, for tests/data/sweep_vocabularies.py to compare with the reference. One text a line
// in; four lines out: ids, ids without the tokens around a text, what the ids decode to with and without special
// tokens. Backslash, newline and carriage return are written \\, \n and \r. Ends with 1 where a stream decodes
// otherwise.
//
// probe_texts FOLDER-OR-GGUF FILE
#include <fstream>
#include <iostream>

#include "engine/tokenizer/tokenizer.h"

namespace {

using namespace tandem;

std::string unescaped(const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] != '\\' || i + 1 == line.size()) {
            text += line[i];
            continue;
        }
        const char c = line[++i];
        text += c == 'n' ? '\n' : c == 'r' ? '\r' : c;
    }
    return text;
}

std::string escaped(const std::string& text) {
    std::string line;
    for (const char c : text) {
        line += c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
    }
    return line;
}

std::string shown(const std::vector<TokenId>& ids) {
    std::string line;
    for (const TokenId id : ids) {
        line += (line.empty() ? "" : " ") + std::to_string(id);
    }
    return line;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: probe_texts FOLDER-OR-GGUF FILE\n";
        return 2;
    }
    const auto opened = Tokenizer::open(arguments[1]);
    if (!opened) {
        std::cerr << opened.error().code << ": " << opened.error().message << "\n";
        return 2;
    }
    const Tokenizer& tokenizer = **opened;
    std::ifstream file(arguments[2], std::ios::binary);
    StreamDecoder stream(*opened);
    bool streams = true;
    for (std::string line; std::getline(file, line);) {
        const std::string text = unescaped(line);
        const std::vector<TokenId> ids = tokenizer.encode(text);
        const std::string plain = tokenizer.decode(ids, true);
        std::string streamed;
        for (const TokenId id : ids) {
            streamed += stream.push(id);
        }
        streams = streams && streamed + stream.finish() == plain;
        std::cout << shown(ids) << '\n'
                  << shown(tokenizer.encode(text, {.add_special = false})) << '\n'
                  << escaped(tokenizer.decode(ids, false)) << '\n'
                  << escaped(plain) << '\n';
    }
    return streams ? 0 : 1;
}
