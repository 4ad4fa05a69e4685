// Pictures and tables to files, written whole or not at all. Errors: EXPORT_FORMAT, FILE_WRITE; an existing file stays
// as it was. Thread rule: the window's thread.
#pragma once

#include <QString>
#include <string>

#include "engine/api/result.h"

class QChartView;

namespace tandem::studio {

// By the name's ending: .png at twice the size on screen, or .svg.
Result<void> export_chart(QChartView& view, const QString& path);
Result<void> export_text(const std::string& text, const QString& path);

}  // namespace tandem::studio
