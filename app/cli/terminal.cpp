#include "app/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace tandem::cli {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

int descriptor(Stream stream) {
    return stream == Stream::out ? STDOUT_FILENO : STDERR_FILENO;
}

}  // namespace

bool is_terminal(Stream stream) {
    return isatty(descriptor(stream)) == 1;
}

bool has_colour(Stream stream) {
    return is_terminal(stream) && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

int terminal_width() {
    constexpr int usual = 80;
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return usual;
    }
    return size.ws_col;
}

std::string toned(Stream stream, Tone tone, std::string_view text) {
    constexpr std::array<const char*, 6> codes{"", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m"};
    if (tone == Tone::plain || !has_colour(stream)) {
        return std::string(text);
    }
    return codes.at(static_cast<std::size_t>(tone)) + std::string(text) + "\033[0m";
}

}  // namespace tandem::cli
