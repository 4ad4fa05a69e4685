#include "app/studio/training/preview_list.h"

#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "app/studio/training/preview_table_model.h"

namespace tandem::studio {

PreviewList::PreviewList(QWidget* parent)
    : QWidget(parent),
      model_(new PreviewTableModel(this)),
      title_(new QLabel(tr("Sa&mple outputs"))),
      table_(new QTableView),
      text_(new QPlainTextEdit) {
    table_->setObjectName(QStringLiteral("preview_table"));
    table_->setAccessibleName(tr("Sample outputs by step, the newest first"));
    table_->setModel(model_);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setAlternatingRowColors(true);
    table_->setWordWrap(false);
    table_->setTabKeyNavigation(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(table_->fontMetrics().height() + 6);
    QHeaderView& header = *table_->horizontalHeader();
    header.setSectionResizeMode(QHeaderView::Stretch);
    header.setSectionResizeMode(PreviewTableModel::column_step, QHeaderView::Interactive);
    header.resizeSection(PreviewTableModel::column_step,
                         table_->fontMetrics().horizontalAdvance(QStringLiteral("1234567")));
    table_->setMinimumHeight(60);
    title_->setBuddy(table_);
    text_->setObjectName(QStringLiteral("preview_text"));
    text_->setAccessibleName(tr("The chosen sample output"));
    text_->setReadOnly(true);
    text_->setTabChangesFocus(true);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text_->setPlaceholderText(
        tr("A training with validation data shows some answers at each validation (previews); there are none yet."));
    text_->setMinimumHeight(50);
    auto* panes = new QSplitter(Qt::Vertical);
    panes->setChildrenCollapsible(false);
    panes->addWidget(table_);
    panes->addWidget(text_);
    panes->setSizes({1000, 1000});  // shares: the splitter scales them
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(title_);
    column->addWidget(panes, 1);
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) {
                follows_ = !current.isValid() || current.row() == 0;
                show_chosen();
            });
}

void PreviewList::start_over() {
    follows_ = true;
}

void PreviewList::show_history(const TrainingHistory& history) {
    const QModelIndex current = table_->currentIndex();
    std::int64_t step = -1;
    std::int64_t example = -1;
    if (current.isValid() && !follows_) {
        const TrainingPreview& chosen = model_->row(current.row()).preview;
        step = chosen.step;
        example = chosen.example;
    }
    {
        const QSignalBlocker quiet(table_->selectionModel());
        model_->set_history(history);
    }
    const int row = step < 0 ? -1 : model_->row_of(step, example);
    follows_ = row < 0;
    if (model_->rowCount() > 0) {
        table_->setCurrentIndex(model_->index(std::max(0, row), 0));
    }
    show_chosen();
}

void PreviewList::show_chosen() {
    const QModelIndex current = table_->currentIndex();
    if (!current.isValid() || current.row() >= model_->rowCount()) {
        text_->clear();
        return;
    }
    const PreviewTableModel::Row& row = model_->row(current.row());
    const auto shown = [this](const std::string& text) {
        return text.empty() ? tr("(nothing)") : QString::fromStdString(text);
    };
    QString text = tr("Step %1, example %2").arg(row.preview.step).arg(row.preview.example + 1);
    if (!row.pair.source.empty() || !row.pair.target.empty()) {
        text += tr("\n\nSource\n") + shown(row.pair.source) + tr("\n\nTarget\n") + shown(row.pair.target);
    }
    text +=
        tr("\n\nOutput (ended by %1)\n").arg(QString::fromStdString(row.preview.reason)) + shown(row.preview.answer);
    if (text != text_->toPlainText()) {
        text_->setPlainText(text);
    }
}

}  // namespace tandem::studio
