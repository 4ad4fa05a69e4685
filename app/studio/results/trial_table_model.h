// Trials as a table: the columns, units and digits of app/report, so that a window and a terminal say the same.
// Thread rule: the window's thread.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <optional>
#include <string>
#include <vector>

#include "app/report/result_table.h"
#include "db/queries/queries.h"

namespace tandem::studio {

class TrialTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;
    enum Role { sort_role = Qt::UserRole + 1, id_role };  // sort_role: a number, text, or nothing where absent

    void set_trials(const std::vector<TrialRow>& trials);
    const report::ResultRow& row(int index) const { return rows_[static_cast<std::size_t>(index)]; }
    const std::vector<report::ResultRow>& rows() const { return rows_; }
    const report::ResultTable& table() const { return table_; }
    int column_of(const std::string& key) const;  // -1: none
    // "model smollm2, target here": what all rows have in common.
    QString shared_text() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QVariant sort_value(const QModelIndex& index) const;
    QString help(const QModelIndex& index) const;

    std::vector<report::ResultRow> rows_;
    report::ResultTable table_;
};

// Sorts numbers as numbers with absent values last in either direction; filters by words that a row shows, or by the
// conditions of `tandem results --where`, as in "state=done,dtype~int".
class TrialFilterProxy : public QSortFilterProxyModel {
    Q_OBJECT
public:
    explicit TrialFilterProxy(QObject* parent = nullptr);
    // QUERY_FILTER where a condition cannot be read; the rows stay as they are then.
    Result<void> set_filter(const QString& text);

protected:
    bool filterAcceptsRow(int source_row, const QModelIndex& source_parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    QStringList words_;
    std::vector<Filter> conditions_;
};

}  // namespace tandem::studio
