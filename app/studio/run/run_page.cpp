#include "app/studio/run/run_page.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "app/studio/run/progress_delegate.h"
#include "app/studio/run/run_table_model.h"
#include "app/studio/run/training_room.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/words.h"

namespace tandem::studio {
namespace {

constexpr int max_blocks = 5000;  // of a pane; older lines go
constexpr int training_tab = 1;

QPlainTextEdit* make_pane(const QString& name, const char* object) {
    auto* pane = new QPlainTextEdit;
    pane->setObjectName(QLatin1String(object));
    pane->setReadOnly(true);
    pane->setUndoRedoEnabled(false);
    pane->setMaximumBlockCount(max_blocks);
    pane->setAccessibleName(name);
    return pane;
}

QWidget* with_title(const QString& title, QWidget* content) {
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    auto* label = new QLabel(title);
    label->setBuddy(content);
    column->addWidget(label);
    column->addWidget(content, 1);
    return box;
}

// Appends without moving a reader who has scrolled up.
void append(QPlainTextEdit& pane, const QString& text) {
    const QScrollBar& scroll = *pane.verticalScrollBar();
    const bool at_end = scroll.value() >= scroll.maximum() - 2;
    QTextCursor cursor(pane.document());
    cursor.movePosition(QTextCursor::End);
    cursor.insertText(text);
    if (at_end) {
        pane.verticalScrollBar()->setValue(scroll.maximum());
    }
}

}  // namespace

RunPage::RunPage(RunController& run, ResultsController& results, QWidget* parent)
    : QWidget(parent),
      run_(run),
      model_(new RunTableModel(this)),
      splitter_(new QSplitter(Qt::Vertical)),
      training_(new TrainingRoom(results)),
      bar_(new QProgressBar),
      status_(new QLabel),
      cancel_(new QPushButton(tr("&Stop"))),
      results_(new QPushButton(tr("Show results"))) {
    build_table();
    build_panes();
    bar_->setObjectName(QStringLiteral("batch_progress"));
    bar_->setAccessibleName(tr("Progress of the batch"));
    bar_->setMaximumWidth(260);
    status_->setObjectName(QStringLiteral("run_status"));
    status_->setTextFormat(Qt::PlainText);  // an error may name a file with angle brackets
    status_->setWordWrap(true);
    cancel_->setObjectName(QStringLiteral("cancel_button"));
    cancel_->setToolTip(tr("Stop the batch; finished trials stay, the rest can be run later (Ctrl+.)"));
    auto* line = new QHBoxLayout;
    line->addWidget(status_, 1);
    line->addWidget(bar_);
    line->addWidget(cancel_);
    line->addWidget(results_);
    auto* content = new QWidget;
    auto* content_column = new QVBoxLayout(content);
    content_column->setContentsMargins(0, 0, 0, 0);
    content_column->addLayout(line);
    content_column->addWidget(splitter_, 1);
    empty_ = new EmptyState(content, tr("Nothing has been run in this window yet.\nRun the experiment with F5."),
                            tr("Go to the experiment"));
    empty_->set_empty(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(empty_);

    connect(empty_, &EmptyState::clicked, this, &RunPage::experiment_wanted);
    connect(cancel_, &QPushButton::clicked, &run_, &RunController::cancel);
    connect(results_, &QPushButton::clicked, this, &RunPage::results_wanted);
    connect(&run_, &RunController::run_started, this, &RunPage::begin);
    connect(&run_, &RunController::live, this, &RunPage::take);
    connect(&run_, &RunController::state_changed, this, &RunPage::show_state);
    connect(&run_, &RunController::run_finished, this, &RunPage::finish);
    connect(&run_, &RunController::run_failed, this, [this](const Error& error) {
        outcome_ = tr("The run ended with an error: %1").arg(QString::fromStdString(error.message));
        show_state();
    });
    show_state();
}

void RunPage::build_table() {
    table_ = new QTableView;
    table_->setObjectName(QStringLiteral("run_table"));
    table_->setAccessibleName(tr("Trials of the run"));
    table_->setModel(model_);
    table_->setItemDelegateForColumn(RunTableModel::column_progress, new ProgressDelegate(table_));
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setAlternatingRowColors(true);
    table_->setWordWrap(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(table_->fontMetrics().height() + 8);
    table_->horizontalHeader()->setStretchLastSection(true);
    table_->horizontalHeader()->setResizeContentsPrecision(50);
    table_->setMinimumHeight(80);
    table_->setTabKeyNavigation(false);
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                if (current.isValid()) {
                    const auto state = static_cast<TrialState>(current.data(RunTableModel::state_role).toInt());
                    follows_ = state == TrialState::running;
                    training_->choose(model_->id_of(current.row()));
                }
            });
}

void RunPage::build_panes() {
    text_ = make_pane(tr("What the models say"), "live_text");
    text_->setPlaceholderText(tr("Answers appear here as they are made. Benchmarks have none to read."));
    log_ = make_pane(tr("Log of the run"), "run_log");
    log_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    log_->setLineWrapMode(QPlainTextEdit::NoWrap);
    auto* panes = new QSplitter(Qt::Horizontal);
    panes->setChildrenCollapsible(false);
    panes->addWidget(with_title(tr("What the models say"), text_));
    panes->addWidget(with_title(tr("Log"), log_));
    splitter_->setObjectName(QStringLiteral("run_splitter"));
    splitter_->setChildrenCollapsible(false);
    tabs_ = new QTabWidget;
    tabs_->setObjectName(QStringLiteral("run_tabs"));
    tabs_->setDocumentMode(true);
    tabs_->addTab(panes, tr("Answers and &log"));
    tabs_->addTab(training_, tr("&Training"));
    tabs_->setTabToolTip(training_tab, tr("Losses, learning rate, speed and sample outputs of the chosen trial"));
    splitter_->addWidget(table_);
    splitter_->addWidget(tabs_);
    splitter_->setStretchFactor(0, 1);
    splitter_->setStretchFactor(1, 2);
    splitter_->setSizes({1000, 2000});  // shares: the splitter scales them
}

QString RunPage::spoken() const {
    return text_->toPlainText();
}

void RunPage::begin() {
    empty_->set_empty(false);
    outcome_.clear();
    text_->clear();
    log_->clear();
    const Plan& plan = run_.prepared()->plan;
    model_->set_plan(plan);
    training_->begin(plan);
    choose_trial(0);
    follows_ = true;
    tabs_->setTabVisible(training_tab, training_->any());
    tabs_->setCurrentIndex(training_->any() ? training_tab : 0);
    table_->resizeColumnsToContents();
    table_->setColumnWidth(RunTableModel::column_progress, 110);
    table_->setColumnWidth(RunTableModel::column_rate, std::max(80, table_->columnWidth(RunTableModel::column_rate)));
    table_->setColumnWidth(RunTableModel::column_state, 90);
    bar_->setRange(0, std::max(1, model_->rowCount()));
    bar_->setFormat(QStringLiteral("%v / %m"));
    show_state();
}

void RunPage::take(const LiveBatch& batch) {
    model_->apply(batch);
    bar_->setValue(model_->finished());
    training_->take(batch);
    append_words(batch);
    follow(batch);
    show_state();
}

void RunPage::append_words(const LiveBatch& batch) {
    if (batch.dropped_bytes > 0) {
        append(*text_, tr("\n[%1 bytes were too fast to show; they are stored]\n").arg(batch.dropped_bytes));
    }
    if (!batch.text.empty()) {
        QString text = QString::fromStdString(batch.text);
        if (text_->document()->isEmpty()) {
            text = text.mid(static_cast<int>(text.indexOf(QRegularExpression(QStringLiteral("[^\\n]")))));
        }
        append(*text_, text);
    }
    QString lines = batch.dropped_lines > 0 ? tr("[%1 lines left out]\n").arg(batch.dropped_lines) : QString();
    for (const std::string& line : batch.log) {
        lines += QString::fromStdString(line) + QLatin1Char('\n');
    }
    if (!lines.isEmpty()) {
        append(*log_, lines);
    }
}

void RunPage::follow(const LiveBatch& batch) {
    const QModelIndex current = table_->currentIndex();
    const bool chosen_runs =
        current.isValid() &&
        static_cast<TrialState>(current.data(RunTableModel::state_role).toInt()) == TrialState::running;
    int newest = -1;  // one that runs, else one that has just ended
    bool runs = false;
    for (const auto& [id, news] : batch.trials) {
        const int row = model_->row_of(id);
        if (row >= 0 && news.state != TrialState::queued && !runs) {
            newest = row;
            runs = news.state == TrialState::running;
        }
    }
    if (newest < 0) {
        return;
    }
    if (follows_ && !chosen_runs) {
        choose_trial(newest);
        follows_ = true;
    } else if (runs) {
        table_->scrollTo(model_->index(newest, 0));
    }
}

void RunPage::choose_trial(int row) {
    table_->setCurrentIndex(model_->index(row, 0));
}

void RunPage::show_state() {
    using State = RunController::State;
    const State state = run_.state();
    cancel_->setEnabled(state == State::running);
    cancel_->setVisible(run_.is_running());
    results_->setVisible(!run_.is_running());
    if (state == State::stopping) {
        status_->setText(tr("Stopping: the running trial is told to end\u2026"));
    } else if (state == State::running) {
        const auto left = run_.remaining_s();
        status_->setText(left ? tr("Running, about %1 left").arg(show_duration(*left)) : tr("Running\u2026"));
    } else {
        status_->setText(outcome_);
    }
}

void RunPage::finish(const RunSummary& summary) {
    QStringList parts{tr("%1 done").arg(summary.done)};
    if (summary.failed > 0) {
        parts << tr("%1 failed").arg(summary.failed);
    }
    if (summary.cancelled > 0) {
        parts << tr("%1 stopped").arg(summary.cancelled);
    }
    if (summary.skipped > 0) {
        parts << tr("%1 done before").arg(summary.skipped);
    }
    outcome_ = (summary.interrupted ? tr("Stopped: ") : tr("Finished: ")) + parts.join(QStringLiteral(", ")) +
               (summary.interrupted ? tr(". Run again to go on where it stopped.") : QStringLiteral("."));
    bar_->setValue(model_->finished());
    show_state();
}

}  // namespace tandem::studio
