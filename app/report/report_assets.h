// The report's style sheet and its one script, embedded at build time from report.css and report.js.
// Thread rule: const, shared freely.
#pragma once

#include <string_view>

namespace tandem::report {

extern const std::string_view report_style;
extern const std::string_view report_script;

}  // namespace tandem::report
