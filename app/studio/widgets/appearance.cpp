#include "app/studio/widgets/appearance.h"

#include <QApplication>
#include <QStyle>
#include <QStyleFactory>
#include <QToolTip>

namespace tandem::studio {
namespace {

constexpr double dark_below = 0.5;

QPalette dark_palette() {
    const QColor window(43, 45, 48);
    const QColor base(30, 31, 34);
    const QColor text(223, 225, 229);
    const QColor faint(140, 144, 150);
    QPalette palette(window);
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, QColor(37, 38, 42));
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::PlaceholderText, faint);
    palette.setColor(QPalette::Button, QColor(57, 59, 64));
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::BrightText, Qt::white);
    palette.setColor(QPalette::ToolTipBase, QColor(57, 59, 64));
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::Highlight, QColor(46, 108, 196));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(107, 159, 237));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, QColor(110, 113, 119));
    }
    return palette;
}

QPalette light_palette() {
    QPalette palette(QColor(240, 240, 241));
    palette.setColor(QPalette::Base, Qt::white);
    palette.setColor(QPalette::AlternateBase, QColor(246, 247, 249));
    palette.setColor(QPalette::PlaceholderText, QColor(120, 124, 130));
    palette.setColor(QPalette::ToolTipBase, QColor(255, 255, 240));
    palette.setColor(QPalette::ToolTipText, QColor(20, 20, 20));
    palette.setColor(QPalette::Highlight, QColor(38, 100, 190));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(25, 90, 180));
    return palette;
}

QColor mixed(const QColor& a, const QColor& b, double share_of_b) {
    const auto mix = [&](float x, float y) { return static_cast<float>(x * (1 - share_of_b) + y * share_of_b); };
    return QColor::fromRgbF(mix(a.redF(), b.redF()), mix(a.greenF(), b.greenF()), mix(a.blueF(), b.blueF()));
}

QColor pure(Tint tint) {
    switch (tint) {
        case Tint::red:
            return {200, 40, 40};
        case Tint::amber:
            return {214, 140, 10};
        case Tint::green:
            return {30, 140, 70};
        case Tint::blue:
            return {40, 110, 200};
        case Tint::grey:
            break;
    }
    return {125, 129, 135};
}

}  // namespace

QString appearance_name(Appearance appearance) {
    switch (appearance) {
        case Appearance::light:
            return QStringLiteral("light");
        case Appearance::dark:
            return QStringLiteral("dark");
        case Appearance::system:
            break;
    }
    return QStringLiteral("system");
}

Appearance appearance_from_name(const QString& name) {
    return name == QLatin1String("light")  ? Appearance::light
           : name == QLatin1String("dark") ? Appearance::dark
                                           : Appearance::system;
}

void apply_appearance(Appearance appearance) {
    static const QString desktop_style = QApplication::style()->name();
    static const QPalette desktop_palette = QApplication::palette();
    QApplication::setStyle(
        QStyleFactory::create(appearance == Appearance::system ? desktop_style : QStringLiteral("Fusion")));
    const QPalette palette = appearance == Appearance::dark    ? dark_palette()
                             : appearance == Appearance::light ? light_palette()
                                                               : desktop_palette;
    QApplication::setPalette(palette);
    QToolTip::setPalette(palette);
}

bool is_dark(const QPalette& palette) {
    return palette.color(QPalette::Base).lightnessF() < dark_below;
}

QColor tinted(const QColor& background, Tint tint) {
    const bool dark = background.lightnessF() < dark_below;
    return mixed(background, pure(tint), dark ? 0.35 : 0.16);
}

QColor ink(const QPalette& palette, Tint tint) {
    return mixed(pure(tint), palette.color(QPalette::Text), is_dark(palette) ? 0.45 : 0.1);
}

std::vector<QColor> series_colours(const QPalette& palette) {
    const std::vector<QColor> on_white{{0, 114, 178}, {213, 94, 0},   {0, 140, 105}, {170, 80, 140},
                                       {190, 130, 0}, {60, 150, 205}, {90, 90, 90}};
    const std::vector<QColor> on_black{{86, 180, 233}, {240, 140, 60},  {40, 190, 145}, {215, 140, 185},
                                       {230, 175, 40}, {240, 228, 100}, {180, 180, 180}};
    return is_dark(palette) ? on_black : on_white;
}

}  // namespace tandem::studio
