// The trials of the running batch with state, progress and live speed. Thread rule: the window's thread.
#pragma once

#include <QAbstractTableModel>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/studio/run/live_feed.h"

namespace tandem::studio {

class RunTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;
    enum Column {
        column_state,
        column_model,
        column_workload,
        column_settings,
        column_progress,
        column_rate,
        column_note,
        column_count
    };
    enum Role { progress_role = Qt::UserRole + 1, state_role };

    void set_plan(const Plan& plan);
    // Tells views only of the rows with news.
    void apply(const LiveBatch& batch);
    // Done, failed, cancelled or skipped, for the bar of the whole batch.
    int finished() const { return finished_; }
    int row_of(const std::string& id) const;
    std::string id_of(int row) const;  // empty: no such row

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        std::string id;
        QString model, workload, settings;
        bool skipped = false;
        TrialNews news;
    };
    QVariant text(const Row& row, int column) const;

    std::vector<Row> rows_;
    std::unordered_map<std::string, int> by_id_;
    int finished_ = 0;
};

}  // namespace tandem::studio
