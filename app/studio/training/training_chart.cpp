#include "app/studio/training/training_chart.h"

#include <QChart>
#include <QCursor>
#include <QLegend>
#include <QLineSeries>
#include <QToolTip>
#include <QValueAxis>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/studio/training/training_words.h"
#include "app/studio/widgets/appearance.h"

namespace tandem::studio {
namespace {

constexpr std::size_t dots_until = 40;  // points: a line of few is seen better with them

}  // namespace

TrainingChart::TrainingChart(const QString& title, Begin begin, QWidget* parent)
    : StyledChartView(parent), title_(title), begin_(begin) {
    setMinimumSize(190, 110);
    setViewportUpdateMode(QGraphicsView::FullViewportUpdate);  // dots reach beyond what the chart says changes
    constexpr int last_label = 20;                             // half of it stands right of the axis
    chart()->setMargins({4, 2, last_label, 2});
    setAccessibleName(tr("Chart of %1 over the steps of the training").arg(title));
    connect(this, &StyledChartView::palette_changed, this, &TrainingChart::build);
    build();
}

void TrainingChart::show_lines(std::vector<TrainingLine> lines) {
    QStringList described;
    std::erase_if(lines, [](const TrainingLine& line) { return line.curve.empty(); });
    for (TrainingLine& line : lines) {
        described << describe_curve(line.name, line.curve);
        line.curve = thinned(line.curve, max_points);
    }
    setAccessibleDescription(described.join(QStringLiteral("; ")));
    const bool same = std::equal(lines.begin(), lines.end(), lines_.begin(), lines_.end(),
                                 [](const TrainingLine& a, const TrainingLine& b) { return a.name == b.name; });
    lines_ = std::move(lines);
    if (same) {
        put_points();
    } else {
        build();
    }
}

void TrainingChart::build() {
    clear();
    series_.clear();
    x_ = nullptr;
    y_ = nullptr;
    set_title(title_);
    if (!lines_.empty()) {
        x_ = add_value_axis({}, 1, Qt::AlignBottom);
        y_ = add_value_axis({}, 1, Qt::AlignLeft);
    }
    const std::vector<QColor> colours = series_colours(palette());
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const TrainingLine& line = lines_[i];
        auto* series = new QLineSeries(chart());
        series->setName(line.name.toHtmlEscaped());
        series->setPen(QPen(colours[i % colours.size()], line.marked ? 2.0 : 1.4));
        series->setMarkerSize(5);
        chart()->addSeries(series);
        series->attachAxis(x_);
        series->attachAxis(y_);
        connect(series, &QLineSeries::hovered, this, [this, name = line.name](const QPointF& at, bool over) {
            if (over) {
                QToolTip::showText(QCursor::pos(), tr("step %1: %2 %3").arg(std::llround(at.x())).arg(name).arg(at.y()),
                                   this);
            }
        });
        series_.push_back(series);
    }
    chart()->legend()->setVisible(lines_.size() > 1);
    place_legend();
    put_points();
}

void TrainingChart::put_points() {
    if (lines_.empty()) {
        return;
    }
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    std::int64_t last = 1;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const TrainingLine& line = lines_[i];
        QList<QPointF> points;
        points.reserve(static_cast<qsizetype>(line.curve.size()));
        for (const CurvePoint& point : line.curve) {
            low = std::min(low, point.value);
            high = std::max(high, point.value);
            points.append({static_cast<double>(point.step), point.value});
        }
        last = std::max(last, line.curve.back().step);
        series_[i]->replace(points);
        series_[i]->setPointsVisible(line.curve.size() == 1 || (line.marked && line.curve.size() <= dots_until));
    }
    low = begin_ == Begin::at_zero ? std::min(low, 0.0) : low;
    high = std::max(high, low + std::max(std::abs(low) * 1e-3, 1e-12));
    fit_axis(*x_, 0, static_cast<double>(last));
    fit_axis(*y_, low, high);
}

}  // namespace tandem::studio
