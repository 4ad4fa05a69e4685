#include "app/studio/results/trial_table_model.h"

#include <QApplication>
#include <QFont>
#include <algorithm>

#include "app/report/metric_format.h"
#include "app/studio/widgets/appearance.h"
#include "db/queries/filters.h"

namespace tandem::studio {
namespace {

QString text_of(const std::string& text) {
    return QString::fromStdString(text);
}

// Every value of a summary that a cell has no room for.
QString metric_help(const MetricSummary& metric) {
    const report::MetricInfo info = report::metric_info(metric.name);
    QString help = text_of(info.label);
    if (!info.definition.empty()) {
        help += QLatin1Char('\n') + text_of(info.definition);
    }
    const auto line = [&](const char* name, const std::optional<double>& value) {
        if (value) {
            help += QLatin1Char('\n') + QLatin1String(name) + QLatin1Char(' ') +
                    text_of(report::format_value(*value, info.quantity));
        }
    };
    help += QObject::tr("\n%1 samples").arg(metric.n);
    line("mean", metric.mean);
    line("95 % from", metric.ci95_low);
    line("95 % to", metric.ci95_high);
    line("p50", metric.p50);
    line("p90", metric.p90);
    line("min", metric.min);
    line("max", metric.max);
    return help;
}

}  // namespace

void TrialTableModel::set_trials(const std::vector<TrialRow>& trials) {
    beginResetModel();
    rows_ = report::result_rows(trials, report::Seeds::apart);
    table_ = report::make_table(rows_);
    endResetModel();
}

int TrialTableModel::column_of(const std::string& key) const {
    const auto found = std::find_if(table_.columns.begin(), table_.columns.end(),
                                    [&](const report::TableColumn& column) { return column.key == key; });
    return found == table_.columns.end() ? -1 : static_cast<int>(found - table_.columns.begin());
}

QString TrialTableModel::shared_text() const {
    QStringList words;
    for (const auto& [heading, value] : table_.shared) {
        words << text_of(heading) + QLatin1Char(' ') + text_of(value);
    }
    return words.join(QStringLiteral(", "));
}

int TrialTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int TrialTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(table_.columns.size());
}

QVariant TrialTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount()) {
        return {};
    }
    const report::TableCell& cell =
        table_.rows[static_cast<std::size_t>(index.row())][static_cast<std::size_t>(index.column())];
    const report::TableColumn& column = table_.columns[static_cast<std::size_t>(index.column())];
    switch (role) {
        case Qt::DisplayRole:
            return text_of(cell.text);
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(
                Qt::Alignment((column.number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter));
        case Qt::ForegroundRole: {
            const QPalette palette = QApplication::palette();
            return cell.tone == report::Tone::failed  ? QVariant(ink(palette, Tint::red))
                   : cell.tone == report::Tone::quiet ? QVariant(palette.color(QPalette::PlaceholderText))
                                                      : QVariant();
        }
        case Qt::FontRole: {
            QFont font;
            font.setBold(cell.tone == report::Tone::best);
            return cell.tone == report::Tone::best ? QVariant(font) : QVariant();
        }
        case Qt::ToolTipRole:
            return help(index);
        case sort_role:
            return sort_value(index);
        case id_role:
            return text_of(rows_[static_cast<std::size_t>(index.row())].trial.id);
        default:
            return {};
    }
}

QVariant TrialTableModel::sort_value(const QModelIndex& index) const {
    const report::TableCell& cell =
        table_.rows[static_cast<std::size_t>(index.row())][static_cast<std::size_t>(index.column())];
    const QString text = text_of(cell.order.empty() ? cell.text : cell.order);
    bool is_number = false;
    const double number = text.toDouble(&is_number);
    return is_number ? QVariant(number) : text.isEmpty() ? QVariant() : QVariant(text);
}

QString TrialTableModel::help(const QModelIndex& index) const {
    const TrialRow& trial = rows_[static_cast<std::size_t>(index.row())].trial;
    const report::TableColumn& column = table_.columns[static_cast<std::size_t>(index.column())];
    if (column.metric) {
        const auto metric = trial.metrics.find(column.key);
        return metric == trial.metrics.end() ? tr("Not measured in this trial") : metric_help(metric->second);
    }
    if (!trial.error_code.empty()) {
        return text_of(trial.error_code) + QStringLiteral(": ") + text_of(trial.error_message);
    }
    return tr("Trial %1").arg(text_of(trial.id.substr(0, 12)));
}

QVariant TrialTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
        return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    }
    const report::TableColumn& column = table_.columns[static_cast<std::size_t>(section)];
    if (role == Qt::DisplayRole) {
        return text_of(column.heading + (column.unit.empty() ? "" : " (" + column.unit + ")"));
    }
    if (role == Qt::ToolTipRole) {
        return text_of(column.metric ? report::metric_info(column.key).definition : column.key);
    }
    return {};
}

TrialFilterProxy::TrialFilterProxy(QObject* parent) : QSortFilterProxyModel(parent) {
    setSortRole(TrialTableModel::sort_role);
}

Result<void> TrialFilterProxy::set_filter(const QString& text) {
    const bool has_operator = text.contains(QLatin1Char('=')) || text.contains(QLatin1Char('~')) ||
                              text.contains(QLatin1Char('<')) || text.contains(QLatin1Char('>'));
    std::vector<Filter> conditions;
    if (has_operator) {
        conditions = TANDEM_TRY(parse_filters(text.trimmed().toStdString()));
    }
    conditions_ = std::move(conditions);
    words_ = has_operator ? QStringList() : text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    invalidateFilter();
    return {};
}

bool TrialFilterProxy::filterAcceptsRow(int source_row, const QModelIndex&) const {
    const auto* trials = qobject_cast<const TrialTableModel*>(sourceModel());
    if (!trials) {
        return true;
    }
    const bool meets = std::all_of(conditions_.begin(), conditions_.end(), [&](const Filter& condition) {
        return db::matches(trials->row(source_row).trial, condition);
    });
    return meets && std::all_of(words_.begin(), words_.end(), [&](const QString& word) {
               for (int column = 0; column < trials->columnCount(); ++column) {
                   const QString shown = trials->data(trials->index(source_row, column), Qt::DisplayRole).toString();
                   if (shown.contains(word, Qt::CaseInsensitive)) {
                       return true;
                   }
               }
               return false;
           });
}

bool TrialFilterProxy::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    const QVariant a = left.data(sortRole());
    const QVariant b = right.data(sortRole());
    if (!a.isValid() || !b.isValid()) {
        const bool ascending = sortOrder() == Qt::AscendingOrder;
        return ascending ? a.isValid() && !b.isValid() : !a.isValid() && b.isValid();
    }
    if (a.metaType().id() == QMetaType::Double && b.metaType().id() == QMetaType::Double) {
        return a.toDouble() < b.toDouble();
    }
    return QString::localeAwareCompare(a.toString(), b.toString()) < 0;
}

}  // namespace tandem::studio
