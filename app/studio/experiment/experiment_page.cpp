#include "app/studio/experiment/experiment_page.h"

#include <QDir>
#include <QFile>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "app/studio/experiment/experiment_form.h"
#include "app/studio/experiment/model_section.h"
#include "app/studio/experiment/plan_table_model.h"
#include "app/studio/experiment/spec_edits.h"
#include "app/studio/experiment/write_experiment.h"
#include "app/studio/experiment/yaml_editor.h"
#include "app/studio/widgets/appearance.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/message_bar.h"

namespace tandem::studio {

ExperimentPage::ExperimentPage(ExperimentDocument& document, RunController& run, ModelsController& models,
                               MessageBar& messages, QWidget* parent)
    : QWidget(parent),
      document_(document),
      run_(run),
      models_(models),
      messages_(messages),
      new_menu_(new QMenu(tr("New from &catalogue"), this)),
      splitter_(new QSplitter(Qt::Horizontal)),
      form_(new ExperimentForm(document)),
      plan_(new PlanTableModel(this)) {
    splitter_->setObjectName(QStringLiteral("experiment_splitter"));
    splitter_->addWidget(form_);
    splitter_->addWidget(build_text_side());
    splitter_->setStretchFactor(0, 2);
    splitter_->setStretchFactor(1, 3);
    splitter_->setChildrenCollapsible(false);
    form_->setMinimumWidth(330);
    empty_ = new EmptyState(splitter_,
                            tr("No experiment is open.\nBegin a new one, open a file (Ctrl+O), or take one from the "
                               "menu File \u2192 New from catalogue."),
                            tr("New experiment"));
    empty_->set_empty(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(empty_);

    for (const QString& name : QDir(QStringLiteral(":/catalog")).entryList({QStringLiteral("*.yaml")}, QDir::Files)) {
        new_menu_->addAction(name.section(QLatin1Char('.'), 0, 0), this, [this, name] {
            QFile file(QStringLiteral(":/catalog/") + name);
            if (file.open(QIODevice::ReadOnly)) {
                document_.start(file.readAll().toStdString());
            }
        });
    }
    plan_timer_.setSingleShot(true);
    plan_timer_.setInterval(plan_delay_ms);
    connect(&plan_timer_, &QTimer::timeout, this, &ExperimentPage::ask_for_plan);
    connect(empty_, &EmptyState::clicked, this, &ExperimentPage::start_new);
    connect(&document_, &ExperimentDocument::changed, this, &ExperimentPage::take_document);
    connect(editor_, &QPlainTextEdit::textChanged, this,
            [this] { document_.set_text(editor_->toPlainText().toStdString(), ExperimentDocument::Origin::editor); });
    connect(problems_, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
        editor_->go_to(item->data(Qt::UserRole).toInt(), item->data(Qt::UserRole + 1).toInt());
    });
    connect(&run_, &RunController::planned, this, &ExperimentPage::show_plan);
    connect(&run_, &RunController::plan_failed, this, &ExperimentPage::show_plan_error);
    connect(&run_, &RunController::state_changed, this, &ExperimentPage::show_run_state);
    connect(&run_, &RunController::run_finished, this, &ExperimentPage::ask_for_plan);
    connect(run_button_, &QPushButton::clicked, &run_, &RunController::run);
    connect_models();
    show_run_state();
}

QWidget* ExperimentPage::build_text_side() {
    editor_ = new YamlEditor;
    problems_ = new QListWidget;
    problems_->setObjectName(QStringLiteral("problems"));
    problems_->setAccessibleName(tr("Problems of the text; activate one to go there"));
    problems_->setWordWrap(true);
    problems_->setMaximumHeight(110);
    problems_->hide();
    auto* text = new QWidget;
    auto* text_column = new QVBoxLayout(text);
    text_column->setContentsMargins(0, 0, 0, 0);
    text_column->addWidget(editor_, 1);
    text_column->addWidget(problems_);

    plan_table_ = new QTableView;
    plan_table_->setObjectName(QStringLiteral("plan_table"));
    plan_table_->setAccessibleName(tr("Trials of the plan"));
    plan_table_->setModel(plan_);
    plan_table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    plan_table_->setAlternatingRowColors(true);
    plan_table_->setWordWrap(false);
    plan_table_->verticalHeader()->hide();
    plan_table_->verticalHeader()->setDefaultSectionSize(plan_table_->fontMetrics().height() + 8);
    plan_table_->horizontalHeader()->setStretchLastSection(true);
    plan_table_->horizontalHeader()->setResizeContentsPrecision(50);

    tabs_ = new QTabWidget;
    tabs_->setObjectName(QStringLiteral("experiment_tabs"));
    tabs_->setDocumentMode(true);
    tabs_->addTab(text, tr("&Text"));
    tabs_->addTab(plan_table_, tr("&Plan"));

    summary_ = new QLabel;
    summary_->setObjectName(QStringLiteral("plan_summary"));
    summary_->setTextFormat(Qt::PlainText);
    summary_->setWordWrap(true);
    run_button_ = new QPushButton(tr("&Run"));
    run_button_->setObjectName(QStringLiteral("run_button"));
    run_button_->setToolTip(tr("Run what is not done yet (F5)"));
    run_button_->setDefault(true);
    auto* line = new QHBoxLayout;
    line->addWidget(summary_, 1);
    line->addWidget(run_button_);

    auto* side = new QWidget;
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 4);
    column->addWidget(tabs_, 1);
    column->addLayout(line);
    return side;
}

void ExperimentPage::connect_models() {
    ModelSection& section = form_->models();
    connect(&section, &ModelSection::wanted, &models_, [this](const std::string& source) { models_.add(source); });
    connect(&section, &ModelSection::cancelled, &models_, &ModelsController::cancel);
    connect(&models_, &ModelsController::progress, &section, &ModelSection::show_progress);
    connect(&models_, &ModelsController::library_changed, this,
            [this, &section] { section.set_choices(models_.library(), models_.shapes(), models_.catalogue()); });
    connect(&models_, &ModelsController::added, this, [this, &section](const LibraryEntry& entry) {
        section.hide_progress();
        const auto& models = form_->draft().models;
        const bool used = std::any_of(models.begin(), models.end(),
                                      [&](const ModelSpec& model) { return model.source == entry.name; });
        if (used) {
            ask_for_plan();
        } else if (form_->is_open() && !document_.is_empty()) {
            form_->add_model_source(entry.name);
        }
        messages_.show_message(MessageBar::Level::note,
                               tr("%1 is in the library now").arg(QString::fromStdString(entry.name)));
    });
    connect(&models_, &ModelsController::add_failed, this, &ExperimentPage::show_add_error);
}

void ExperimentPage::start_new() {
    const std::string model = !models_.library().empty()  ? models_.library().front().name
                              : !models_.shapes().empty() ? "random:" + models_.shapes().front()
                                                          : std::string("model.gguf");
    document_.start(write_experiment(new_experiment(model)));
}

void ExperimentPage::take_document(ExperimentDocument::Origin origin) {
    if (origin != ExperimentDocument::Origin::editor) {
        const QSignalBlocker quiet(editor_);
        const QString text = QString::fromStdString(document_.text());
        if (origin == ExperimentDocument::Origin::file && text != editor_->toPlainText()) {
            editor_->setPlainText(text);
        } else {
            editor_->replace_text(text);
        }
    }
    empty_->set_empty(document_.is_empty() && document_.path().isEmpty() &&
                      origin != ExperimentDocument::Origin::editor);
    show_problems();
    run_.forget_plan();
    plan_->set_plan(nullptr);
    if (document_.spec()) {
        plan_timer_.start();
    } else {
        plan_timer_.stop();
    }
    show_run_state();
}

void ExperimentPage::show_problems() {
    std::vector<ProblemLine> found;
    if (document_.error()) {
        found = problem_lines(*document_.error(), document_.file_name());
    }
    problems_->clear();
    for (const ProblemLine& problem : found) {
        QString text = QString::fromStdString(problem.text);
        if (problem.line > 0) {
            text = tr("line %1: ").arg(problem.line) + text;
        }
        auto* item = new QListWidgetItem(text, problems_);
        item->setData(Qt::UserRole, problem.line);
        item->setData(Qt::UserRole + 1, problem.column);
        item->setToolTip(QString::fromStdString(command_line_text(*document_.error())));
        item->setForeground(ink(palette(), Tint::red));
    }
    problems_->setVisible(!found.empty());
    editor_->show_problems(std::move(found));
    tabs_->setTabText(0, document_.error() ? tr("&Text (%1)").arg(problems_->count()) : tr("&Text"));
}

void ExperimentPage::ask_for_plan() {
    if (document_.spec() && !run_.is_running()) {
        run_.plan(document_.text(), document_.file_name());
    }
}

void ExperimentPage::show_plan() {
    plan_->set_plan(run_.prepared());
    plan_table_->resizeColumnsToContents();
    QStringList warnings;
    for (const std::string& warning : run_.prepared()->warnings) {
        warnings << QString::fromStdString(warning);
    }
    if (!warnings.isEmpty()) {
        messages_.show_message(MessageBar::Level::note, warnings.first(),
                               warnings.size() > 1 ? warnings.join(QLatin1Char('\n')) : QString());
    }
    show_run_state();
}

void ExperimentPage::show_plan_error(const Error& error) {
    std::vector<MessageBar::Action> actions;
    for (const ModelSpec& model : form_->draft().models) {
        if (error.code == "MODEL_NOT_FOUND" && models_.can_fetch(model.source)) {
            actions.push_back({tr("Fetch %1").arg(QString::fromStdString(model.source)),
                               [this, source = model.source] { models_.add(source); }});
            break;
        }
    }
    messages_.show_error(tr("This cannot be planned"), error, std::move(actions));
    show_run_state();
    summary_->setText(tr("No plan: %1").arg(QString::fromStdString(error.message).section(QLatin1Char('\n'), 0, 0)));
}

void ExperimentPage::show_run_state() {
    using State = RunController::State;
    const State state = run_.state();
    run_button_->setEnabled(state == State::ready || state == State::planning);
    form_->models().setEnabled(true);
    if (document_.error()) {
        summary_->setText(tr("The text has a problem; the plan follows when it is mended."));
        return;
    }
    switch (state) {
        case State::planning:
            summary_->setText(tr("Planning\u2026 (models are looked up and their sums checked)"));
            break;
        case State::ready:
            summary_->setText(plan_summary(run_.prepared()->plan));
            break;
        case State::running:
        case State::stopping:
            summary_->setText(tr("Running; see the page Run (Ctrl+2)."));
            break;
        case State::idle:
            summary_->setText(document_.spec() ? tr("The plan follows\u2026") : QString());
            break;
    }
}

void ExperimentPage::show_add_error(const std::string& source, const Error& error) {
    form_->models().hide_progress();
    if (error.kind == ErrorKind::cancelled) {
        messages_.show_message(MessageBar::Level::note,
                               tr("Adding %1 was stopped; what was there stays").arg(QString::fromStdString(source)));
        return;
    }
    std::vector<MessageBar::Action> actions;
    if (error.code == "MODEL_TERMS") {
        actions.push_back({tr("I have read this; add it"),
                           [this, source] { models_.add(source, ModelsController::Terms::accepted); }});
    }
    messages_.show_error(tr("%1 was not added").arg(QString::fromStdString(source)), error, std::move(actions));
}

}  // namespace tandem::studio
