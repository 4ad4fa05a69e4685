#include "app/studio/widgets/chart_style.h"

#include <QAbstractAxis>
#include <QAbstractSeries>
#include <QChart>
#include <QEvent>
#include <QGraphicsLayout>
#include <QLegend>
#include <QValueAxis>
#include <algorithm>
#include <cmath>

#include "app/report/chart_scale.h"

namespace tandem::studio {
namespace {

constexpr int ticks_wanted = 5;

QColor faded(QColor colour, double alpha) {
    colour.setAlphaF(static_cast<float>(alpha));
    return colour;
}

}  // namespace

StyledChartView::StyledChartView(QWidget* parent) : QChartView(new QChart, parent) {
    setRenderHint(QPainter::Antialiasing);
    setFrameShape(QFrame::NoFrame);
    setMinimumSize(260, 150);
    chart()->setAnimationOptions(QChart::NoAnimation);
    chart()->setMargins({4, 2, 8, 2});
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->setBackgroundRoundness(0);
    apply_palette();
}

void StyledChartView::clear() {
    chart()->removeAllSeries();
    for (QAbstractAxis* axis : chart()->axes()) {
        chart()->removeAxis(axis);
        delete axis;
    }
}

void StyledChartView::set_title(const QString& title) {
    QFont font = this->font();
    font.setBold(true);
    chart()->setTitleFont(font);
    chart()->setTitle(title.toHtmlEscaped());
}

QValueAxis* StyledChartView::add_value_axis(const QString& title, double top, Qt::Alignment side) {
    return add_value_axis(title, 0, std::max(top, 1e-9), side);
}

QValueAxis* StyledChartView::add_value_axis(const QString& title, double bottom, double top, Qt::Alignment side) {
    auto* axis = new QValueAxis(chart());
    fit_axis(*axis, bottom, top);
    axis->setTitleText(title.toHtmlEscaped());
    style_axis(axis);
    chart()->addAxis(axis, side);
    return axis;
}

void StyledChartView::fit_axis(QValueAxis& axis, double bottom, double top) {
    const report::RoundRange range = report::round_range(bottom, top, ticks_wanted);
    axis.setRange(range.low, range.high);
    axis.setTickCount(static_cast<int>(std::lround((range.high - range.low) / range.step)) + 1);
    const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(range.step) - 1e-9)), 0, 6);
    const bool half =
        std::abs(range.step * std::pow(10, decimals) - std::round(range.step * std::pow(10, decimals))) > 1e-9;
    axis.setLabelFormat(range.step < 1e-5 ? QStringLiteral("%.1e")
                                          : QStringLiteral("%.%1f").arg(decimals + (half ? 1 : 0)));
}

void StyledChartView::style_axis(QAbstractAxis* axis) const {
    const QColor text = palette().color(QPalette::Text);
    axis->setLabelsBrush(text);
    axis->setTitleBrush(text);
    axis->setTitleFont(font());
    axis->setLabelsFont(font());
    axis->setLinePen(QPen(faded(text, 0.5), 1));
    axis->setGridLinePen(QPen(faded(text, 0.12), 1));
}

void StyledChartView::place_legend() {
    constexpr int marker_width = 32;
    int needed = 0;
    for (const QAbstractSeries* series : chart()->series()) {
        if (!series->name().isEmpty()) {
            needed += fontMetrics().horizontalAdvance(series->name()) + marker_width;
        }
    }
    chart()->legend()->setAlignment(needed > width() ? Qt::AlignRight : Qt::AlignBottom);
}

void StyledChartView::resizeEvent(QResizeEvent* event) {
    QChartView::resizeEvent(event);
    place_legend();
}

void StyledChartView::changeEvent(QEvent* event) {
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        apply_palette();
        emit palette_changed();
    }
}

void StyledChartView::apply_palette() {
    setBackgroundBrush(palette().color(QPalette::Base));
    chart()->setBackgroundBrush(palette().color(QPalette::Base));
    chart()->setTitleBrush(palette().color(QPalette::Text));
    chart()->legend()->setLabelColor(palette().color(QPalette::Text));
    chart()->legend()->setFont(font());
    for (QAbstractAxis* axis : chart()->axes()) {
        style_axis(axis);
    }
}

}  // namespace tandem::studio
