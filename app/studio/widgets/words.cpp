#include "app/studio/widgets/words.h"

#include <QStringList>
#include <QWidget>
#include <cmath>

namespace tandem::studio {

QString show_duration(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) {
        return QStringLiteral("unknown");
    }
    if (seconds < 10) {
        return QString::number(seconds, 'f', 1) + QStringLiteral(" s");
    }
    if (seconds < 90) {
        return QString::number(std::lround(seconds)) + QStringLiteral(" s");
    }
    const long minutes = std::lround(seconds / 60);
    if (minutes < 90) {
        return QString::number(minutes) + QStringLiteral(" min");
    }
    return QStringLiteral("%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
}

QString show_setting_name(const std::string& path) {
    const std::size_t dot = path.rfind('.');
    return QString::fromStdString(dot == std::string::npos ? path : path.substr(dot + 1));
}

QString show_settings(const std::vector<std::pair<std::string, std::string>>& settings) {
    QStringList words;
    for (const auto& [path, value] : settings) {
        words << show_setting_name(path) + QLatin1Char(' ') + QString::fromStdString(value);
    }
    return words.join(QStringLiteral(", "));
}

int form_label_width(const QWidget& label) {
    return label.fontMetrics().horizontalAdvance(QStringLiteral("max source tokens"));
}

}  // namespace tandem::studio
