// What all charts share: colours of the palette, axes, a quiet frame. Thread rule: the window's thread.
#pragma once

#include <QChartView>
#include <QColor>
#include <QString>

class QValueAxis;

namespace tandem::studio {

// A view with an empty chart, antialiased, without animation.
class StyledChartView : public QChartView {
    Q_OBJECT
public:
    explicit StyledChartView(QWidget* parent = nullptr);
    // Removes series and axes.
    void clear();
    void set_title(const QString& title);
    // Axis from zero to a round number above `top`.
    QValueAxis* add_value_axis(const QString& title, double top, Qt::Alignment side);
    // Between round numbers around `bottom` and `top`.
    QValueAxis* add_value_axis(const QString& title, double bottom, double top, Qt::Alignment side);
    // Round numbers around `bottom` and `top` for an axis that is there.
    static void fit_axis(QValueAxis& axis, double bottom, double top);
    void style_axis(QAbstractAxis* axis) const;
    // Below the chart, or to its right where the names would be cut below.
    void place_legend();

signals:
    void palette_changed();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void apply_palette();
};

}  // namespace tandem::studio
