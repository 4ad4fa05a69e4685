#include "app/studio/widgets/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/studio/widgets/appearance.h"

namespace tandem::studio {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent),
      mark_(new QLabel(this)),
      text_(new QLabel(this)),
      details_button_(new QToolButton(this)),
      actions_(new QHBoxLayout),
      close_(new QToolButton(this)),
      details_(new QPlainTextEdit(this)) {
    setObjectName(QStringLiteral("message_bar"));
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    text_->setWordWrap(true);
    text_->setTextFormat(Qt::PlainText);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    text_->setAccessibleName(tr("Message"));
    details_button_->setText(tr("Details"));
    details_button_->setCheckable(true);
    close_->setText(QStringLiteral("\u2715"));
    close_->setAutoRaise(true);
    close_->setToolTip(tr("Dismiss (Esc)"));
    close_->setAccessibleName(tr("Dismiss the message"));
    details_->setReadOnly(true);
    details_->setMaximumHeight(120);
    details_->setAccessibleName(tr("Details of the message"));
    details_->hide();

    auto* line = new QHBoxLayout;
    line->addWidget(mark_, 0, Qt::AlignTop);
    line->addWidget(text_, 1);
    line->addWidget(details_button_);
    line->addLayout(actions_);
    line->addWidget(close_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 4, 8, 4);
    column->addLayout(line);
    column->addWidget(details_);

    connect(details_button_, &QToolButton::toggled, details_, &QWidget::setVisible);
    connect(close_, &QToolButton::clicked, this, &MessageBar::dismiss);
    hide();
}

void MessageBar::show_message(Level level, const QString& text, const QString& details, std::vector<Action> actions) {
    dismiss();
    question_ = level == Level::question;
    QPalette colours = palette();
    colours.setColor(QPalette::Window, tinted(palette().color(QPalette::Base), level == Level::problem ? Tint::red
                                                                               : question_             ? Tint::amber
                                                                                                       : Tint::blue));
    setPalette(colours);
    const auto icon = level == Level::problem ? QStyle::SP_MessageBoxWarning
                      : question_             ? QStyle::SP_MessageBoxQuestion
                                              : QStyle::SP_MessageBoxInformation;
    const int side = style()->pixelMetric(QStyle::PM_SmallIconSize);
    mark_->setPixmap(style()->standardIcon(icon).pixmap(side, side));
    text_->setText(text);
    details_->setPlainText(details);
    details_button_->setVisible(!details.isEmpty());
    details_button_->setChecked(false);
    for (Action& action : actions) {
        auto* button = new QPushButton(action.text, this);
        connect(button, &QPushButton::clicked, this, [this, run = std::move(action.run)] {
            const auto copy = run;  // dismissing destroys the button and what it holds
            dismiss();
            copy();
        });
        actions_->addWidget(button);
    }
    show();
    if (question_ && actions_->count() > 0) {
        actions_->itemAt(0)->widget()->setFocus();
    }
}

void MessageBar::show_error(const QString& doing, const Error& error, std::vector<Action> actions) {
    const QString message = QString::fromStdString(error.message);
    const QString first = message.section(QLatin1Char('\n'), 0, 0);
    show_message(Level::problem, doing + QStringLiteral(": ") + first,
                 QStringLiteral("error: ") + QString::fromStdString(error.to_string()), std::move(actions));
}

void MessageBar::dismiss() {
    const bool was_visible = !isHidden();
    question_ = false;
    while (QLayoutItem* item = actions_->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    hide();
    if (was_visible) {
        emit dismissed();
    }
}

QString MessageBar::text() const {
    return text_->text();
}

QString MessageBar::details() const {
    return details_->toPlainText();
}

}  // namespace tandem::studio
