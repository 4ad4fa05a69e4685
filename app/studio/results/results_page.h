// Third page: stored results as a table, two charts and the detail of a trial. Thread rule: the window's thread.
#pragma once

#include <QWidget>

#include "app/studio/results/results_controller.h"

class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QMenu;
class QSplitter;
class QTabWidget;
class QTimer;

namespace tandem::studio {

class EmptyState;
class MessageBar;
class MetricChart;
class SequenceChart;
class StyledChartView;
class TrainingView;
class TrialDetailView;
class TrialFilterProxy;
class TrialTableModel;
class TrialTableView;

class ResultsPage : public QWidget {
    Q_OBJECT
public:
    ResultsPage(ResultsController& results, MessageBar& messages, QWidget* parent = nullptr);

    void choose(const std::string& experiment);
    void copy_table();
    QMenu* export_menu() const { return export_; }
    QSplitter* splitter() const { return splitter_; }

signals:
    void experiment_wanted();

private:
    QHBoxLayout* build_controls();
    QWidget* build_lower();
    void build_export_menu();
    void show_experiments();
    void show_trials();
    void show_filter(const QString& text);
    void show_selection();
    void show_training(const std::string& id);
    void show_metric();
    void show_sequences(const ResultsController::Sequences& sequences);
    std::vector<TrialRow> visible_trials() const;
    void export_view(StyledChartView& view, const QString& suffix);
    void export_table();
    void tell(const QString& doing, const Result<void>& result, const QString& path);

    ResultsController& results_;
    MessageBar& messages_;
    QComboBox* experiment_;
    QLineEdit* filter_;
    QComboBox* metric_;
    QMenu* export_;
    QLabel* shared_;
    EmptyState* empty_;
    QSplitter* splitter_;
    TrialTableModel* model_;
    TrialFilterProxy* proxy_;
    TrialTableView* table_;
    QTabWidget* lower_;
    MetricChart* metric_chart_;
    SequenceChart* sequence_chart_;
    TrialDetailView* detail_;
    TrainingView* training_;
    std::uint64_t trainings_asked_ = 0;  // number of the newest question
    QTimer* selection_timer_;
};

}  // namespace tandem::studio
