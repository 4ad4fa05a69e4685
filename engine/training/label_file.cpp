#include "engine/training/label_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>
#include <utility>

#include "engine/api/sha256.h"
#include "engine/tensor/output_file.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t sum_size = 64;

std::string sum_of(std::string_view text) {
    return sha256_hex(std::as_bytes(std::span(text)));
}

Error fault(int number, const std::string& doing, const fs::path& path) {
    const bool full = number == ENOSPC || number == EDQUOT;
    return {.code = full                                  ? "FILE_DISK_FULL"
                    : number == EACCES || number == EPERM ? "FILE_PERMISSION"
                                                          : "FILE_IO",
            .message = doing + " failed (" + std::strerror(number) +
                       "); the answers before are kept, and running it again goes on there",
            .where = path.string(),
            .kind = ErrorKind::io};
}

// The line without its end: the sum of what follows it, a space, an object.
std::string line_of(const std::string& key, const Label& label) {
    const nlohmann::json object{{"key", key}, {"text", label.text}, {"cut", label.cut}};
    const std::string text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return sum_of(text) + " " + text;
}

}  // namespace

Result<LabelFile> LabelFile::open(fs::path path) {
    LabelFile file(std::move(path));
    std::error_code failed;
    if (!fs::exists(file.path_, failed)) {
        return file;
    }
    std::ifstream stream(file.path_, std::ios::binary);
    for (std::string line; std::getline(stream, line);) {
        file.take(line);
    }
    if (stream.bad() || !stream.eof()) {
        return fault(EIO, "reading kept answers", file.path_);
    }
    return file;
}

LabelFile::LabelFile(LabelFile&& other) noexcept
    : path_(std::move(other.path_)),
      labels_(std::move(other.labels_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

LabelFile::~LabelFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

const Label* LabelFile::find(const std::string& key) const {
    const auto known = labels_.find(key);
    return known == labels_.end() ? nullptr : &known->second;
}

Result<void> LabelFile::add(const std::string& key, const Label& label) {
    TANDEM_TRY(begin_appending());
    const std::string line = line_of(key, label);
    TANDEM_TRY(write_out(line + "\n"));
    if (::fdatasync(descriptor_) != 0) {
        return fault(errno, "making an answer durable", path_);
    }
    take(line);  // as whoever reads the file later has it
    return {};
}

bool LabelFile::take(std::string_view line) {
    if (line.size() < sum_size + 2 || line[sum_size] != ' ') {
        return false;
    }
    const std::string_view text = line.substr(sum_size + 1);
    if (line.substr(0, sum_size) != sum_of(text)) {
        return false;
    }
    const auto object = nlohmann::json::parse(text, nullptr, false);
    const bool whole = object.is_object() && object.contains("key") && object["key"].is_string() &&
                       object.contains("text") && object["text"].is_string() && object.contains("cut") &&
                       object["cut"].is_boolean();
    if (whole) {  // the first stays: it may have been learned
        labels_.try_emplace(object["key"].get<std::string>(),
                            Label{.text = object["text"].get<std::string>(), .cut = object["cut"].get<bool>()});
    }
    return whole;
}

Result<void> LabelFile::begin_appending() {
    if (descriptor_ >= 0) {
        return {};
    }
    std::error_code failed;
    fs::create_directories(path_.parent_path(), failed);
    if (failed) {
        return fault(failed.value(), "making the folder for answers", path_.parent_path());
    }
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0) {
        return fault(errno, "opening the file of answers", path_);
    }
    TANDEM_TRY(sync_folder(path_.parent_path()));
    // What was torn off ends here, so that the next line is one of its own.
    char last = '\n';
    const off_t size = ::lseek(descriptor_, 0, SEEK_END);
    if (size > 0 && ::pread(descriptor_, &last, 1, size - 1) != 1) {
        return fault(errno, "reading the file of answers", path_);
    }
    return last == '\n' ? Result<void>() : write_out("\n");
}

Result<void> LabelFile::write_out(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor_, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            const int number = errno;
            ::close(std::exchange(descriptor_, -1));  // whoever tries again ends the torn line first
            return fault(number, "writing an answer", path_);
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace tandem
