// The sample outputs of a training, the newest first: step, source, target, output. Thread rule: the window's thread.
#pragma once

#include <QAbstractTableModel>
#include <optional>
#include <vector>

#include "app/studio/training/training_history.h"

namespace tandem::studio {

class PreviewTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;
    enum Column { column_step, column_source, column_target, column_output, column_count };

    struct Row {
        TrainingPreview preview;
        PreviewedPair pair;
    };
    void set_history(const TrainingHistory& history);
    const Row& row(int number) const { return rows_[static_cast<std::size_t>(number)]; }
    // -1: there is none.
    int row_of(std::int64_t step, std::int64_t example) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<Row> rows_;
};

}  // namespace tandem::studio
