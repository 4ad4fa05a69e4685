#include "app/studio/results/trial_detail_view.h"

#include <QFontDatabase>

#include "app/report/metric_format.h"
#include "app/report/result_rows.h"

namespace tandem::studio {
namespace {

constexpr int name_width = 32;

}  // namespace

TrialDetailView::TrialDetailView(QWidget* parent) : QPlainTextEdit(parent) {
    setObjectName(QStringLiteral("trial_detail"));
    setAccessibleName(tr("The selected trial"));
    setReadOnly(true);
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setPlaceholderText(tr("Select a trial in the table to see its error, log, facts and metrics."));
}

void TrialDetailView::show_trial(const TrialDetail& detail) {
    setPlainText(trial_detail_text(detail));
}

QString trial_detail_text(const TrialDetail& detail) {
    QString text;
    const auto add = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) {
            text += QString::fromStdString(name).leftJustified(name_width) + QStringLiteral("  ") +
                    QString::fromStdString(value) + QLatin1Char('\n');
        }
    };
    const auto heading = [&](const QString& title) { text += QLatin1Char('\n') + title + QLatin1Char('\n'); };
    const TrialRow& row = detail.row;
    add("trial", row.id);
    add("state", row.state + (row.attempts > 1 ? ", " + std::to_string(row.attempts) + " attempts" : ""));
    if (!row.error_code.empty()) {
        add("error", row.error_code + ": " + row.error_message);
    }
    add("experiment", row.experiment);
    add("model", report::models_text(row));
    add("target", row.target);
    add("workload", row.workload + " (" + row.kind + ")");
    for (const auto& [path, value] : row.settings) {
        add(path, value);
    }
    add("seed", std::to_string(row.seed));
    add("started", row.started_at);
    add("finished", row.finished_at);
    if (!detail.log.empty()) {
        heading(QObject::tr("Log"));
        text += QString::fromStdString(detail.log);
        text += detail.log.ends_with('\n') ? QString() : QStringLiteral("\n");
    }
    if (!detail.metrics.empty()) {
        heading(QObject::tr("Metrics"));
        for (const MetricSummary& metric : detail.metrics) {
            const report::MetricInfo info = report::metric_info(metric.name);
            const report::Unit unit = report::choose_unit(info.quantity, metric.mean.value_or(0));
            add(metric.name,
                metric.mean ? report::format_metric(metric, unit) + " " + unit.name + "   n " + std::to_string(metric.n)
                            : std::string("not measured"));
        }
    }
    if (!detail.facts.empty()) {
        heading(QObject::tr("Facts"));
        for (const Fact& fact : detail.facts) {
            add(fact.name, fact.value);
        }
    }
    heading(QObject::tr("Environment"));
    text += QString::fromStdString(detail.environment_json) + QLatin1Char('\n');
    return text;
}

}  // namespace tandem::studio
