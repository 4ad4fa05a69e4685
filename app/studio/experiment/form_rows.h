// Pieces that the sections of the experiment's form share. Thread rule: the window's thread.
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QSignalBlocker>
#include <algorithm>
#include <vector>

#include "app/studio/widgets/words.h"

namespace tandem::studio {

inline QLabel* make_label(const QString& text, QWidget* editor) {
    auto* label = new QLabel(text);
    label->setBuddy(editor);
    label->setMinimumWidth(form_label_width(*label));
    return label;
}

template <class Named>
void show_names(QComboBox& box, const std::vector<Named>& named) {
    const QSignalBlocker quiet(&box);
    const QString current = box.currentText();
    box.clear();
    for (const Named& item : named) {
        box.addItem(QString::fromStdString(item.name));
    }
    box.setCurrentIndex(std::max(0, box.findText(current)));
}

}  // namespace tandem::studio
