#include "app/studio/experiment/experiment_form.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

#include "app/studio/experiment/form_problems.h"
#include "app/studio/experiment/form_rows.h"
#include "app/studio/experiment/model_section.h"
#include "app/studio/experiment/pairing_section.h"
#include "app/studio/experiment/spec_edits.h"
#include "app/studio/experiment/sweep_section.h"
#include "app/studio/experiment/take_knob.h"
#include "app/studio/experiment/workload_section.h"
#include "app/studio/widgets/problem_label.h"

namespace tandem::studio {
ExperimentForm::ExperimentForm(ExperimentDocument& document, QWidget* parent)
    : QScrollArea(parent),
      document_(document),
      body_(new QWidget),
      closed_(new QLabel(tr("The text has a problem. Mend it there, or undo (Ctrl+Z), to use the form again."))),
      models_(new ModelSection),
      pairings_(new PairingSection(draft_)),
      workloads_(new WorkloadSection(draft_)),
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
    column->addLayout(add_section(tr("Pairings"), pairings_));
    build_target(column);
    column->addLayout(add_section(tr("Workload"), workloads_));
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
    seeds_problem_ = new ProblemLabel(rest);
    seeds_row->addRow(make_label(tr("seeds"), seeds_), seeds_);
    seeds_row->addRow(seeds_problem_);
    rest_column->addLayout(seeds_row);
    rest_column->addWidget(execution_knobs_);
    column->addLayout(add_section(tr("Execution"), rest));
    setWidget(page);

    connect(models_, &ModelSection::chosen, this, &ExperimentForm::add_model_source);
    connect(models_, &ModelSection::removed, this, [this](const std::string& name) {
        remove_model(draft_, name);
        write_and_show();
    });
    connect(models_, &ModelSection::renamed, this, [this](const std::string& name, const std::string& fresh) {
        rename_model(draft_, name, fresh);
        write_and_show();
    });
    connect(pairings_, &PairingSection::edited, this, &ExperimentForm::write);
    connect(pairings_, &PairingSection::restructured, this, &ExperimentForm::write_and_show);
    connect(workloads_, &WorkloadSection::edited, this, &ExperimentForm::write);
    connect(workloads_, &WorkloadSection::restructured, this, &ExperimentForm::write_and_show);
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

bool ExperimentForm::is_open() const {
    return body_->isEnabled();
}

void ExperimentForm::add_model_source(const std::string& source) {
    add_model(draft_, source);
    write_and_show();
    models_->choose_last();
}

void ExperimentForm::take_over(ExperimentDocument::Origin origin) {
    const bool own = origin == ExperimentDocument::Origin::form;
    if (!own && document_.spec()) {
        draft_ = *document_.spec();
        show_draft();
    }
    body_->setEnabled(own || document_.spec().has_value());
    closed_->setVisible(!body_->isEnabled());
    show_problems();
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
    pairings_->show_draft();
    show_names(*target_, draft_.targets);
    target_->setVisible(draft_.targets.size() > 1);
    show_target();
    workloads_->show_draft();
    load_knobs_->set_values(knob_values(draft_.load));
    execution_knobs_->set_values(knob_values(draft_.execution));
    sweep_->set_experiment(draft_);
    QStringList seeds;
    for (const std::uint64_t seed : draft_.seeds) {
        seeds << QString::number(seed);
    }
    show_text(*seeds_, seeds.join(QStringLiteral(", ")).toStdString());
    seeds_problem_->show_problem({});
}

void ExperimentForm::show_target() {
    const int row = target_->currentIndex();
    if (row >= 0) {
        target_knobs_->set_values(knob_values(draft_.targets.at(static_cast<std::size_t>(row)).device));
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
    seeds_problem_->show_problem(seeds.empty() ? tr("Seeds are whole numbers from 0, separated by commas.")
                                               : QString());
    if (!seeds.empty()) {
        draft_.seeds = seeds;
        write();
    }
}

// What the reader says of the text, at the fields that say it.
void ExperimentForm::show_problems() {
    FormProblems problems;
    if (document_.error()) {
        problems = FormProblems(problem_lines(*document_.error(), document_.file_name()));
    }
    pairings_->show_problems(problems);
    workloads_->show_problems(problems);
}

void ExperimentForm::write() {
    document_.set_spec(draft_);
}

void ExperimentForm::write_and_show() {
    write();
    show_draft();
}

}  // namespace tandem::studio
