#include "app/studio/widgets/problem_label.h"

#include "app/studio/widgets/appearance.h"

namespace tandem::studio {

ProblemLabel::ProblemLabel(QWidget* parent) : QLabel(parent) {
    setTextFormat(Qt::PlainText);
    setWordWrap(true);
    hide();
}

void ProblemLabel::show_problem(const QString& text) {
    setText(text);
    setVisible(!text.isEmpty());
    if (text.isEmpty() || !parentWidget()) {
        return;
    }
    // Red in a closed form too: that is when it matters most.
    QPalette colours = parentWidget()->palette();
    colours.setColor(QPalette::All, QPalette::WindowText, ink(colours, Tint::red));
    setPalette(colours);
}

}  // namespace tandem::studio
