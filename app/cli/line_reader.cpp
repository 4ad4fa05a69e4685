#include "app/cli/line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace tandem::cli {

Result<LineReader> LineReader::open(const std::string& file) {
    if (file == "-") {
        return LineReader(file, library::Descriptor());
    }
    std::error_code ignored;
    const bool is_folder = std::filesystem::is_directory(file, ignored);
    const int number = is_folder ? -1 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (number < 0) {
        return Error{.code = "FILE_NOT_FOUND",
                     .message = "the file cannot be read (" +
                                std::string(is_folder ? "it is a folder" : std::strerror(errno)) + ")",
                     .where = file,
                     .kind = ErrorKind::bad_input};
    }
    return LineReader(file, library::Descriptor(number));
}

LineReader::LineReader(std::string file, library::Descriptor descriptor)
    : file_(std::move(file)), own_(std::move(descriptor)), buffer_(std::size_t{64} << 10) {}

int LineReader::descriptor() const {
    return own_.get() < 0 ? STDIN_FILENO : own_.get();
}

Result<bool> LineReader::fill(const std::stop_token& stop) {
    constexpr int look_every_ms = 100;
    while (!stop.stop_requested()) {
        pollfd watched{.fd = descriptor(), .events = POLLIN, .revents = 0};
        if (poll(&watched, 1, look_every_ms) <= 0) {  // nothing yet, or a signal came
            continue;
        }
        const ssize_t count = read(descriptor(), buffer_.data(), buffer_.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (count < 0) {
            return Error{.code = "FILE_IO",
                         .message = "reading failed (" + std::string(std::strerror(errno)) + ")",
                         .where = file_,
                         .kind = ErrorKind::io};
        }
        begin_ = 0;
        end_ = static_cast<std::size_t>(count);
        return count > 0;
    }
    return Error{.code = "CANCELLED",
                 .message = "interrupted; what was written before is whole lines",
                 .where = file_,
                 .kind = ErrorKind::cancelled};
}

Result<bool> LineReader::next(std::string& line, const std::stop_token& stop) {
    line.clear();
    for (bool some = false;;) {
        if (begin_ == end_ || stop.stop_requested()) {
            if (!TANDEM_TRY(fill(stop))) {
                number_ += some ? 1 : 0;
                return some;
            }
        }
        some = true;
        const auto* const from = buffer_.data() + begin_;
        const auto* const to = buffer_.data() + end_;
        const auto* const feed = std::find(from, to, '\n');
        line.append(from, feed);
        begin_ += static_cast<std::size_t>(feed - from);
        if (feed != to) {
            ++begin_;
            ++number_;
            return true;
        }
    }
}

}  // namespace tandem::cli
