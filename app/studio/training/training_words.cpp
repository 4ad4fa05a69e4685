#include "app/studio/training/training_words.h"

#include <QObject>
#include <QStringList>
#include <algorithm>
#include <cmath>

#include "app/studio/widgets/words.h"

namespace tandem::studio {

QString show_loss(double value) {
    return QString::number(value, 'f', 4);
}

QString show_learning_rate(double value) {
    return QString::number(value, 'g', 3);
}

QString show_clock(const QTime& now, double seconds_left) {
    constexpr double day = 86400;
    if (!std::isfinite(seconds_left) || seconds_left < 0 || seconds_left >= day) {
        return {};
    }
    return now.addSecs(static_cast<int>(std::lround(seconds_left))).toString(QStringLiteral("HH:mm"));
}

QString describe_curve(const QString& name, const Curve& curve) {
    if (curve.empty()) {
        return QObject::tr("%1: no points").arg(name);
    }
    const auto number = [](double value) { return QString::number(value, 'g', 5); };
    const auto lowest = std::min_element(curve.begin(), curve.end(),
                                         [](const CurvePoint& a, const CurvePoint& b) { return a.value < b.value; });
    return QObject::tr("%1: %2 points, at step %3 %4, at step %5 %6, lowest %7 at step %8")
        .arg(name)
        .arg(curve.size())
        .arg(curve.front().step)
        .arg(number(curve.front().value))
        .arg(curve.back().step)
        .arg(number(curve.back().value), number(lowest->value))
        .arg(lowest->step);
}

QString summarise(const TrainingHistory& history, TrainingState state, const QTime& now) {
    if (history.loss().empty()) {
        return state == TrainingState::over ? QObject::tr("No step of this training is stored.")
                                            : QObject::tr("The first step is not done yet.");
    }
    const CurvePoint& last = history.loss().back();
    QStringList parts;
    parts << (history.steps() > 0 ? QObject::tr("step %1 of %2").arg(last.step).arg(history.steps())
                                  : QObject::tr("step %1").arg(last.step));
    parts << QObject::tr("loss %1").arg(show_loss(last.value));
    if (const auto best = history.best_validation()) {
        const CurvePoint& newest = history.validation_loss().back();
        QString text = QObject::tr("validation loss %1").arg(show_loss(newest.value));
        text += newest.step == best->step ? QObject::tr(" (step %1, the lowest)").arg(newest.step)
                                          : QObject::tr(" (step %1; lowest %2, step %3)")
                                                .arg(newest.step)
                                                .arg(show_loss(best->value))
                                                .arg(best->step);
        parts << text;
    }
    if (!history.learning_rate().empty()) {
        parts << QObject::tr("learning rate %1").arg(show_learning_rate(history.learning_rate().back().value));
    }
    if (!history.tokens_per_second().empty()) {
        parts << QObject::tr("%1 tokens/s").arg(std::llround(history.tokens_per_second().back().value));
    }
    if (state == TrainingState::testing) {
        parts << QObject::tr("training has ended, the test goes on");
    } else if (state == TrainingState::running) {
        if (const auto left = history.seconds_left()) {
            const QString until = show_clock(now, *left);
            parts << QObject::tr("about %1 left").arg(show_duration(*left)) +
                         (until.isEmpty() ? QString() : QObject::tr(", last step at about %1").arg(until));
        } else {
            parts << QObject::tr("time left: known after the next step");
        }
    }
    QString text = parts.join(QStringLiteral("  \u00b7  "));
    text[0] = text[0].toUpper();
    return text;
}

}  // namespace tandem::studio
