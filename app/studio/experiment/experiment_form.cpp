#include "app/studio/experiment/experiment_form.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "app/studio/experiment/knob_form.h"
#include "app/studio/experiment/model_section.h"
#include "app/studio/experiment/spec_edits.h"
#include "app/studio/experiment/sweep_section.h"
#include "app/studio/widgets/appearance.h"
#include "app/studio/widgets/words.h"

namespace tandem::studio {
namespace {

// Sets what the form says of one knob; a refused word is shown at the knob and changes nothing.
template <class Options>
bool take_knob(KnobForm& form, const std::string& knob, Options& options) {
    const MaybeFault fault = set_knob_words(options, knob, form.words(knob));
    form.show_problem(knob, fault ? QString::fromStdString(knob + " " + fault->message) : QString());
    return !fault;
}

template <class Named>
void show_names(QComboBox& box, const std::vector<Named>& named) {
    const QSignalBlocker quiet(&box);
    const QString current = box.currentText();
    box.clear();
    for (const Named& item : named) {
        box.addItem(QString::fromStdString(item.name));
    }
    box.setCurrentIndex(std::max(0, box.findText(current)));
}

QLabel* make_label(const QString& text, QWidget* editor) {
    auto* label = new QLabel(text);
    label->setBuddy(editor);
    label->setMinimumWidth(form_label_width(*label));
    return label;
}

}  // namespace

ExperimentForm::ExperimentForm(ExperimentDocument& document, QWidget* parent)
    : QScrollArea(parent),
      document_(document),
      body_(new QWidget),
      closed_(new QLabel(tr("The text has a problem. Mend it there, or undo (Ctrl+Z), to use the form again."))),
      models_(new ModelSection),
      load_knobs_(new KnobForm("load")),
      sweep_(new SweepSection),
      execution_knobs_(new KnobForm("execution")) {
    setObjectName(QStringLiteral("experiment_form"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* page = new QWidget;
    auto* outer = new QVBoxLayout(page);
    closed_->setWordWrap(true);
    closed_->hide();
    outer->addWidget(closed_);
    outer->addWidget(body_);
    outer->addStretch();
    auto* column = new QVBoxLayout(body_);
    column->setContentsMargins(0, 0, 0, 0);
    build_names(column);
    column->addLayout(add_section(tr("Models"), models_));
    build_target(column);
    build_workload(column);
    column->addLayout(add_section(tr("Loading"), load_knobs_));
    column->addLayout(add_section(tr("Sweep"), sweep_));

    auto* rest = new QWidget;
    auto* rest_column = new QVBoxLayout(rest);
    rest_column->setContentsMargins(0, 0, 0, 0);
    auto* seeds_row = new QFormLayout;
    seeds_ = new QLineEdit;
    seeds_->setObjectName(QStringLiteral("seeds"));
    seeds_->setToolTip(tr("Each trial runs once with each of these random seeds"));
    seeds_->setAccessibleName(tr("Seeds, separated by commas"));
    seeds_problem_ = new QLabel;
    seeds_problem_->setTextFormat(Qt::PlainText);
    seeds_problem_->setWordWrap(true);
    seeds_problem_->hide();
    seeds_row->addRow(make_label(tr("seeds"), seeds_), seeds_);
    seeds_row->addRow(seeds_problem_);
    rest_column->addLayout(seeds_row);
    rest_column->addWidget(execution_knobs_);
    column->addLayout(add_section(tr("Execution"), rest));
    setWidget(page);

    connect(models_, &ModelSection::chosen, this, &ExperimentForm::add_model_source);
    connect(models_, &ModelSection::removed, this, [this](const std::string& name) {
        remove_model(draft_, name);
        write();
        show_draft();
    });
    connect(load_knobs_, &KnobForm::edited, this, [this](const std::string& knob) {
        if (take_knob(*load_knobs_, knob, draft_.load)) {
            write();
        }
    });
    connect(execution_knobs_, &KnobForm::edited, this, [this](const std::string& knob) {
        if (take_knob(*execution_knobs_, knob, draft_.execution)) {
            write();
        }
    });
    connect(sweep_, &SweepSection::edited, this, [this] {
        set_grid_rows(draft_, sweep_->rows());
        write();
    });
    connect(seeds_, &QLineEdit::textEdited, this, &ExperimentForm::change_seeds);
    connect(&document_, &ExperimentDocument::changed, this, &ExperimentForm::take_over);
}

QVBoxLayout* ExperimentForm::add_section(const QString& title, QWidget* content) {
    auto* column = new QVBoxLayout;
    auto* heading = new QLabel(title);
    QFont font = heading->font();
    font.setBold(true);
    heading->setFont(font);
    column->addSpacing(6);
    column->addWidget(heading);
    column->addWidget(content);
    return column;
}

void ExperimentForm::build_names(QVBoxLayout* column) {
    name_ = new QLineEdit;
    name_->setObjectName(QStringLiteral("experiment_name"));
    name_->setMaxLength(128);
    name_->setAccessibleName(tr("Name of the experiment"));
    description_ = new QLineEdit;
    description_->setPlaceholderText(tr("what it is for"));
    description_->setAccessibleName(tr("Description of the experiment"));
    auto* rows = new QFormLayout;
    rows->addRow(make_label(tr("&name"), name_), name_);
    rows->addRow(make_label(tr("description"), description_), description_);
    column->addLayout(rows);
    connect(name_, &QLineEdit::textEdited, this, [this](const QString& text) {
        draft_.name = text.toStdString();
        write();
    });
    connect(description_, &QLineEdit::textEdited, this, [this](const QString& text) {
        draft_.description = text.toStdString();
        write();
    });
}

void ExperimentForm::build_target(QVBoxLayout* column) {
    target_ = new QComboBox;
    target_->setAccessibleName(tr("Target shown"));
    target_->hide();  // until there are several
    target_knobs_ = new KnobForm("target");
    auto* content = new QWidget;
    auto* rows = new QVBoxLayout(content);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->addWidget(target_);
    rows->addWidget(target_knobs_);
    column->addLayout(add_section(tr("Target"), content));
    connect(target_, &QComboBox::currentIndexChanged, this, &ExperimentForm::show_target);
    connect(target_knobs_, &KnobForm::edited, this, [this](const std::string& knob) {
        const int row = target_->currentIndex();
        if (row >= 0 && take_knob(*target_knobs_, knob, draft_.targets.at(static_cast<std::size_t>(row)).device)) {
            write();
        }
    });
}

void ExperimentForm::build_workload(QVBoxLayout* column) {
    workload_ = new QComboBox;
    workload_->setObjectName(QStringLiteral("workload"));
    workload_->setAccessibleName(tr("Workload shown"));
    auto* add = new QPushButton(tr("Add &workload"));
    auto* menu = new QMenu(add);
    for (const std::string_view kind : workload_kinds) {
        menu->addAction(QString::fromStdString(std::string(kind)), this, [this, kind] {
            add_workload(draft_, kind);
            write();
            show_draft();
            workload_->setCurrentIndex(workload_->count() - 1);
        });
    }
    add->setMenu(menu);
    remove_workload_ = new QPushButton(tr("Remove"));
    remove_workload_->setAccessibleName(tr("Remove the workload shown"));
    auto* content = new QWidget;
    workload_place_ = new QVBoxLayout(content);
    workload_place_->setContentsMargins(0, 0, 0, 0);
    auto* line = new QHBoxLayout;
    line->addWidget(workload_, 1);
    line->addWidget(add);
    line->addWidget(remove_workload_);
    workload_place_->addLayout(line);
    column->addLayout(add_section(tr("Workload"), content));
    connect(workload_, &QComboBox::currentIndexChanged, this, &ExperimentForm::show_workload);
    connect(remove_workload_, &QPushButton::clicked, this, [this] {
        remove_workload(draft_, workload_->currentText().toStdString());
        write();
        show_draft();
    });
}

bool ExperimentForm::is_open() const {
    return body_->isEnabled();
}

void ExperimentForm::add_model_source(const std::string& source) {
    add_model(draft_, source);
    write();
    show_draft();
}

void ExperimentForm::take_over(ExperimentDocument::Origin origin) {
    const bool own = origin == ExperimentDocument::Origin::form;
    if (!own && document_.spec()) {
        draft_ = *document_.spec();
        show_draft();
    }
    body_->setEnabled(own || document_.spec().has_value());
    closed_->setVisible(!body_->isEnabled());
}

void ExperimentForm::show_draft() {
    const auto show_text = [](QLineEdit& line, const std::string& text) {
        if (line.text() != QString::fromStdString(text)) {
            line.setText(QString::fromStdString(text));
            line.setCursorPosition(0);
        }
    };
    show_text(*name_, draft_.name);
    show_text(*description_, draft_.description);
    models_->set_models(draft_.models);
    show_names(*target_, draft_.targets);
    target_->setVisible(draft_.targets.size() > 1);
    show_target();
    show_names(*workload_, draft_.workloads);
    remove_workload_->setEnabled(draft_.workloads.size() > 1);
    show_workload();
    load_knobs_->set_values(knob_values(draft_.load));
    execution_knobs_->set_values(knob_values(draft_.execution));
    sweep_->set_experiment(draft_);
    QStringList seeds;
    for (const std::uint64_t seed : draft_.seeds) {
        seeds << QString::number(seed);
    }
    show_text(*seeds_, seeds.join(QStringLiteral(", ")).toStdString());
    seeds_problem_->hide();
}

void ExperimentForm::show_target() {
    const int row = target_->currentIndex();
    if (row >= 0) {
        target_knobs_->set_values(knob_values(draft_.targets.at(static_cast<std::size_t>(row)).device));
    }
}

void ExperimentForm::show_workload() {
    const int row = workload_->currentIndex();
    if (row < 0) {
        return;
    }
    const Workload& workload = draft_.workloads.at(static_cast<std::size_t>(row)).workload;
    const std::string kind(workload_kind(workload));
    if (!workload_knobs_ || workload_knobs_->section() != kind) {
        if (workload_knobs_) {
            workload_knobs_->hide();
            workload_knobs_->deleteLater();
        }
        workload_knobs_ = new KnobForm(kind);
        workload_place_->addWidget(workload_knobs_);
        connect(workload_knobs_, &KnobForm::edited, this, &ExperimentForm::change_workload_knob);
    }
    std::visit([&](const auto& options) { workload_knobs_->set_values(knob_values(options)); }, workload);
}

void ExperimentForm::change_workload_knob(const std::string& knob) {
    const int row = workload_->currentIndex();
    if (row < 0) {
        return;
    }
    Workload& workload = draft_.workloads.at(static_cast<std::size_t>(row)).workload;
    if (std::visit([&](auto& options) { return take_knob(*workload_knobs_, knob, options); }, workload)) {
        write();
    }
}

void ExperimentForm::change_seeds() {
    std::vector<std::uint64_t> seeds;
    for (const std::string& word : split_list(seeds_->text().toStdString())) {
        bool whole = false;
        seeds.push_back(QString::fromStdString(word).toULongLong(&whole));
        if (!whole) {
            seeds.clear();
            break;
        }
    }
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, ink(palette(), Tint::red));
    seeds_problem_->setPalette(colours);
    seeds_problem_->setText(tr("Seeds are whole numbers from 0, separated by commas."));
    seeds_problem_->setVisible(seeds.empty());
    if (!seeds.empty()) {
        draft_.seeds = seeds;
        write();
    }
}

void ExperimentForm::write() {
    document_.set_spec(draft_);
}

}  // namespace tandem::studio
