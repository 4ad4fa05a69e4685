#include "app/studio/experiment/plan_table_model.h"

#include <algorithm>

#include "app/studio/widgets/words.h"
#include "experiments/plan/estimate.h"

namespace tandem::studio {

void PlanTableModel::set_plan(std::shared_ptr<const PreparedRun> prepared) {
    beginResetModel();
    prepared_ = std::move(prepared);
    endResetModel();
}

int PlanTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !prepared_ ? 0 : static_cast<int>(prepared_->plan.trials.size());
}

int PlanTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : column_count;
}

QVariant PlanTableModel::data(const QModelIndex& index, int role) const {
    if (!prepared_ || !index.isValid() || index.row() >= rowCount()) {
        return {};
    }
    const Trial& trial = prepared_->plan.trials[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole) {
        const bool number =
            index.column() == column_time || index.column() == column_memory || index.column() == column_seed;
        return QVariant::fromValue(Qt::Alignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    }
    if (role == Qt::ToolTipRole) {
        return tr("Trial %1").arg(QString::fromStdString(trial.id.substr(0, 12)));
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    const bool runs = trial.action == TrialAction::run;
    switch (index.column()) {
        case column_action:
            return runs ? tr("run") : tr("skip");
        case column_model:
            return QString::fromStdString(trial.partner.empty() ? trial.model : trial.model + " + " + trial.partner);
        case column_target:
            return QString::fromStdString(trial.target);
        case column_workload:
            return QString::fromStdString(trial.workload);
        case column_settings:
            return show_settings(trial.settings);
        case column_seed:
            return QString::number(trial.seed);
        case column_time:
            return runs ? show_duration(trial.estimate.seconds) : QString();
        case column_memory:
            return QString::fromStdString(show_bytes(trial.estimate.memory_bytes));
        case column_reason:
            return QString::fromStdString(trial.reason);
        default:
            return {};
    }
}

QVariant PlanTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    }
    static const char* const titles[column_count] = {
        QT_TR_NOOP("action"), QT_TR_NOOP("model"), QT_TR_NOOP("target"), QT_TR_NOOP("workload"), QT_TR_NOOP("settings"),
        QT_TR_NOOP("seed"),   QT_TR_NOOP("time"),  QT_TR_NOOP("memory"), QT_TR_NOOP("reason")};
    return section >= 0 && section < column_count ? tr(titles[section]) : QString();
}

QString plan_summary(const Plan& plan) {
    const auto runs = std::count_if(plan.trials.begin(), plan.trials.end(),
                                    [](const Trial& trial) { return trial.action == TrialAction::run; });
    const auto total = static_cast<std::ptrdiff_t>(plan.trials.size());
    QString text = QObject::tr("%1 %2: %3 to run")
                       .arg(total)
                       .arg(total == 1 ? QObject::tr("trial") : QObject::tr("trials"))
                       .arg(runs);
    if (runs < total) {
        text += QObject::tr(", %1 done before").arg(total - runs);
    }
    if (plan.duplicates > 0) {
        text += QObject::tr(", %1 duplicates merged").arg(plan.duplicates);
    }
    if (runs > 0) {
        text += QObject::tr(". About %1, up to %2 of memory%3")
                    .arg(show_duration(plan.total_to_run.seconds),
                         QString::fromStdString(show_bytes(plan.total_to_run.memory_bytes)),
                         plan.total_to_run.measured ? QObject::tr(" (measured before)") : QObject::tr(" (estimated)"));
    }
    return text + QLatin1Char('.');
}

}  // namespace tandem::studio
