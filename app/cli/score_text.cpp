#include "app/cli/score_text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/evaluation/text.h"

namespace tandem::cli {
namespace {

// Bytes of the text without the whitespace characters at its end.
std::size_t stripped_size(std::string_view text) {
    for (;;) {
        std::size_t begin = text.size();
        while (begin > 0 && text.size() - begin < 4) {
            --begin;
            if ((static_cast<unsigned char>(text[begin]) & 0xC0) != 0x80) {
                break;
            }
        }
        const std::u32string last = scores::characters(text.substr(begin));
        if (last.size() != 1 || !scores::is_space(last[0])) {
            return text.size();
        }
        text = text.substr(0, begin);
    }
}

Result<std::string> json_text(const std::string& line, const std::string& where) {
    const auto value = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!value.is_string()) {
        return Error{
            .code = "SCORE_INPUT",
            .message = "a line of a .jsonl file must be one JSON string, as in \"two\\nlines\"; nothing was scored",
            .where = where,
            .kind = ErrorKind::bad_input};
    }
    return value.get<std::string>();
}

}  // namespace

Result<std::vector<std::string>> read_texts(const std::string& file) {
    std::ifstream opened;
    if (file != "-") {
        std::error_code ignored;
        opened.open(file, std::ios::binary);
        if (!opened || std::filesystem::is_directory(file, ignored)) {
            return Error{.code = "FILE_NOT_FOUND",
                         .message = "the file cannot be read (" +
                                    std::string(opened ? "it is a folder" : std::strerror(errno)) + ")",
                         .where = file,
                         .kind = ErrorKind::bad_input};
        }
    }
    std::istream& lines = file == "-" ? std::cin : opened;
    const bool json = file.ends_with(".jsonl");
    std::vector<std::string> texts;
    for (std::string line; std::getline(lines, line);) {
        if (json) {
            line = TANDEM_TRY(json_text(line, file + ":" + std::to_string(texts.size() + 1)));
        } else {
            line.resize(stripped_size(line));
        }
        texts.push_back(std::move(line));
    }
    if (lines.bad()) {
        return Error{.code = "FILE_IO", .message = "reading failed", .where = file, .kind = ErrorKind::io};
    }
    if (texts.empty()) {
        return Error{.code = "SCORE_INPUT",
                     .message = "the file is empty; nothing was scored",
                     .where = file,
                     .kind = ErrorKind::bad_input};
    }
    return texts;
}

std::vector<std::string> metric_names(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        std::size_t end = std::min(list.find(','), list.size());
        if (list.substr(0, end).find(":regex=") != std::string_view::npos) {
            end = list.size();
        }
        names.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return names;
}

std::string p_number(double p) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), p > 0 && p < 0.0001 ? "%.1e" : "%.4f", p);
    return text.data();
}

std::string score_number(double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.4f", value);
    return text.data();
}

}  // namespace tandem::cli
