// Draws a trial's progress as a bar in its cell. Thread rule: the window's thread.
#pragma once

#include <QStyledItemDelegate>

namespace tandem::studio {

class ProgressDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace tandem::studio
