#include "app/studio/results/sequence_chart.h"

#include <QChart>
#include <QLegend>
#include <QLineSeries>
#include <QValueAxis>
#include <algorithm>

#include "app/report/chart_lines.h"
#include "app/studio/widgets/appearance.h"

namespace tandem::studio {

SequenceChart::SequenceChart(QWidget* parent) : StyledChartView(parent) {
    setObjectName(QStringLiteral("sequence_chart"));
    setAccessibleName(tr("Chart of time per token along the sequence"));
    connect(this, &StyledChartView::palette_changed, this, &SequenceChart::draw);
}

void SequenceChart::show_lines(std::vector<SequenceLine> lines) {
    std::erase_if(lines, [](const SequenceLine& line) { return line.points.empty(); });
    lines_ = std::move(lines);
    draw();
}

void SequenceChart::draw() {
    clear();
    set_title(tr("Time per token along the sequence"));
    std::vector<double> values;
    double longest = 0;
    for (const SequenceLine& line : lines_) {
        for (const SequencePoint& point : line.points) {
            values.push_back(point.ms);
            longest = std::max(longest, point.position);
        }
    }
    if (values.empty()) {
        return;
    }
    const double top = report::visible_top(values);
    const auto above = std::count_if(values.begin(), values.end(), [&](double value) { return value > top; });
    QValueAxis* x = add_value_axis(
        above == 0 ? tr("position in the output") : tr("position in the output (%1 points above are cut)").arg(above),
        longest, Qt::AlignBottom);
    constexpr double headroom = 1.05;
    QValueAxis* y = add_value_axis(tr("ms"), top * headroom, Qt::AlignLeft);
    const std::vector<QColor> colours = series_colours(palette());
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        auto* series = new QLineSeries(chart());
        series->setName(QString::fromStdString(lines_[i].label).toHtmlEscaped());
        series->setPen(QPen(colours[i % colours.size()], 1.6));
        for (const SequencePoint& point : lines_[i].points) {
            series->append(point.position, std::min(point.ms, y->max()));
        }
        chart()->addSeries(series);
        series->attachAxis(x);
        series->attachAxis(y);
    }
    chart()->legend()->setVisible(true);
    place_legend();
}

}  // namespace tandem::studio
