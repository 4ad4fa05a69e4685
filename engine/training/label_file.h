// Answers of a model that are learned as targets, kept on disk as they are made: one line for each, durable before the
// next is begun, with a sum of its own. Lines that are torn or damaged count as not there, so that whoever was
// interrupted goes on where it stopped; several may append to one file. No torch. Errors: FILE_*. Thread rule: one
// thread at a time.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/api/result.h"

namespace tandem {

struct Label {
    std::string text;
    bool cut = false;  // it reached its most tokens and ends there

    friend bool operator==(const Label&, const Label&) = default;
};

class LabelFile {
public:
    // Reads what is there; makes nothing.
    static Result<LabelFile> open(std::filesystem::path path);
    LabelFile(LabelFile&& other) noexcept;
    LabelFile& operator=(LabelFile&&) = delete;
    ~LabelFile();

    // `key` says all that the answer depends on beside what the file's name says. Null: there is none.
    const Label* find(const std::string& key) const;
    // On disk when it returns. Text that is not UTF-8 is kept with its faults replaced.
    Result<void> add(const std::string& key, const Label& label);

    const std::filesystem::path& path() const { return path_; }
    std::size_t size() const { return labels_.size(); }

private:
    explicit LabelFile(std::filesystem::path path) : path_(std::move(path)) {}
    Result<void> begin_appending();
    Result<void> write_out(std::string_view text);
    bool take(std::string_view line);

    std::filesystem::path path_;
    std::map<std::string, Label> labels_;
    int descriptor_ = -1;  // open once something is added
};

}  // namespace tandem
