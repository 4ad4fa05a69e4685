// The plan as a table: what will run, for how long, in how much memory, and why. Thread rule: the window's thread.
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "app/runner/runner.h"

namespace tandem::studio {

class PlanTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;
    enum Column {
        column_action,
        column_model,
        column_target,
        column_workload,
        column_settings,
        column_seed,
        column_time,
        column_memory,
        column_reason,
        column_count
    };

    void set_plan(std::shared_ptr<const PreparedRun> prepared);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const PreparedRun> prepared_;
};

// "12 trials: 8 to run, 4 done before. About 3 min, up to 1.2 GiB of memory."
QString plan_summary(const Plan& plan);

}  // namespace tandem::studio
