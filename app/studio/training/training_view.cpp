#include "app/studio/training/training_view.h"

#include <QGridLayout>
#include <QLabel>
#include <QSplitter>
#include <QVBoxLayout>
#include <utility>

#include "app/studio/training/preview_list.h"
#include "app/studio/training/training_chart.h"

namespace tandem::studio {

TrainingView::TrainingView(QWidget* parent)
    : QWidget(parent),
      summary_(new QLabel),
      panes_(new QSplitter(Qt::Horizontal)),
      loss_(new TrainingChart(tr("loss, nats per token"), TrainingChart::Begin::at_lowest)),
      rate_(new TrainingChart(tr("learning rate"), TrainingChart::Begin::at_zero)),
      speed_(new TrainingChart(tr("training tokens/s"), TrainingChart::Begin::at_zero)),
      previews_(new PreviewList) {
    summary_->setObjectName(QStringLiteral("training_summary"));
    summary_->setAccessibleName(tr("State of the training"));
    summary_->setTextFormat(Qt::PlainText);
    summary_->setWordWrap(true);
    summary_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    summary_->setFocusPolicy(Qt::StrongFocus);  // it says what the charts draw
    loss_->setObjectName(QStringLiteral("loss_chart"));
    rate_->setObjectName(QStringLiteral("learning_rate_chart"));
    speed_->setObjectName(QStringLiteral("training_speed_chart"));
    auto* charts = new QWidget;
    auto* grid = new QGridLayout(charts);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(2);
    grid->addWidget(loss_, 0, 0, 2, 1);
    grid->addWidget(rate_, 0, 1);
    grid->addWidget(speed_, 1, 1);
    grid->setColumnStretch(0, 3);
    grid->setColumnStretch(1, 2);
    panes_->setChildrenCollapsible(false);
    panes_->addWidget(charts);
    panes_->addWidget(previews_);
    panes_->setStretchFactor(0, 3);
    panes_->setStretchFactor(1, 2);
    panes_->setSizes({3000, 2000});  // shares: the splitter scales them
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 2, 0, 0);
    column->addWidget(summary_);
    column->addWidget(panes_, 1);
    timer_.setSingleShot(true);
    timer_.setInterval(redraw_interval_ms);
    connect(&timer_, &QTimer::timeout, this, [this] {
        if (stale_ && isVisible()) {
            draw();
        }
    });
}

QString TrainingView::summary() const {
    return summary_->text();
}

void TrainingView::show_training(const QString& name, std::shared_ptr<const TrainingHistory> history,
                                 TrainingState state) {
    const bool other = history != history_;
    switched_ = switched_ || other;
    name_ = name;
    history_ = std::move(history);
    state_ = state;
    stale_ = true;
    if (isVisible() && (other || !timer_.isActive())) {
        draw();
    }
}

void TrainingView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (stale_) {
        draw();
    }
}

void TrainingView::draw() {
    stale_ = false;
    timer_.start();
    if (!history_) {
        return;
    }
    summary_->setText((name_.isEmpty() ? QString() : name_ + QStringLiteral(": ")) +
                      summarise(*history_, state_, QTime::currentTime()));
    loss_->show_lines(
        {{tr("training loss"), history_->loss(), false}, {tr("validation loss"), history_->validation_loss(), true}});
    rate_->show_lines({{tr("learning rate"), history_->learning_rate(), false}});
    speed_->show_lines({{tr("training tokens/s"), history_->tokens_per_second(), false}});
    if (switched_) {
        previews_->start_over();
    }
    if (std::exchange(switched_, false) || drawn_previews_ != history_->previews_version()) {
        previews_->show_history(*history_);
    }
    drawn_previews_ = history_->previews_version();
}

}  // namespace tandem::studio
