// What is wrong with a field, in red under it; hidden while nothing is. Thread rule: the window's thread.
#pragma once

#include <QLabel>

namespace tandem::studio {

class ProblemLabel : public QLabel {
    Q_OBJECT
public:
    explicit ProblemLabel(QWidget* parent = nullptr);
    void show_problem(const QString& text);  // an empty text hides it
};

}  // namespace tandem::studio
