#include "app/studio/results/trial_table_view.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <algorithm>
#include <numeric>

#include "app/studio/results/trial_table_model.h"

namespace tandem::studio {
namespace {

constexpr int rows_measured = 60;  // for column widths; more would read the whole table
constexpr int widest_column = 320;

}  // namespace

TrialTableView::TrialTableView(QWidget* parent) : QTableView(parent) {
    setObjectName(QStringLiteral("results_table"));
    setAccessibleName(tr("Results, a trial a row"));
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setAlternatingRowColors(true);
    setWordWrap(false);
    setSortingEnabled(true);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setSectionsMovable(true);
    horizontalHeader()->setSortIndicatorClearable(true);
    horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    horizontalHeader()->setResizeContentsPrecision(rows_measured);
    horizontalHeader()->setHighlightSections(false);
    setMinimumHeight(110);
}

std::vector<std::string> TrialTableView::selected_ids() const {
    QModelIndexList rows = selectionModel() ? selectionModel()->selectedRows() : QModelIndexList();
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.row() < b.row(); });
    std::vector<std::string> ids;
    for (const QModelIndex& row : rows) {
        ids.push_back(row.data(TrialTableModel::id_role).toString().toStdString());
    }
    return ids;
}

std::string TrialTableView::current_id() const {
    return currentIndex().data(TrialTableModel::id_role).toString().toStdString();
}

QString TrialTableView::as_text() const {
    QList<int> rows;
    for (const QModelIndex& index : selectionModel()->selectedRows()) {
        rows << index.row();
    }
    std::sort(rows.begin(), rows.end());
    if (rows.isEmpty()) {
        rows.resize(model()->rowCount());
        std::iota(rows.begin(), rows.end(), 0);
    }
    QStringList lines;
    QStringList header;
    for (int column = 0; column < model()->columnCount(); ++column) {
        header << model()->headerData(column, Qt::Horizontal).toString();
    }
    lines << header.join(QLatin1Char('\t'));
    for (const int row : rows) {
        QStringList cells;
        for (int column = 0; column < model()->columnCount(); ++column) {
            cells << model()->index(row, column).data().toString();
        }
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

void TrialTableView::fit_columns() {
    resizeColumnsToContents();
    for (int column = 0; model() && column < model()->columnCount(); ++column) {
        setColumnWidth(column, std::min(columnWidth(column) + 8, widest_column));
    }
}

void TrialTableView::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        QGuiApplication::clipboard()->setText(as_text());
        return;
    }
    QTableView::keyPressEvent(event);
}

}  // namespace tandem::studio
