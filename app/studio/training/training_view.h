// One training: a line of words, the losses, the learning rate and the speed by step, and the sample outputs. Draws a
// few times a second at most, and only while it is seen. Thread rule: the window's thread.
#pragma once

#include <QTimer>
#include <QWidget>
#include <memory>

#include "app/studio/training/training_history.h"
#include "app/studio/training/training_words.h"

class QLabel;
class QSplitter;

namespace tandem::studio {

class PreviewList;
class TrainingChart;

class TrainingView : public QWidget {
    Q_OBJECT
public:
    static constexpr int redraw_interval_ms = 250;

    explicit TrainingView(QWidget* parent = nullptr);
    // `name` says whose it is. The view keeps the history and shows what is in it at each call.
    void show_training(const QString& name, std::shared_ptr<const TrainingHistory> history, TrainingState state);

    QString summary() const;
    const TrainingChart& loss_chart() const { return *loss_; }
    const TrainingChart& rate_chart() const { return *rate_; }
    const TrainingChart& speed_chart() const { return *speed_; }
    const PreviewList& previews() const { return *previews_; }

protected:
    void showEvent(QShowEvent* event) override;

private:
    void draw();

    QLabel* summary_;
    QSplitter* panes_;
    TrainingChart* loss_;
    TrainingChart* rate_;
    TrainingChart* speed_;
    PreviewList* previews_;
    QTimer timer_;
    QString name_;
    std::shared_ptr<const TrainingHistory> history_;
    TrainingState state_ = TrainingState::over;
    std::uint64_t drawn_previews_ = 0;
    bool stale_ = false;
    bool switched_ = false;  // to another training since it was drawn
};

}  // namespace tandem::studio
