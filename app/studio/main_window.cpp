#include "app/studio/main_window.h"

#include <QActionGroup>
#include <QCloseEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QScreen>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolBar>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "app/studio/experiment/experiment_page.h"
#include "app/studio/results/results_page.h"
#include "app/studio/run/run_page.h"
#include "app/studio/widgets/appearance_menu.h"
#include "app/studio/widgets/message_bar.h"

namespace tandem::studio {
namespace {

constexpr int default_width = 1360;
constexpr int default_height = 860;

}  // namespace

MainWindow::MainWindow(const Services& services, QWidget* parent)
    : QMainWindow(parent),
      document_(new ExperimentDocument(this)),
      run_(new RunController(services.run, this)),
      models_(new ModelsController(services.models, this)),
      results_(new ResultsController(services.results, this)),
      messages_(new MessageBar),
      pages_(new QStackedWidget),
      experiment_page_(new ExperimentPage(*document_, *run_, *models_, *messages_)),
      run_page_(new RunPage(*run_, *results_)),
      results_page_(new ResultsPage(*results_, *messages_)),
      database_(QString::fromStdString(services.results.database())) {
    setObjectName(QStringLiteral("main_window"));
    auto* centre = new QWidget;
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(8, 4, 8, 6);
    column->addWidget(messages_);
    column->addWidget(pages_, 1);
    pages_->addWidget(experiment_page_);
    pages_->addWidget(run_page_);
    pages_->addWidget(results_page_);
    setCentralWidget(centre);
    build_menus();
    connect_run();

    connect(document_, &ExperimentDocument::title_changed, this, &MainWindow::show_title);
    connect(models_, &ModelsController::failed, this,
            [this](const Error& error) { messages_->show_error(tr("The model library cannot be read"), error); });
    connect(run_page_, &RunPage::results_wanted, this, [this] { show_page(Page::results); });
    connect(run_page_, &RunPage::experiment_wanted, this, [this] { show_page(Page::experiment); });
    connect(results_page_, &ResultsPage::experiment_wanted, this, [this] { show_page(Page::experiment); });
    connect(results_, &ResultsController::trials_changed, this, [this] {
        // A database with results and no file to edit: the results are what was asked for.
        if (std::exchange(first_results_, false) && document_->is_empty() && !results_->trials().empty()) {
            show_page(Page::results);
        }
    });
    restore();
    show_title();
    show_page(Page::experiment);
    models_->refresh();
    results_->refresh();
}

void MainWindow::build_menus() {
    build_file_menu();
    QMenu* run = menuBar()->addMenu(tr("&Run"));
    QAction* start = run->addAction(tr("&Run experiment"), run_, &RunController::run);
    start->setShortcut(Qt::Key_F5);
    QAction* stop = run->addAction(tr("&Stop"), run_, &RunController::cancel);
    stop->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Period));
    const auto enable = [this, start, stop] {
        start->setEnabled(run_->state() == RunController::State::ready ||
                          run_->state() == RunController::State::planning);
        stop->setEnabled(run_->state() == RunController::State::running);
    };
    connect(run_, &RunController::state_changed, this, enable);
    enable();
    build_view_menu();
    menuBar()->addMenu(results_page_->export_menu());
    auto* dismiss = new QAction(this);
    dismiss->setShortcut(Qt::Key_Escape);
    connect(dismiss, &QAction::triggered, messages_, &MessageBar::dismiss);
    addAction(dismiss);
}

void MainWindow::build_file_menu() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    const auto add = [&](const QString& text, const QKeySequence& keys, auto call) {
        QAction* action = file->addAction(text, this, call);
        action->setShortcut(keys);
    };
    add(tr("&New experiment"), QKeySequence::New, [this] {
        when_unmodified([this] {
            experiment_page_->start_new();
            show_page(Page::experiment);
        });
    });
    file->addMenu(experiment_page_->new_menu());
    connect(experiment_page_->new_menu(), &QMenu::triggered, this, [this] { show_page(Page::experiment); });
    add(tr("&Open…"), QKeySequence::Open, [this] { when_unmodified([this] { ask_open(); }); });
    file->addSeparator();
    add(tr("&Save"), QKeySequence::Save, [this] { save(); });
    add(tr("Save &as…"), QKeySequence::SaveAs, [this] { save_as(); });
    file->addSeparator();
    add(tr("&Quit"), QKeySequence::Quit, [this] { close(); });
}

void MainWindow::build_view_menu() {
    QMenu* view = menuBar()->addMenu(tr("&View"));
    auto* bar = addToolBar(tr("Pages"));
    bar->setObjectName(QStringLiteral("pages_bar"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
    auto* group = new QActionGroup(this);
    const QString titles[] = {tr("&Experiment"), tr("&Run"), tr("Re&sults")};
    for (int i = 0; i < 3; ++i) {
        QAction* action = view->addAction(titles[i], this, [this, i] { show_page(static_cast<Page>(i)); });
        action->setCheckable(true);
        action->setShortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + i)));
        action->setToolTip(tr("%1 (Ctrl+%2)").arg(titles[i]).arg(i + 1).remove(QLatin1Char('&')));
        group->addAction(action);
        bar->addAction(action);
        page_actions_[i] = action;
    }
    view->addSeparator();
    QAction* refresh = view->addAction(tr("Read results &again"), results_, &ResultsController::refresh);
    refresh->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_R));
    fill_appearance_menu(*view->addMenu(tr("&Appearance")));
}

void MainWindow::connect_run() {
    connect(run_, &RunController::run_started, this, [this] {
        running_ = run_->prepared()->spec.name;
        show_page(Page::run);
    });
    connect(run_, &RunController::live, this, [this](const LiveBatch& batch) {
        const bool any_finished = std::any_of(batch.trials.begin(), batch.trials.end(), [](const auto& news) {
            return news.second.state != TrialState::running && news.second.state != TrialState::queued;
        });
        if (any_finished) {  // not earlier: the run may still be making the database
            results_page_->choose(running_);
            results_->refresh();
        }
    });
    connect(run_, &RunController::run_finished, this, [this](const RunSummary& summary) {
        results_->refresh();
        if (std::exchange(closing_, false)) {
            close();
        } else if (summary.failed > 0) {
            messages_->show_message(MessageBar::Level::problem,
                                    tr("%1 trials failed; the others are stored").arg(summary.failed), {},
                                    {{tr("Show"), [this] { show_page(Page::results); }}});
        }
    });
    connect(run_, &RunController::run_failed, this, [this](const Error& error) {
        results_->refresh();
        messages_->show_error(tr("The run has ended"), error);
        if (std::exchange(closing_, false)) {
            close();
        }
    });
}

void MainWindow::show_page(Page page) {
    pages_->setCurrentIndex(static_cast<int>(page));
    page_actions_[static_cast<int>(page)]->setChecked(true);
}

MainWindow::Page MainWindow::page() const {
    return static_cast<Page>(pages_->currentIndex());
}

void MainWindow::open_file(const QString& path) {
    first_results_ = false;
    if (const Result<void> opened = document_->open(path); !opened) {
        messages_->show_error(tr("%1 cannot be opened").arg(path), opened.error());
    }
    show_page(Page::experiment);
}

void MainWindow::ask_open() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Open an experiment"), {},
                                                      tr("Experiments (*.yaml *.yml);;All files (*)"));
    if (!path.isEmpty()) {
        open_file(path);
    }
}

bool MainWindow::save() {
    if (document_->path().isEmpty()) {
        return save_as();
    }
    return save_to(document_->path());
}

bool MainWindow::save_as() {
    const std::string name = document_->spec() ? document_->spec()->name : std::string("experiment");
    QString path = QFileDialog::getSaveFileName(this, tr("Save the experiment"),
                                                QString::fromStdString(name) + QStringLiteral(".yaml"),
                                                tr("Experiments (*.yaml)"));
    if (path.isEmpty()) {
        return false;
    }
    if (QFileInfo(path).suffix().isEmpty()) {
        path += QStringLiteral(".yaml");
    }
    return save_to(path);
}

bool MainWindow::save_to(const QString& path) {
    const Result<void> saved = document_->save(path);
    if (!saved) {
        messages_->show_error(tr("Not saved"), saved.error());
    }
    return saved.ok();
}

void MainWindow::when_unmodified(std::function<void()> next) {
    if (!document_->is_modified()) {
        next();
        return;
    }
    messages_->show_message(MessageBar::Level::question, tr("The experiment has changes that are not saved."), {},
                            {{tr("Save"),
                              [this, next] {
                                  if (save()) {
                                      next();
                                  }
                              }},
                             {tr("Discard them"), next},
                             {tr("Keep editing"), [] {}}});
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (run_->is_running()) {
        event->ignore();
        messages_->show_message(MessageBar::Level::question, tr("A run is going on."), {},
                                {{tr("Stop it and close"), [this] { close_after_run(); }}, {tr("Let it run"), [] {}}});
        return;
    }
    if (document_->is_modified() && !discarding_) {
        event->ignore();
        when_unmodified([this] {
            discarding_ = true;
            close();
        });
        return;
    }
    remember();
    event->accept();
}

void MainWindow::close_after_run() {
    closing_ = true;
    if (run_->is_running()) {
        run_->cancel();
        messages_->show_message(MessageBar::Level::note, tr("The window closes when the running trial has ended."));
    } else {
        close();
    }
}

void MainWindow::restore() {
    const QSettings settings;
    const QSize screen = this->screen()->availableSize();
    resize(std::min(default_width, screen.width()), std::min(default_height, screen.height()));
    restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray());
    for (QSplitter* splitter : {experiment_page_->splitter(), run_page_->splitter(), results_page_->splitter()}) {
        splitter->restoreState(settings.value(splitter->objectName()).toByteArray());
    }
}

void MainWindow::remember() const {
    QSettings settings;
    settings.setValue(QStringLiteral("geometry"), saveGeometry());
    for (const QSplitter* splitter : {experiment_page_->splitter(), run_page_->splitter(), results_page_->splitter()}) {
        settings.setValue(splitter->objectName(), splitter->saveState());
    }
}

void MainWindow::show_title() {
    const QString name = document_->path().isEmpty() ? (document_->is_empty() ? QString() : tr("untitled"))
                                                     : QFileInfo(document_->path()).fileName();
    setWindowTitle((name.isEmpty() ? QString() : name + QStringLiteral("[*] \u2014 ")) +
                   QFileInfo(database_).fileName() + QStringLiteral(" \u2014 ") + tr("Tandem Studio"));
    setWindowModified(document_->is_modified());
}

}  // namespace tandem::studio
