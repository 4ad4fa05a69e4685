// How tables are printed: for a terminal of some width, or for a file or pipe. Thread rule: stateless.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "app/report/table_formats.h"

namespace tandem::cli {

// No colour and no limit where the output is no terminal; no colour where NO_COLOR is set (no-color.org).
inline report::TerminalStyle table_style() {
    report::TerminalStyle style;
    if (::isatty(STDOUT_FILENO) == 0) {
        return style;
    }
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        style.width = size.ws_col;
    }
    const char* no_colour = std::getenv("NO_COLOR");
    style.colour = no_colour == nullptr || *no_colour == '\0';
    return style;
}

}  // namespace tandem::cli
