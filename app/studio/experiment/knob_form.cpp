#include "app/studio/experiment/knob_form.h"

#include <QFormLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/studio/experiment/form_problems.h"
#include "app/studio/widgets/problem_label.h"
#include "app/studio/widgets/words.h"

namespace tandem::studio {

KnobForm::KnobForm(const std::string& section, QWidget* parent)
    : QWidget(parent), section_(section), more_(new QToolButton(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    auto* layout = new QFormLayout;
    layout->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    layout->setRowWrapPolicy(QFormLayout::DontWrapRows);
    column->addLayout(layout);
    const std::vector<KnobDescription> knobs = knobs_of(section);
    for (const bool common : {true, false}) {
        for (const KnobDescription& knob : knobs) {
            if (is_common_knob(section, knob.name) == common) {
                add_row(layout, knob);
            }
        }
    }
    more_->setCheckable(true);
    more_->setAutoRaise(true);
    more_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    more_->setArrowType(Qt::RightArrow);
    more_->setObjectName(QString::fromStdString("more." + section));
    more_->setAccessibleName(tr("More knobs of %1").arg(QString::fromStdString(section)));
    column->addWidget(more_);
    connect(more_, &QToolButton::toggled, this, &KnobForm::show_rows);
    show_rows();
}

void KnobForm::add_row(QFormLayout* layout, const KnobDescription& knob) {
    QString name = QString::fromStdString(knob.name);
    auto* label = new QLabel(name.replace(QLatin1Char('_'), QLatin1Char(' ')), this);
    label->setMinimumWidth(form_label_width(*label));
    auto* problem = new ProblemLabel(this);
    const KnobEditor editor = make_knob_editor(knob, this, [this, key = knob.name] {
        for (Row& row : rows_) {
            if (row.knob.name == key) {
                row.at_default = false;
            }
        }
        emit edited(key);
    });
    label->setBuddy(editor.widget);
    label->setToolTip(editor.widget->toolTip());
    layout->addRow(label, editor.widget);
    layout->addRow(problem);
    rows_.push_back({.knob = knob, .editor = editor, .label = label, .problem = problem});
}

void KnobForm::set_values(const KnobValues& values) {
    for (Row& row : rows_) {
        const auto found = values.find(row.knob.name);
        if (found == values.end()) {
            continue;
        }
        row.editor.set_words(found->second);
        const bool list = row.knob.type.starts_with("list");
        const std::string value = list                    ? spell_value(found->second)
                                  : found->second.empty() ? std::string()
                                                          : found->second.front();
        row.at_default = value == row.knob.default_value;
        row.refused.clear();
        row.problem->show_problem({});
    }
    show_rows();
}

std::vector<std::string> KnobForm::words(const std::string& knob) const {
    for (const Row& row : rows_) {
        if (row.knob.name == knob) {
            return row.editor.words();
        }
    }
    return {};
}

void KnobForm::show_problem(const std::string& knob, const QString& text) {
    for (Row& row : rows_) {
        if (row.knob.name == knob) {
            row.refused = text;
            row.problem->show_problem(text);
        }
    }
}

void KnobForm::show_found(const std::string& path, const FormProblems& problems) {
    for (Row& row : rows_) {
        const QString found = problems.at(path + "." + row.knob.name);
        row.problem->show_problem(row.refused.isEmpty() ? found : row.refused);
    }
}

bool KnobForm::is_shown(const std::string& knob) const {
    return std::any_of(rows_.begin(), rows_.end(),
                       [&](const Row& row) { return row.knob.name == knob && !row.editor.widget->isHidden(); });
}

void KnobForm::show_rows() {
    int hidden = 0;
    for (Row& row : rows_) {
        const bool always = is_common_knob(section_, row.knob.name) || !row.at_default;
        hidden += always ? 0 : 1;
        row.editor.widget->setVisible(always || more_->isChecked());
        row.label->setVisible(always || more_->isChecked());
    }
    more_->setVisible(hidden > 0);
    more_->setArrowType(more_->isChecked() ? Qt::DownArrow : Qt::RightArrow);
    more_->setText(more_->isChecked() ? tr("Fewer") : tr("%1 more").arg(hidden));
}

}  // namespace tandem::studio
