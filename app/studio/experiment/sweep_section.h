// Knobs that vary: a row each with the knob's path and its values. What is no simple grid is named and left to the
// text. Thread rule: the window's thread.
#pragma once

#include <QWidget>
#include <vector>

#include "app/studio/experiment/spec_edits.h"

class QLabel;
class QVBoxLayout;
class QComboBox;
class QLineEdit;

namespace tandem::studio {

class SweepSection : public QWidget {
    Q_OBJECT
public:
    explicit SweepSection(QWidget* parent = nullptr);

    void set_experiment(const ExperimentSpec& spec);
    std::vector<SweepRow> rows() const;
    // For tests and the add button.
    void add_row(const SweepRow& row);

signals:
    void edited();

private:
    struct Row {
        QWidget* line;
        QComboBox* path;
        QLineEdit* values;
    };
    void remove_row(QWidget* line);

    std::vector<std::string> paths_;
    std::vector<Row> rows_;
    QVBoxLayout* lines_;
    QLabel* rest_;
};

}  // namespace tandem::studio
