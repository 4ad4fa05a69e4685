#include "app/studio/run/run_table_model.h"

#include <cmath>

#include "app/studio/widgets/words.h"

namespace tandem::studio {
namespace {

bool is_final(TrialState state) {
    return state != TrialState::queued && state != TrialState::running;
}

// Pairings of the same model are told apart by their names.
QString model_text(const Trial& trial) {
    const QString model = QString::fromStdString(trial.model);
    return trial.pairing == trial.model ? model : QString::fromStdString(trial.pairing) + QStringLiteral(": ") + model;
}

}  // namespace

void RunTableModel::set_plan(const Plan& plan) {
    beginResetModel();
    rows_.clear();
    by_id_.clear();
    finished_ = 0;
    for (const Trial& trial : plan.trials) {
        Row row{.id = trial.id,
                .model = model_text(trial),
                .workload = QString::fromStdString(trial.workload),
                .settings = show_settings(trial.settings),
                .skipped = trial.action == TrialAction::skip,
                .news = {}};
        if (row.skipped) {
            row.news.what = trial.reason;
            row.news.fraction = 1;
            ++finished_;
        }
        by_id_[trial.id] = static_cast<int>(rows_.size());
        rows_.push_back(std::move(row));
    }
    endResetModel();
}

void RunTableModel::apply(const LiveBatch& batch) {
    for (const auto& [id, news] : batch.trials) {
        const int row = row_of(id);
        if (row < 0) {
            continue;
        }
        Row& known = rows_[static_cast<std::size_t>(row)];
        finished_ += (is_final(news.state) ? 1 : 0) - (is_final(known.news.state) ? 1 : 0);
        known.news = news;
        emit dataChanged(index(row, 0), index(row, column_count - 1));
    }
}

int RunTableModel::row_of(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? -1 : found->second;
}

std::string RunTableModel::id_of(int row) const {
    return row >= 0 && row < rowCount() ? rows_[static_cast<std::size_t>(row)].id : std::string();
}

int RunTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int RunTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : column_count;
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) {
        return {};
    }
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return text(row, index.column());
        case Qt::ToolTipRole:
            return row.news.error.empty() ? QVariant() : QString::fromStdString(row.news.error);
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(
                Qt::Alignment((index.column() == column_rate ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
        case progress_role:
            return row.news.fraction;
        case state_role:
            return static_cast<int>(row.news.state);
        default:
            return {};
    }
}

QVariant RunTableModel::text(const Row& row, int column) const {
    switch (column) {
        case column_state:
            return row.skipped ? tr("done before") : QString::fromStdString(std::string(enum_name(row.news.state)));
        case column_model:
            return row.model;
        case column_workload:
            return row.workload;
        case column_settings:
            return row.settings;
        case column_progress:
            return tr("%1 %").arg(std::lround(row.news.fraction * 100));
        case column_rate:
            return row.news.tokens_per_second > 0 ? QString::number(row.news.tokens_per_second, 'f', 1) : QString();
        case column_note:
            return QString::fromStdString(row.news.what);
        default:
            return {};
    }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    }
    static const char* const titles[column_count] = {
        QT_TR_NOOP("state"),    QT_TR_NOOP("model"),    QT_TR_NOOP("workload"), QT_TR_NOOP("settings"),
        QT_TR_NOOP("progress"), QT_TR_NOOP("tokens/s"), QT_TR_NOOP("now")};
    return section >= 0 && section < column_count ? tr(titles[section]) : QString();
}

}  // namespace tandem::studio
