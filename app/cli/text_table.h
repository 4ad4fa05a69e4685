// Plain tables for the terminal: columns as wide as their widest cell. Thread rule: plain data.
#pragma once

#include <string>
#include <vector>

namespace tandem::cli {

enum class Align { left, right };

struct TextColumn {
    std::string heading;
    Align align = Align::left;
};

class TextTable {
public:
    explicit TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}
    // Control characters of foreign text are shown, not sent.
    void add(std::vector<std::string> cells);
    // Without a line of headings where all are empty; no blanks at line ends.
    std::string text() const;

private:
    std::vector<TextColumn> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace tandem::cli
