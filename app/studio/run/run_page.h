// Second page: the batch while it runs: its trials, what the models say, the log, how long it will take, and a button
// to stop. Thread rule: the window's thread.
#pragma once

#include <QWidget>

#include "app/studio/run/run_controller.h"

class QLabel;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QSplitter;
class QTableView;

namespace tandem::studio {

class EmptyState;
class RunTableModel;

class RunPage : public QWidget {
    Q_OBJECT
public:
    explicit RunPage(RunController& run, QWidget* parent = nullptr);
    QSplitter* splitter() const { return splitter_; }
    const RunTableModel& table() const { return *model_; }
    QString spoken() const;  // what the text pane shows

signals:
    void results_wanted();
    void experiment_wanted();

private:
    void build_panes();
    void begin();
    void take(const LiveBatch& batch);
    void show_state();
    void finish(const RunSummary& summary);

    RunController& run_;
    RunTableModel* model_;
    EmptyState* empty_;
    QSplitter* splitter_;
    QTableView* table_;
    QPlainTextEdit* text_;
    QPlainTextEdit* log_;
    QProgressBar* bar_;
    QLabel* status_;
    QPushButton* cancel_;
    QPushButton* results_;
    QString outcome_;
};

}  // namespace tandem::studio
