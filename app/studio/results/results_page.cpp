#include "app/studio/results/results_page.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTabWidget>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "app/report/metric_format.h"
#include "app/report/table_formats.h"
#include "app/studio/results/export.h"
#include "app/studio/results/metric_chart.h"
#include "app/studio/results/sequence_chart.h"
#include "app/studio/results/trial_detail_view.h"
#include "app/studio/results/trial_table_model.h"
#include "app/studio/results/trial_table_view.h"
#include "app/studio/training/training_view.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/message_bar.h"

namespace tandem::studio {
namespace {

constexpr int selection_delay_ms = 120;  // a selection that is still growing asks the database once
constexpr std::size_t lines_unselected = 4;
constexpr int training_tab = 2;
constexpr auto default_metric = "decode_tokens_per_second";

}  // namespace

ResultsPage::ResultsPage(ResultsController& results, MessageBar& messages, QWidget* parent)
    : QWidget(parent),
      results_(results),
      messages_(messages),
      shared_(new QLabel),
      splitter_(new QSplitter(Qt::Vertical)),
      model_(new TrialTableModel(this)),
      proxy_(new TrialFilterProxy(this)),
      table_(new TrialTableView),
      selection_timer_(new QTimer(this)) {
    proxy_->setSourceModel(model_);
    table_->setModel(proxy_);
    shared_->setForegroundRole(QPalette::PlaceholderText);
    shared_->setObjectName(QStringLiteral("shared_values"));
    shared_->setTextFormat(Qt::PlainText);
    shared_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    auto* upper = new QWidget;
    auto* upper_column = new QVBoxLayout(upper);
    upper_column->setContentsMargins(0, 0, 0, 0);
    upper_column->addLayout(build_controls());
    upper_column->addWidget(shared_);
    upper_column->addWidget(table_, 1);
    splitter_->setObjectName(QStringLiteral("results_splitter"));
    splitter_->setChildrenCollapsible(false);
    splitter_->addWidget(upper);
    splitter_->addWidget(build_lower());
    splitter_->setStretchFactor(0, 1);
    splitter_->setStretchFactor(1, 1);

    empty_ = new EmptyState(splitter_, {}, tr("Go to the experiment"));
    empty_->set_text(
        tr("There are no results in this database yet.\nRun an experiment, or start with --db to open "
           "another database."));
    empty_->set_empty(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(empty_);

    selection_timer_->setSingleShot(true);
    selection_timer_->setInterval(selection_delay_ms);
    connect(selection_timer_, &QTimer::timeout, this, &ResultsPage::show_selection);
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, selection_timer_,
            qOverload<>(&QTimer::start));
    connect(table_, &QTableView::doubleClicked, this, [this] { lower_->setCurrentIndex(1); });
    connect(empty_, &EmptyState::clicked, this, &ResultsPage::experiment_wanted);
    connect(&results_, &ResultsController::experiments_changed, this, &ResultsPage::show_experiments);
    connect(&results_, &ResultsController::trials_changed, this, &ResultsPage::show_trials);
    connect(&results_, &ResultsController::sequences_changed, this, &ResultsPage::show_sequences);
    connect(&results_, &ResultsController::detail_changed, detail_, &TrialDetailView::show_trial);
    connect(&results_, &ResultsController::failed, this,
            [this](const Error& error) { messages_.show_error(tr("Results cannot be read"), error); });
}

QHBoxLayout* ResultsPage::build_controls() {
    experiment_ = new QComboBox;
    experiment_->setObjectName(QStringLiteral("experiment_picker"));
    experiment_->setAccessibleName(tr("Experiment shown"));
    experiment_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    experiment_->setMaximumWidth(360);
    filter_ = new QLineEdit;
    filter_->setObjectName(QStringLiteral("results_filter"));
    filter_->setAccessibleName(tr("Filter of the table"));
    filter_->setClearButtonEnabled(true);
    filter_->setPlaceholderText(tr("filter: words, or state=done, ttft_ms<50   (Ctrl+F)"));
    filter_->setToolTip(
        tr("Words that a row must show, or conditions as in tandem results --where:\n"
           "state=done, model~smol, decode_tokens_per_second>20"));
    export_ = new QMenu(tr("&Export"), this);
    build_export_menu();
    auto* export_button = new QPushButton(tr("&Export"));
    export_button->setObjectName(QStringLiteral("export_button"));
    export_button->setMenu(export_);
    auto* label = new QLabel(tr("E&xperiment"));
    label->setBuddy(experiment_);
    auto* line = new QHBoxLayout;
    line->addWidget(label);
    line->addWidget(experiment_);
    line->addWidget(filter_, 1);
    line->addWidget(export_button);
    connect(experiment_, &QComboBox::activated, this,
            [this] { results_.choose(experiment_->currentData().toString().toStdString()); });
    connect(filter_, &QLineEdit::textChanged, this, &ResultsPage::show_filter);
    return line;
}

QWidget* ResultsPage::build_lower() {
    metric_ = new QComboBox;
    metric_->setObjectName(QStringLiteral("metric_picker"));
    metric_->setAccessibleName(tr("Metric of the left chart"));
    metric_chart_ = new MetricChart;
    sequence_chart_ = new SequenceChart;
    detail_ = new TrialDetailView;
    training_ = new TrainingView;
    auto* left = new QWidget;
    auto* left_column = new QVBoxLayout(left);
    left_column->setContentsMargins(0, 0, 0, 0);
    left_column->addWidget(metric_chart_, 1);
    auto* charts = new QSplitter(Qt::Horizontal);
    charts->setChildrenCollapsible(false);
    charts->addWidget(left);
    charts->addWidget(sequence_chart_);
    charts->setSizes({1000, 1000});  // shares: the splitter scales them
    lower_ = new QTabWidget;
    lower_->setObjectName(QStringLiteral("results_tabs"));
    lower_->setDocumentMode(true);
    lower_->addTab(charts, tr("&Charts"));
    lower_->addTab(detail_, tr("Tria&l"));
    lower_->addTab(training_, tr("&Training"));
    lower_->setTabVisible(training_tab, false);
    lower_->setCornerWidget(metric_, Qt::TopRightCorner);
    connect(metric_, &QComboBox::currentIndexChanged, this, &ResultsPage::show_metric);
    connect(lower_, &QTabWidget::currentChanged, this, [this](int tab) { metric_->setVisible(tab == 0); });
    return lower_;
}

void ResultsPage::build_export_menu() {
    export_->addAction(tr("Table as CSV…"), this, &ResultsPage::export_table);
    export_->addSeparator();
    export_->addAction(tr("Chart by setting as PNG…"), this,
                       [this] { export_view(*metric_chart_, QStringLiteral("png")); });
    export_->addAction(tr("Chart by setting as SVG…"), this,
                       [this] { export_view(*metric_chart_, QStringLiteral("svg")); });
    export_->addAction(tr("Chart along the sequence as PNG…"), this,
                       [this] { export_view(*sequence_chart_, QStringLiteral("png")); });
    export_->addAction(tr("Chart along the sequence as SVG…"), this,
                       [this] { export_view(*sequence_chart_, QStringLiteral("svg")); });
    export_->addSeparator();
    QAction* copy = export_->addAction(tr("Copy table"), this, &ResultsPage::copy_table);
    copy->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
    addAction(copy);
    auto* find = new QAction(tr("Filter"), this);
    find->setShortcut(QKeySequence::Find);
    connect(find, &QAction::triggered, this, [this] { filter_->setFocus(); });
    addAction(find);
}

void ResultsPage::choose(const std::string& experiment) {
    results_.choose(experiment);
    show_experiments();
}

void ResultsPage::show_experiments() {
    const QSignalBlocker quiet(experiment_);
    experiment_->clear();
    experiment_->addItem(tr("All experiments"), QString());
    QStringList names;
    for (const ExperimentRow& experiment : results_.experiments()) {
        const QString name = QString::fromStdString(experiment.name);
        if (names.contains(name)) {
            continue;  // the same experiment after an edit
        }
        names << name;
        experiment_->addItem(name, name);
        experiment_->setItemData(experiment_->count() - 1, QString::fromStdString(experiment.description),
                                 Qt::ToolTipRole);
    }
    experiment_->setCurrentIndex(std::max(0, experiment_->findData(QString::fromStdString(results_.chosen()))));
}

void ResultsPage::show_trials() {
    const std::vector<std::string> selected = table_->selected_ids();
    const int columns_before = model_->columnCount();
    model_->set_trials(results_.trials());
    if (model_->columnCount() != columns_before) {
        table_->fit_columns();
    }
    for (int row = 0; row < proxy_->rowCount() && !selected.empty(); ++row) {
        const QModelIndex index = proxy_->index(row, 0);
        const std::string id = index.data(TrialTableModel::id_role).toString().toStdString();
        if (std::find(selected.begin(), selected.end(), id) != selected.end()) {
            table_->selectionModel()->select(index, QItemSelectionModel::Select | QItemSelectionModel::Rows);
        }
    }
    empty_->set_empty(results_.trials().empty() && results_.chosen().empty());
    const QString same = model_->shared_text();
    shared_->setText(same.isEmpty() ? QString() : tr("The same in all rows: %1").arg(same));
    shared_->setToolTip(shared_->text());
    shared_->setVisible(!same.isEmpty());

    const QSignalBlocker quiet(metric_);
    const QString before = metric_->currentData().toString();
    metric_->clear();
    for (const std::string& metric : chartable_metrics(results_.trials())) {
        metric_->addItem(QString::fromStdString(report::metric_info(metric).label), QString::fromStdString(metric));
    }
    int row = metric_->findData(before);
    row = row < 0 ? metric_->findData(QLatin1String(default_metric)) : row;
    metric_->setCurrentIndex(std::max(0, row));
    show_metric();
    show_selection();
}

void ResultsPage::show_filter(const QString& text) {
    const Result<void> set = proxy_->set_filter(text);
    filter_->setToolTip(set ? filter_->placeholderText() : QString::fromStdString(set.error().to_string()));
    QPalette colours = palette();
    if (!set) {
        colours.setColor(QPalette::Text, Qt::red);
    }
    filter_->setPalette(colours);
    show_metric();
    selection_timer_->start();
}

void ResultsPage::show_selection() {
    std::vector<std::string> ids = table_->selected_ids();
    std::string chosen;
    bool found_running = false;
    if (ids.empty()) {
        for (const TrialRow& trial : visible_trials()) {
            if (trial.state == "done" && ids.size() < lines_unselected) {
                ids.push_back(trial.id);
            }
            // The first that trained, rather one that trains now.
            if (trial.kind == "train" && (chosen.empty() || (trial.state == "running" && !found_running))) {
                chosen = trial.id;
                found_running = trial.state == "running";
            }
        }
    } else {
        chosen = table_->current_id().empty() ? ids.front() : table_->current_id();
        results_.want_detail(chosen);
    }
    show_training(chosen);
    results_.want_sequences(std::move(ids));
}

// The training of a stored trial, where it is one.
void ResultsPage::show_training(const std::string& id) {
    const auto row = std::find_if(model_->rows().begin(), model_->rows().end(),
                                  [&](const report::ResultRow& other) { return other.trial.id == id; });
    const bool trains = row != model_->rows().end() && row->trial.kind == "train";
    lower_->setTabVisible(training_tab, trains);
    const std::uint64_t number = ++trainings_asked_;
    if (!trains) {
        return;
    }
    const QString name = QString::fromStdString(row->trial.pairing + ", " + row->trial.workload);
    const bool runs = row->trial.state == "running";
    results_.read_training(
        id, ResultsController::all_attempts, this, [this, name, runs, number](Result<TrainingHistory> history) {
            if (number != trainings_asked_) {
                return;
            }
            if (!history) {
                messages_.show_error(tr("The training cannot be read"), history.error());
                return;
            }
            training_->show_training(name, std::make_shared<const TrainingHistory>(std::move(*history)),
                                     runs ? TrainingState::running : TrainingState::over);
        });
}

void ResultsPage::show_metric() {
    metric_chart_->show_data(make_metric_chart(visible_trials(), metric_->currentData().toString().toStdString()));
}

void ResultsPage::show_sequences(const ResultsController::Sequences& sequences) {
    std::vector<report::ResultRow> rows;
    for (const auto& [id, observations] : sequences) {
        const auto row = std::find_if(model_->rows().begin(), model_->rows().end(),
                                      [&](const report::ResultRow& other) { return other.trial.id == id; });
        if (row != model_->rows().end()) {
            rows.push_back(*row);
        }
    }
    if (rows.size() != sequences.size()) {
        return;  // the table has changed meanwhile; a new answer is on its way
    }
    const std::vector<std::string> labels = report::row_labels(rows);
    std::vector<SequenceLine> lines;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        lines.push_back(make_sequence(labels[i], sequences[i].second));
    }
    sequence_chart_->show_lines(std::move(lines));
}

std::vector<TrialRow> ResultsPage::visible_trials() const {
    std::vector<TrialRow> trials;
    trials.reserve(static_cast<std::size_t>(proxy_->rowCount()));
    for (int row = 0; row < proxy_->rowCount(); ++row) {
        trials.push_back(model_->row(proxy_->mapToSource(proxy_->index(row, 0)).row()).trial);
    }
    return trials;
}

void ResultsPage::export_view(StyledChartView& view, const QString& suffix) {
    QString path = QFileDialog::getSaveFileName(this, tr("Export the chart"), QStringLiteral("chart.") + suffix,
                                                suffix.toUpper() + QStringLiteral(" (*.") + suffix + QLatin1Char(')'));
    if (path.isEmpty()) {
        return;
    }
    if (!path.endsWith(QLatin1Char('.') + suffix, Qt::CaseInsensitive)) {
        path += QLatin1Char('.') + suffix;
    }
    tell(tr("The chart was not exported"), export_chart(view, path), path);
}

void ResultsPage::export_table() {
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Export the table"), QStringLiteral("results.csv"), tr("CSV (*.csv)"));
    if (!path.isEmpty()) {
        const auto rows = report::result_rows(visible_trials(), report::Seeds::apart);
        tell(tr("The table was not exported"), export_text(report::to_csv(rows), path), path);
    }
}

void ResultsPage::copy_table() {
    QGuiApplication::clipboard()->setText(table_->as_text());
    messages_.show_message(MessageBar::Level::note, tr("The table is in the clipboard"));
}

void ResultsPage::tell(const QString& doing, const Result<void>& result, const QString& path) {
    if (result) {
        messages_.show_message(MessageBar::Level::note, tr("Written to %1").arg(path));
    } else {
        messages_.show_error(doing, result.error());
    }
}

}  // namespace tandem::studio
