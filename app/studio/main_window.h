// The window: three pages, menus, a message bar; remembers its place. What the pages do is theirs; here they only meet.
// Thread rule: the window's thread.
#pragma once

#include <QMainWindow>
#include <functional>

#include "app/studio/service/services.h"

class QAction;
class QStackedWidget;

namespace tandem::studio {

class ExperimentDocument;
class ExperimentPage;
class MessageBar;
class ModelsController;
class ResultsController;
class ResultsPage;
class RunController;
class RunPage;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(const Services& services, QWidget* parent = nullptr);

    enum class Page { experiment, run, results };
    void show_page(Page page);
    Page page() const;
    void open_file(const QString& path);
    MessageBar& messages() { return *messages_; }
    RunController& run() { return *run_; }
    ExperimentDocument& document() { return *document_; }

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void build_menus();
    void build_file_menu();
    void build_view_menu();
    void connect_run();
    void restore();
    void remember() const;
    void ask_open();
    bool save();
    bool save_as();
    bool save_to(const QString& path);
    // Goes on with `next` when the text is saved or given up.
    void when_unmodified(std::function<void()> next);
    void close_after_run();
    void show_title();

    ExperimentDocument* document_;
    RunController* run_;
    ModelsController* models_;
    ResultsController* results_;
    MessageBar* messages_;
    QStackedWidget* pages_;
    ExperimentPage* experiment_page_;
    RunPage* run_page_;
    ResultsPage* results_page_;
    QAction* page_actions_[3] = {};
    QString database_;
    std::string running_;   // name of the experiment that runs or ran last
    bool closing_ = false;  // after the run that is being stopped
    bool discarding_ = false;
    bool first_results_ = true;
};

}  // namespace tandem::studio
