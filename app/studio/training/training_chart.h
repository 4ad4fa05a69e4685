// Curves over the steps of a training. Thread rule: the window's thread.
#pragma once

#include <vector>

#include "app/studio/training/training_history.h"
#include "app/studio/widgets/chart_style.h"

class QLineSeries;

namespace tandem::studio {

struct TrainingLine {
    QString name;
    Curve curve;
    bool marked = false;  // each point has a dot
};

class TrainingChart : public StyledChartView {
    Q_OBJECT
public:
    enum class Begin { at_zero, at_lowest };         // of the y axis
    static constexpr std::size_t max_points = 1200;  // of a line; more are thinned, lows and highs kept

    TrainingChart(const QString& title, Begin begin, QWidget* parent = nullptr);
    void show_lines(std::vector<TrainingLine> lines);
    const std::vector<TrainingLine>& shown() const { return lines_; }

private:
    void build();       // series and axes, when there are other lines or colours
    void put_points();  // into them

    QString title_;
    Begin begin_;
    std::vector<TrainingLine> lines_;   // thinned
    std::vector<QLineSeries*> series_;  // of each line; the chart's own
    QValueAxis* x_ = nullptr;
    QValueAxis* y_ = nullptr;
};

}  // namespace tandem::studio
