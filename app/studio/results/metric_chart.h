// Draws MetricChartData: points with 95 % error bars, joined where the settings along x are numbers. Thread rule: the
// window's thread.
#pragma once

#include <QPointF>
#include <vector>

#include "app/studio/results/metric_chart_data.h"
#include "app/studio/widgets/chart_style.h"

namespace tandem::studio {

class MetricChart : public StyledChartView {
    Q_OBJECT
public:
    explicit MetricChart(QWidget* parent = nullptr);
    void show_data(MetricChartData chart_data);
    const MetricChartData& shown() const { return data_; }

private:
    void draw();
    MetricChartData data_;
};

// Series of one category stand side by side: the place of series `s` of `count` in category `c`.
double dodged(int category, std::size_t s, std::size_t count);

// The bar from low to high with a cap at either end, as one line.
std::vector<QPointF> error_bar(double x, double low, double high, double cap);

}  // namespace tandem::studio
