// Second page: the batch while it runs: its trials, what the models say, the log, the training of the chosen trial, how
// long it will take, and a button to stop. Thread rule: the window's thread.
#pragma once

#include <QWidget>

#include "app/studio/run/run_controller.h"

class QLabel;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QSplitter;
class QTabWidget;
class QTableView;

namespace tandem::studio {

class EmptyState;
class ResultsController;
class RunTableModel;
class TrainingRoom;

class RunPage : public QWidget {
    Q_OBJECT
public:
    RunPage(RunController& run, ResultsController& results, QWidget* parent = nullptr);
    QSplitter* splitter() const { return splitter_; }
    const RunTableModel& table() const { return *model_; }
    QString spoken() const;  // what the text pane shows
    const TrainingRoom& training() const { return *training_; }
    void choose_trial(int row);

signals:
    void results_wanted();
    void experiment_wanted();

private:
    void build_table();
    void build_panes();
    void begin();
    void take(const LiveBatch& batch);
    void append_words(const LiveBatch& batch);
    void follow(const LiveBatch& batch);
    void show_state();
    void finish(const RunSummary& summary);

    RunController& run_;
    RunTableModel* model_;
    EmptyState* empty_;
    QSplitter* splitter_;
    QTableView* table_;
    QPlainTextEdit* text_;
    QPlainTextEdit* log_;
    QTabWidget* tabs_;
    TrainingRoom* training_;
    bool follows_ = true;  // the trial that runs is chosen, until the user chooses one that does not
    QProgressBar* bar_;
    QLabel* status_;
    QPushButton* cancel_;
    QPushButton* results_;
    QString outcome_;
};

}  // namespace tandem::studio
