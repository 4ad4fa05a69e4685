#include "app/studio/experiment/workload_section.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/studio/experiment/form_rows.h"
#include "app/studio/experiment/pairing_choice.h"
#include "app/studio/experiment/spec_edits.h"
#include "app/studio/experiment/take_knob.h"
#include "app/studio/widgets/name_field.h"
#include "app/studio/widgets/problem_label.h"

namespace tandem::studio {

WorkloadSection::WorkloadSection(ExperimentSpec& draft, QWidget* parent)
    : QWidget(parent),
      draft_(draft),
      box_(new QComboBox(this)),
      remove_(new QPushButton(tr("Remove"), this)),
      fields_(new QWidget(this)),
      name_(new NameField(QStringLiteral("workload_name"), Dots::refused)),
      pairings_(new PairingChoice),
      knob_place_(new QVBoxLayout),
      problem_(new ProblemLabel(fields_)) {
    box_->setObjectName(QStringLiteral("workload"));
    box_->setAccessibleName(tr("Workload shown"));
    auto* add_button = new QPushButton(tr("Add &workload"), this);
    add_button->setObjectName(QStringLiteral("add_workload"));
    auto* menu = new QMenu(add_button);
    for (const std::string_view kind : workload_kinds) {
        menu->addAction(QString::fromStdString(std::string(kind)), this, [this, kind] { add(kind); });
    }
    add_button->setMenu(menu);
    remove_->setObjectName(QStringLiteral("remove_workload"));
    remove_->setAccessibleName(tr("Remove the workload shown"));

    auto* line = new QHBoxLayout;
    line->addWidget(box_, 1);
    line->addWidget(add_button);
    line->addWidget(remove_);
    auto* rows = new QFormLayout;
    name_->line()->setAccessibleName(tr("Name of the workload"));
    rows->addRow(make_label(tr("name"), name_->line()), name_);
    rows->addRow(make_label(tr("pairings"), pairings_), pairings_);
    auto* fields = new QVBoxLayout(fields_);
    fields->setContentsMargins(0, 0, 0, 0);
    fields->addLayout(rows);
    fields->addLayout(knob_place_);
    fields->addWidget(problem_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(line);
    column->addWidget(fields_);

    connect(box_, &QComboBox::currentIndexChanged, this, &WorkloadSection::show_workload);
    connect(remove_, &QPushButton::clicked, this, &WorkloadSection::remove);
    connect(name_, &NameField::renamed, this, &WorkloadSection::rename);
    connect(pairings_, &PairingChoice::chosen, this, &WorkloadSection::take_pairings);
}

void WorkloadSection::show_draft() {
    show_names(*box_, draft_.workloads);
    remove_->setEnabled(draft_.workloads.size() > 1);
    show_workload();
}

WorkloadSpec* WorkloadSection::workload() {
    const int row = box_->currentIndex();
    const bool there = row >= 0 && row < static_cast<int>(draft_.workloads.size());
    return there ? &draft_.workloads[static_cast<std::size_t>(row)] : nullptr;
}

void WorkloadSection::show_workload() {
    const WorkloadSpec* shown = workload();
    fields_->setVisible(shown != nullptr);
    if (!shown) {
        return;
    }
    name_->set_name(shown->name, other_names(draft_.workloads, shown->name));
    pairings_->show_workload(*shown, draft_.pairings);
    const std::string kind(workload_kind(shown->workload));
    if (!knobs_ || knobs_->section() != kind) {
        if (knobs_) {
            knobs_->hide();
            knobs_->deleteLater();
        }
        knobs_ = new KnobForm(kind);
        knob_place_->addWidget(knobs_);
        connect(knobs_, &KnobForm::edited, this, &WorkloadSection::take_knob_of);
    }
    std::visit([&](const auto& options) { knobs_->set_values(knob_values(options)); }, shown->workload);
    mark_problems();
}

void WorkloadSection::show_problems(FormProblems problems) {
    problems_ = std::move(problems);
    mark_problems();
}

void WorkloadSection::mark_problems() {
    if (const WorkloadSpec* shown = workload()) {
        const std::string path = "workloads." + shown->name;
        pairings_->show_problem(problems_.at(path + ".pairings"));
        knobs_->show_found(path, problems_);
        problem_->show_problem(problems_.at(path));
    }
}

void WorkloadSection::add(std::string_view kind) {
    add_workload(draft_, kind);
    emit restructured();
    box_->setCurrentIndex(box_->count() - 1);
}

void WorkloadSection::remove() {
    remove_workload(draft_, box_->currentText().toStdString());
    emit restructured();
}

void WorkloadSection::rename(const std::string& name) {
    const int row = box_->currentIndex();
    rename_workload(draft_, workload()->name, name);
    const QSignalBlocker quiet(box_);
    box_->setItemText(row, QString::fromStdString(name));
    emit restructured();
}

void WorkloadSection::take_pairings(const std::vector<std::string>& pairings) {
    if (WorkloadSpec* shown = workload()) {
        shown->pairings = pairings;
        emit edited();
    }
}

void WorkloadSection::take_knob_of(const std::string& knob) {
    WorkloadSpec* shown = workload();
    if (shown && std::visit([&](auto& options) { return take_knob(*knobs_, knob, options); }, shown->workload)) {
        emit edited();
    }
}

}  // namespace tandem::studio
