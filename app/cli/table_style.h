// How tables are printed: for a terminal of some width, or for a file or pipe. Thread rule: stateless.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include "app/cli/terminal.h"
#include "app/report/table_formats.h"

namespace tandem::cli {

// No limit where the output is no terminal or does not say its width.
inline report::TerminalStyle table_style() {
    report::TerminalStyle style{.width = 0, .colour = has_colour(Stream::out)};
    winsize size{};
    if (is_terminal(Stream::out) && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        style.width = size.ws_col;
    }
    return style;
}

}  // namespace tandem::cli
