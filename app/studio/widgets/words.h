// Times and sizes in the few words that fit a cell. Thread rule: stateless.
#pragma once

#include <QString>
#include <string>
#include <utility>
#include <vector>

class QWidget;

namespace tandem::studio {

QString show_duration(double seconds);          // "about 3 min"-like figures: "0.4 s", "12 s", "3 min", "2 h 5 min"
QString show_setting_name(const std::string&);  // "workloads.speed.prompt_tokens" -> "prompt_tokens"
QString show_settings(const std::vector<std::pair<std::string, std::string>>& settings);  // "dtype int8, ..."

// One width for the labels of all forms of a page, so that their fields stand in line.
int form_label_width(const QWidget& label);

}  // namespace tandem::studio
