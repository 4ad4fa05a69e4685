// Encodes texts with a tokenizer, to be timed or to be compared with the reference.
//
//   bench_tokenizer MODEL --time FILE [ROUNDS]   prints MB/s and ids/s: the file as one text, and line by line
//   bench_tokenizer MODEL --ids                  reads texts from stdin and writes ids and decoded texts to stdout
//
// On stdin and stdout every number is 32 bits, little-endian. In: a text is its size and its bytes. Out: per text, for
// encoding with and then without special tokens, the number of ids and the ids; then the decoded text with special
// tokens skipped, and with them kept, each as size and bytes.
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "engine/tokenizer/tokenizer.h"
#include "tests/bench/figures.h"

namespace {

using namespace tandem;

std::uint32_t read_u32(std::istream& in) {
    unsigned char bytes[4] = {};
    in.read(reinterpret_cast<char*>(bytes), 4);
    return bytes[0] | (std::uint32_t{bytes[1]} << 8) | (std::uint32_t{bytes[2]} << 16) |
           (std::uint32_t{bytes[3]} << 24);
}

void put_u32(std::string& out, std::uint32_t number) {
    for (int i = 0; i < 4; ++i) {
        out += static_cast<char>(static_cast<unsigned char>((number >> (8 * i)) & 0xFF));
    }
}

void put_ids(std::string& out, const std::vector<TokenId>& ids) {
    put_u32(out, static_cast<std::uint32_t>(ids.size()));
    for (const TokenId id : ids) {
        put_u32(out, static_cast<std::uint32_t>(id));
    }
}

void put_text(std::string& out, const std::string& text) {
    put_u32(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

int write_ids(const Tokenizer& tokenizer) {
    std::ios::sync_with_stdio(false);
    std::string text;
    std::string out;
    for (;;) {
        const std::uint32_t size = read_u32(std::cin);
        if (!std::cin) {
            return 0;
        }
        text.resize(size);
        std::cin.read(text.data(), size);
        out.clear();
        const std::vector<TokenId> full = tokenizer.encode(text);
        put_ids(out, full);
        put_ids(out, tokenizer.encode(text, {.add_special = false}));
        put_text(out, tokenizer.decode(full, true));
        put_text(out, tokenizer.decode(full, false));
        std::cout.write(out.data(), static_cast<std::streamsize>(out.size()));
    }
}

double seconds_of(const std::chrono::steady_clock::time_point& start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<nlohmann::ordered_json> time_encoding(const Tokenizer& tokenizer, const std::string& path, int rounds) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (text.empty()) {
        return Error{.code = "BENCH", .message = "found no text", .where = path, .kind = ErrorKind::bad_input};
    }
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    double whole = 1e30;
    double by_line = 1e30;
    std::size_t whole_ids = 0;
    std::size_t line_ids = 0;
    for (int round = 0; round < rounds; ++round) {
        auto start = std::chrono::steady_clock::now();
        whole_ids = tokenizer.encode(text).size();
        whole = std::min(whole, seconds_of(start));
        start = std::chrono::steady_clock::now();
        line_ids = 0;
        for (const std::string& line : lines) {
            line_ids += tokenizer.encode(line).size();
        }
        by_line = std::min(by_line, seconds_of(start));
    }
    const double megabytes = static_cast<double>(text.size()) / 1e6;
    return nlohmann::ordered_json{{"whole_text_mb_per_s", megabytes / whole},
                                  {"whole_text_ids_per_s", static_cast<double>(whole_ids) / whole},
                                  {"whole_text_seconds", whole},
                                  {"lines_mb_per_s", megabytes / by_line},
                                  {"lines_ids_per_s", static_cast<double>(line_ids) / by_line},
                                  {"lines_seconds", by_line}};
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> given(arguments + 1, arguments + count);
    const bool ids = given.size() == 2 && given[1] == "--ids";
    const bool times = given.size() >= 3 && given[1] == "--time";
    if (!ids && !times) {
        std::cerr << "usage: bench_tokenizer MODEL --ids | bench_tokenizer MODEL --time FILE [ROUNDS]\n";
        return 2;
    }
    const auto tokenizer = Tokenizer::open(given[0]);
    if (!tokenizer) {
        std::cerr << tokenizer.error().to_string() << '\n';
        return 2;
    }
    if (ids) {
        return write_ids(**tokenizer);
    }
    return bench::print_figures(time_encoding(**tokenizer, given[2], given.size() > 3 ? std::stoi(given[3]) : 3), true);
}
