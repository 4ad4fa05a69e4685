// Draws how the time per token grows along the sequence, one line a trial. Thread rule: the window's thread.
#pragma once

#include <vector>

#include "app/studio/results/sequence_chart_data.h"
#include "app/studio/widgets/chart_style.h"

namespace tandem::studio {

class SequenceChart : public StyledChartView {
    Q_OBJECT
public:
    explicit SequenceChart(QWidget* parent = nullptr);
    void show_lines(std::vector<SequenceLine> lines);
    const std::vector<SequenceLine>& shown() const { return lines_; }

private:
    void draw();
    std::vector<SequenceLine> lines_;
};

}  // namespace tandem::studio
