// The sample outputs of a training: a table, and the chosen one in full below it. The newest is chosen until the reader
// chooses another. Thread rule: the window's thread.
#pragma once

#include <QWidget>

#include "app/studio/training/training_history.h"

class QLabel;
class QPlainTextEdit;
class QTableView;

namespace tandem::studio {

class PreviewTableModel;

class PreviewList : public QWidget {
    Q_OBJECT
public:
    explicit PreviewList(QWidget* parent = nullptr);
    void show_history(const TrainingHistory& history);
    // Another training: what was chosen of the last one is forgotten.
    void start_over();
    const PreviewTableModel& table() const { return *model_; }

private:
    void show_chosen();

    PreviewTableModel* model_;
    QLabel* title_;
    QTableView* table_;
    QPlainTextEdit* text_;
    bool follows_ = true;
};

}  // namespace tandem::studio
