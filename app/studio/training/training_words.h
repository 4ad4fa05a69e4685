// What a training's curves say, in words: for the line above the charts and for readers who do not see them. Thread
// rule: stateless.
#pragma once

#include <QString>
#include <QTime>

#include "app/studio/training/training_history.h"

namespace tandem::studio {

// Whether the trial goes on in this window; a training that ended has no time left.
enum class TrainingState { running, testing, over };

QString show_loss(double value);                            // four digits after the point
QString show_learning_rate(double value);                   // "0.0003", "3e-05"
QString show_clock(const QTime& now, double seconds_left);  // "15:42"; more than a day away: empty

// "training loss: 120 points, at step 1 3.2101, at step 120 2.3105, lowest 2.2871".
QString describe_curve(const QString& name, const Curve& curve);

// "Step 120 of 900. Loss 2.3105, ... about 3 min left, until 15:42."
QString summarise(const TrainingHistory& history, TrainingState state, const QTime& now);

}  // namespace tandem::studio
