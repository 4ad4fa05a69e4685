// Light, dark or as the desktop says; and the few colours that mean something, in both. Thread rule: the window's
// thread.
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>
#include <vector>

namespace tandem::studio {

enum class Appearance { system, light, dark };

QString appearance_name(Appearance appearance);
Appearance appearance_from_name(const QString& name);

// Sets the application's style and palette; every window follows.
void apply_appearance(Appearance appearance);

bool is_dark(const QPalette& palette);

enum class Tint { red, amber, green, blue, grey };

// A background that keeps the palette's text readable.
QColor tinted(const QColor& background, Tint tint);

// For text and marks on the palette's base colour.
QColor ink(const QPalette& palette, Tint tint);

// Colours of chart series that stay apart for colour-blind readers (Okabe and Ito 2008), adapted to the background.
std::vector<QColor> series_colours(const QPalette& palette);

}  // namespace tandem::studio
