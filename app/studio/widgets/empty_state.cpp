#include "app/studio/widgets/empty_state.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace tandem::studio {

EmptyState::EmptyState(QWidget* content, const QString& text, const QString& button, QWidget* parent)
    : QStackedWidget(parent), text_(new QLabel(text)), button_(new QPushButton(button)) {
    auto* page = new QWidget;
    text_->setTextFormat(Qt::PlainText);
    text_->setWordWrap(true);
    text_->setAlignment(Qt::AlignCenter);
    text_->setForegroundRole(QPalette::PlaceholderText);
    button_->setVisible(!button.isEmpty());
    auto* column = new QVBoxLayout(page);
    column->addStretch();
    column->addWidget(text_);
    column->addWidget(button_, 0, Qt::AlignHCenter);
    column->addStretch();
    addWidget(content);
    addWidget(page);
    connect(button_, &QPushButton::clicked, this, &EmptyState::clicked);
}

void EmptyState::set_empty(bool empty) {
    setCurrentIndex(empty ? 1 : 0);
}

void EmptyState::set_text(const QString& text) {
    text_->setText(text);
}

}  // namespace tandem::studio
