#include "app/studio/results/metric_chart.h"

#include <QCategoryAxis>
#include <QChart>
#include <QLegend>
#include <QLegendMarker>
#include <QLineSeries>
#include <QScatterSeries>
#include <QToolTip>
#include <QValueAxis>

#include "app/studio/widgets/appearance.h"

namespace tandem::studio {
namespace {

constexpr double widest_spread = 0.5;  // of a category's place
constexpr double cap_width = 0.008;    // of the whole axis, to either side
constexpr double marker_px = 9;

void hide_marker(QChart& chart, QAbstractSeries* series) {
    for (QLegendMarker* marker : chart.legend()->markers(series)) {
        marker->setVisible(false);
    }
}

}  // namespace

double dodged(int category, std::size_t s, std::size_t count) {
    if (count < 2) {
        return category;
    }
    const double step = widest_spread / static_cast<double>(count);
    return category + (static_cast<double>(s) - (static_cast<double>(count) - 1) / 2) * step;
}

std::vector<QPointF> error_bar(double x, double low, double high, double cap) {
    return {{x - cap, low}, {x + cap, low}, {x, low}, {x, high}, {x - cap, high}, {x + cap, high}};
}

MetricChart::MetricChart(QWidget* parent) : StyledChartView(parent) {
    setObjectName(QStringLiteral("metric_chart"));
    connect(this, &StyledChartView::palette_changed, this, &MetricChart::draw);
}

void MetricChart::show_data(MetricChartData chart_data) {
    data_ = std::move(chart_data);
    draw();
}

void MetricChart::draw() {
    clear();
    QString title = QString::fromStdString(data_.title);
    if (data_.without > 0 && !data_.empty()) {
        title += tr(" \u2014 %1 trials without it").arg(data_.without);
    }
    set_title(title);
    setAccessibleName(tr("Chart of %1 by setting").arg(title));
    if (data_.empty()) {
        return;
    }
    auto* x = new QCategoryAxis(chart());
    x->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
    for (std::size_t i = 0; i < data_.categories.size(); ++i) {
        QString label = QString::fromStdString(data_.categories[i]);
        while (x->categoriesLabels().contains(label)) {
            label += QChar(0x200B);  // the axis wants unique labels
        }
        x->append(label, static_cast<double>(i));
    }
    x->setRange(-0.5, static_cast<double>(data_.categories.size()) - 0.5);
    x->setTitleText(QString::fromStdString(data_.x_title).toHtmlEscaped());
    x->setGridLineVisible(false);
    style_axis(x);
    chart()->addAxis(x, Qt::AlignBottom);
    constexpr double headroom = 1.05;
    QValueAxis* y = add_value_axis(QString::fromStdString(data_.unit), data_.top() * headroom, Qt::AlignLeft);

    const double cap = cap_width * static_cast<double>(data_.categories.size());
    const std::vector<QColor> colours = series_colours(palette());
    const auto add = [&](QXYSeries* series) {
        chart()->addSeries(series);
        series->attachAxis(x);
        series->attachAxis(y);
    };
    for (std::size_t s = 0; s < data_.series.size(); ++s) {
        const MetricSeries& one = data_.series[s];
        const QColor colour = colours[s % colours.size()];
        auto* points = new QScatterSeries(chart());
        points->setName(QString::fromStdString(one.name.empty() ? data_.title : one.name).toHtmlEscaped());
        points->setMarkerSize(marker_px);
        points->setColor(colour);
        points->setBorderColor(palette().color(QPalette::Base));
        auto* line = new QLineSeries(chart());
        line->setPen(QPen(colour, 1.5));
        std::vector<QLineSeries*> bars;
        for (const MetricPoint& point : one.points) {
            const double place = dodged(point.category, s, data_.series.size());
            points->append(place, point.value);
            line->append(place, point.value);
            if (point.low && point.high) {
                auto* bar = new QLineSeries(chart());
                bar->setPen(QPen(colour, 1.2));
                for (const QPointF& corner : error_bar(place, *point.low, *point.high, cap)) {
                    bar->append(corner);
                }
                bars.push_back(bar);
            }
        }
        if (data_.numeric && one.points.size() > 1) {
            add(line);
            hide_marker(*chart(), line);
        } else {
            delete line;
        }
        for (QLineSeries* bar : bars) {
            add(bar);
            hide_marker(*chart(), bar);
        }
        add(points);
        connect(points, &QScatterSeries::hovered, this, [this, one, s](const QPointF& at, bool over) {
            for (const MetricPoint& point : one.points) {
                if (over && at == QPointF(dodged(point.category, s, data_.series.size()), point.value)) {
                    QToolTip::showText(QCursor::pos(), QString::fromStdString(point.tooltip), this);
                }
            }
        });
    }
    chart()->legend()->setVisible(data_.series.size() > 1);
    place_legend();
}

}  // namespace tandem::studio
