#include "app/studio/experiment/sweep_section.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/studio/widgets/wheel_guard.h"
#include "experiments/spec/sweep_path.h"

namespace tandem::studio {

SweepSection::SweepSection(QWidget* parent) : QWidget(parent), lines_(new QVBoxLayout), rest_(new QLabel(this)) {
    auto* add = new QPushButton(tr("&Vary a knob"), this);
    add->setObjectName(QStringLiteral("add_sweep"));
    add->setToolTip(tr("Every combination of the values becomes a trial"));
    rest_->setWordWrap(true);
    rest_->setForegroundRole(QPalette::PlaceholderText);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(lines_);
    column->addWidget(rest_);
    column->addWidget(add, 0, Qt::AlignLeft);
    connect(add, &QPushButton::clicked, this, [this] {
        add_row({paths_.empty() ? std::string() : paths_.front(), {}});
        rows_.back().path->setFocus();
    });
}

void SweepSection::set_experiment(const ExperimentSpec& spec) {
    paths_ = sweepable_paths(spec);
    while (!rows_.empty()) {
        delete rows_.back().line;
        rows_.pop_back();
    }
    for (const SweepRow& row : grid_rows(spec)) {
        add_row(row);
    }
    QStringList rest;
    for (const SweepGroup& group : spec.sweep) {
        if (group.axes.size() > 1) {
            QStringList paths;
            for (const SweepAxis& axis : group.axes) {
                paths << QString::fromStdString(axis.path);
            }
            rest << tr("%1 vary together over %2 values")
                        .arg(paths.join(tr(" and ")))
                        .arg(group.axes.front().values.size());
        }
    }
    if (!spec.exclude.empty()) {
        rest << tr("%n combination(s) left out", nullptr, static_cast<int>(spec.exclude.size()));
    }
    rest_->setText(rest.isEmpty() ? QString() : rest.join(QStringLiteral("; ")) + tr(" (edit these in the text)"));
    rest_->setVisible(!rest.isEmpty());
}

std::vector<SweepRow> SweepSection::rows() const {
    std::vector<SweepRow> rows;
    for (const Row& row : rows_) {
        rows.push_back({row.path->currentText().toStdString(), row.values->text().toStdString()});
    }
    return rows;
}

void SweepSection::add_row(const SweepRow& row) {
    auto* line = new QWidget(this);
    auto* path = new QComboBox(line);
    for (const std::string& known : paths_) {
        path->addItem(QString::fromStdString(known));
    }
    if (path->findText(QString::fromStdString(row.path)) < 0) {
        path->addItem(QString::fromStdString(row.path));
    }
    path->setCurrentText(QString::fromStdString(row.path));
    path->setAccessibleName(tr("Knob that varies"));
    path->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    path->setMinimumContentsLength(14);
    path->setToolTip(path->currentText());
    WheelGuard::protect(path);
    auto* values = new QLineEdit(QString::fromStdString(row.values), line);
    values->setPlaceholderText(tr("values, as in 64, 256"));
    values->setAccessibleName(tr("Values of the knob, separated by commas"));
    auto* remove = new QToolButton(line);
    remove->setText(QStringLiteral("\u2715"));
    remove->setAutoRaise(true);
    remove->setToolTip(tr("Do not vary this knob"));
    remove->setAccessibleName(remove->toolTip());
    auto* layout = new QHBoxLayout(line);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(path, 3);
    layout->addWidget(values, 2);
    layout->addWidget(remove);
    lines_->addWidget(line);
    rows_.push_back({line, path, values});
    connect(path, &QComboBox::currentTextChanged, this, [this, path](const QString& text) {
        path->setToolTip(text);
        emit edited();
    });
    connect(values, &QLineEdit::textEdited, this, &SweepSection::edited);
    connect(remove, &QToolButton::clicked, this, [this, line] { remove_row(line); });
}

void SweepSection::remove_row(QWidget* line) {
    std::erase_if(rows_, [&](const Row& row) { return row.line == line; });
    line->hide();
    line->deleteLater();
    emit edited();
}

}  // namespace tandem::studio
