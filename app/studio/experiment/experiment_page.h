// First page: the experiment as a form and as text, what is wrong with it, and the plan it means. Thread rule: the
// window's thread.
#pragma once

#include <QTimer>
#include <QWidget>

#include "app/studio/experiment/experiment_document.h"
#include "app/studio/experiment/models_controller.h"
#include "app/studio/run/run_controller.h"

class QLabel;
class QListWidget;
class QMenu;
class QPushButton;
class QSplitter;
class QTabWidget;
class QTableView;

namespace tandem::studio {

class EmptyState;
class ExperimentForm;
class MessageBar;
class PlanTableModel;
class YamlEditor;

class ExperimentPage : public QWidget {
    Q_OBJECT
public:
    ExperimentPage(ExperimentDocument& document, RunController& run, ModelsController& models, MessageBar& messages,
                   QWidget* parent = nullptr);

    // A new experiment with a model of the library, or with random weights where it is empty.
    void start_new();
    QMenu* new_menu() const { return new_menu_; }
    QSplitter* splitter() const { return splitter_; }
    static constexpr int plan_delay_ms = 400;  // after the last change of the text

signals:
    void open_wanted();

private:
    QWidget* build_text_side();
    void connect_models();
    void take_document(ExperimentDocument::Origin origin);
    void show_problems();
    void ask_for_plan();
    void show_plan();
    void show_plan_error(const Error& error);
    void show_run_state();
    void show_add_error(const std::string& source, const Error& error);

    ExperimentDocument& document_;
    RunController& run_;
    ModelsController& models_;
    MessageBar& messages_;
    QMenu* new_menu_;
    EmptyState* empty_;
    QSplitter* splitter_;
    ExperimentForm* form_;
    YamlEditor* editor_;
    QListWidget* problems_;
    QTabWidget* tabs_;
    QLabel* summary_;
    QTableView* plan_table_;
    PlanTableModel* plan_;
    QPushButton* run_button_;
    QTimer plan_timer_;
};

}  // namespace tandem::studio
