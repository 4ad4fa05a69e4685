// The report: one HTML file that needs nothing else. No network, no script from outside; what models and users wrote is
// escaped everywhere, and the page's own policy lets no other script run. Errors: REPORT_*, FILE_*. Thread rule:
// stateless.
#pragma once

#include <filesystem>
#include <string>

#include "app/report/report_data.h"

namespace tandem::report {

struct ReportOptions {
    std::string generated_at;  // ISO 8601
    std::string program;       // "tandem 0.1.0"
};

std::string render_report(const ReportData& data, const ReportOptions& options);

enum class Overwrite {
    only_reports,  // replaces an earlier report, refuses any other file
    any_file,      // replaces any regular file
};

// Written beside its place, then renamed: a reader sees the old file or the new one. True: an earlier file was
// replaced. Errors: REPORT_WOULD_OVERWRITE, FILE_WRITE.
Result<bool> write_report(const std::filesystem::path& path, const std::string& html, Overwrite overwrite);

}  // namespace tandem::report
