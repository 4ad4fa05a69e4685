#include "app/studio/training/training_chart.h"

#include <QChart>
#include <QCursor>
#include <QLegend>
#include <QLineSeries>
#include <QToolTip>
#include <QValueAxis>
#include <algorithm>
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
    setAccessibleName(tr("Chart of %1 over the steps of the training").arg(title));
    connect(this, &StyledChartView::palette_changed, this, &TrainingChart::draw);
    draw();
}

void TrainingChart::show_lines(std::vector<TrainingLine> lines) {
    QStringList described;
    for (TrainingLine& line : lines) {
        if (!line.curve.empty()) {
            described << describe_curve(line.name, line.curve);
        }
        line.curve = thinned(line.curve, max_points);
    }
    std::erase_if(lines, [](const TrainingLine& line) { return line.curve.empty(); });
    setAccessibleDescription(described.join(QStringLiteral("; ")));
    lines_ = std::move(lines);
    draw();
}

void TrainingChart::draw() {
    clear();
    set_title(title_);
    chart()->legend()->setVisible(false);
    if (lines_.empty()) {
        return;
    }
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    std::int64_t last = 1;
    for (const TrainingLine& line : lines_) {
        for (const CurvePoint& point : line.curve) {
            low = std::min(low, point.value);
            high = std::max(high, point.value);
        }
        last = std::max(last, line.curve.back().step);
    }
    low = begin_ == Begin::at_zero ? std::min(low, 0.0) : low;
    high = std::max(high, low + std::max(std::abs(low) * 1e-3, 1e-12));
    QValueAxis* x = add_value_axis({}, static_cast<double>(last), Qt::AlignBottom);
    QValueAxis* y = add_value_axis({}, low, high, Qt::AlignLeft);
    const std::vector<QColor> colours = series_colours(palette());
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const TrainingLine& line = lines_[i];
        auto* series = new QLineSeries(chart());
        series->setName(line.name.toHtmlEscaped());
        series->setPen(QPen(colours[i % colours.size()], line.marked ? 2.0 : 1.4));
        series->setMarkerSize(5);
        series->setPointsVisible(line.curve.size() == 1 || (line.marked && line.curve.size() <= dots_until));
        QList<QPointF> points;
        points.reserve(static_cast<qsizetype>(line.curve.size()));
        for (const CurvePoint& point : line.curve) {
            points.append({static_cast<double>(point.step), point.value});
        }
        series->replace(points);
        chart()->addSeries(series);
        series->attachAxis(x);
        series->attachAxis(y);
        connect(series, &QLineSeries::hovered, this, [this, name = line.name](const QPointF& at, bool over) {
            if (over) {
                QToolTip::showText(QCursor::pos(), tr("step %1: %2 %3").arg(std::llround(at.x())).arg(name).arg(at.y()),
                                   this);
            }
        });
    }
    chart()->legend()->setVisible(lines_.size() > 1);
    place_legend();
}

}  // namespace tandem::studio
