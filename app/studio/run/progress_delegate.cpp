#include "app/studio/run/progress_delegate.h"

#include <QPainter>

#include "app/studio/run/run_table_model.h"
#include "app/studio/widgets/appearance.h"

namespace tandem::studio {

void ProgressDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem plain = option;
    initStyleOption(&plain, index);
    const QString text = plain.text;
    plain.text.clear();
    QStyledItemDelegate::paint(painter, option, QModelIndex());  // background and selection only
    const double fraction = index.data(RunTableModel::progress_role).toDouble();
    const auto state = static_cast<TrialState>(index.data(RunTableModel::state_role).toInt());
    const QRect area = option.rect.adjusted(3, 3, -3, -3);
    QRect filled = area;
    filled.setWidth(static_cast<int>(area.width() * fraction));
    const QColor base = option.palette.color(QPalette::Base);
    painter->fillRect(area, tinted(base, Tint::grey));
    painter->fillRect(filled, tinted(tinted(base, state == TrialState::failed ? Tint::red : Tint::green), Tint::green));
    painter->setPen(option.palette.color(QPalette::Text));
    painter->drawText(area, Qt::AlignCenter, text);
}

}  // namespace tandem::studio
