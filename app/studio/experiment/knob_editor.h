// The right editor for one declared knob: a spin box, a list of choices, a check box, a line or several lines.
// Thread rule: the window's thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "experiments/spec/spec.h"

class QWidget;

namespace tandem::studio {

struct KnobEditor {
    QWidget* widget = nullptr;
    std::function<std::vector<std::string>()> words;
    std::function<void(const std::vector<std::string>&)> set_words;  // does not call `edited`
};

// `edited` is called after each change by the user.
KnobEditor make_knob_editor(const KnobDescription& knob, QWidget* parent, std::function<void()> edited);

// Meaning, allowed values, default and source, for a tooltip.
std::string knob_help(const KnobDescription& knob);

}  // namespace tandem::studio
