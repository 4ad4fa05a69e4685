#include "app/studio/training/preview_table_model.h"

#include <algorithm>

namespace tandem::studio {
namespace {

constexpr int longest_cell = 200;  // characters; the whole text is shown below

QString cell(const std::string& text) {
    // Cut before the conversion: an answer may be long. Half a character at the cut is not shown.
    constexpr std::size_t most_bytes = 4 * static_cast<std::size_t>(longest_cell);
    return QString::fromUtf8(text.data(), static_cast<int>(std::min(text.size(), most_bytes)))
        .left(longest_cell)
        .simplified();
}

}  // namespace

void PreviewTableModel::set_history(const TrainingHistory& history) {
    beginResetModel();
    rows_.clear();
    rows_.reserve(history.previews().size());
    for (const TrainingPreview& preview : history.previews()) {
        rows_.push_back({.preview = preview, .pair = history.pair(preview.example)});
    }
    std::stable_sort(rows_.begin(), rows_.end(),
                     [](const Row& a, const Row& b) { return a.preview.step > b.preview.step; });
    endResetModel();
}

int PreviewTableModel::row_of(std::int64_t step, std::int64_t example) const {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
        return row.preview.step == step && row.preview.example == example;
    });
    return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

int PreviewTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int PreviewTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : column_count;
}

QVariant PreviewTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) {
        return {};
    }
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole) {
        return QVariant::fromValue(
            Qt::Alignment((index.column() == column_step ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (index.column()) {
        case column_step:
            return QString::number(row.preview.step);
        case column_source:
            return cell(row.pair.source);
        case column_target:
            return cell(row.pair.target);
        case column_output:
            return cell(row.preview.answer);
        default:
            return {};
    }
}

QVariant PreviewTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    }
    static const char* const titles[column_count] = {QT_TR_NOOP("step"), QT_TR_NOOP("source"), QT_TR_NOOP("target"),
                                                     QT_TR_NOOP("output")};
    return section >= 0 && section < column_count ? tr(titles[section]) : QString();
}

}  // namespace tandem::studio
