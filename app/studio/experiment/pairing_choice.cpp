#include "app/studio/experiment/pairing_choice.h"

#include <QCheckBox>
#include <QListWidget>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "app/studio/widgets/problem_label.h"
#include "experiments/spec/pairing_knobs.h"

namespace tandem::studio {

PairingChoice::PairingChoice(QWidget* parent)
    : QWidget(parent),
      all_(new QCheckBox(tr("all that can run it"), this)),
      list_(new QListWidget(this)),
      problem_(new ProblemLabel(this)) {
    all_->setObjectName(QStringLiteral("all_pairings"));
    all_->setAccessibleName(tr("Run with all pairings that can run this workload"));
    list_->setObjectName(QStringLiteral("workload_pairings"));
    list_->setAccessibleName(tr("Pairings that this workload is run with"));
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setTextElideMode(Qt::ElideMiddle);
    setFocusProxy(all_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(all_);
    column->addWidget(list_);
    column->addWidget(problem_);
    connect(all_, &QCheckBox::toggled, this, &PairingChoice::take_all);
    connect(list_, &QListWidget::itemChanged, this, &PairingChoice::take_item);
}

void PairingChoice::show_workload(const WorkloadSpec& workload, const std::vector<PairingSpec>& pairings) {
    const QSignalBlocker quiet(list_);
    const QSignalBlocker quiet_all(all_);
    order_ = workload.pairings;
    refused_ = false;
    all_->setChecked(order_.empty());
    list_->clear();
    const QString kind = QString::fromStdString(std::string(workload_kind(workload.workload)));
    for (const PairingSpec& pairing : pairings) {
        const bool named = std::find(order_.begin(), order_.end(), pairing.name) != order_.end();
        const bool able = can_run(pairing.method, workload.workload);
        auto* item = new QListWidgetItem(QString::fromStdString(pairing.name), list_);
        item->setFlags(named || able ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable
                                     : Qt::NoItemFlags);
        item->setCheckState(named || (able && order_.empty()) ? Qt::Checked : Qt::Unchecked);
        item->setToolTip(able ? QString()
                              : tr("Kind %1 does not run with method %2")
                                    .arg(kind, QString::fromStdString(std::string(enum_name(pairing.method)))));
    }
    problem_->show_problem({});
    fit_list();
}

void PairingChoice::show_problem(const QString& found) {
    if (!refused_) {
        problem_->show_problem(found);
    }
}

void PairingChoice::fit_list() {
    constexpr int most_lines = 6;
    list_->setVisible(!all_->isChecked());
    list_->setFixedHeight((list_->fontMetrics().lineSpacing() + 4) * std::clamp(list_->count(), 2, most_lines) + 8);
}

QStringList PairingChoice::ticked() const {
    QStringList names;
    for (int i = 0; i < list_->count(); ++i) {
        if (list_->item(i)->checkState() == Qt::Checked) {
            names << list_->item(i)->text();
        }
    }
    return names;
}

void PairingChoice::take_all(bool all) {
    fit_list();
    if (!all) {
        return take_item();
    }
    order_.clear();
    refused_ = false;
    problem_->show_problem({});
    emit chosen({});
}

// Names keep the order that they had; new ones come behind.
void PairingChoice::take_item() {
    const QStringList names = ticked();
    refused_ = names.isEmpty();
    problem_->show_problem(refused_ ? tr("Tick one at least, or all that can run it.") : QString());
    if (refused_) {
        return;
    }
    std::erase_if(order_, [&](const std::string& name) { return !names.contains(QString::fromStdString(name)); });
    for (const QString& name : names) {
        if (std::find(order_.begin(), order_.end(), name.toStdString()) == order_.end()) {
            order_.push_back(name.toStdString());
        }
    }
    emit chosen(order_);
}

}  // namespace tandem::studio
