// Results as table, charts and files.
#include <QCategoryAxis>
#include <QChart>
#include <QFile>
#include <QIdentityProxyModel>
#include <QImage>
#include <QLineSeries>
#include <QScatterSeries>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QTest>
#include <QValueAxis>
#include <cmath>
#include <limits>

#include "app/report/table_formats.h"
#include "app/studio/results/export.h"
#include "app/studio/results/metric_chart.h"
#include "app/studio/results/results_controller.h"
#include "app/studio/results/sequence_chart.h"
#include "app/studio/results/trial_detail_view.h"
#include "app/studio/results/trial_table_model.h"
#include "app/studio/results/trial_table_view.h"
#include "tests/app/studio/fake_services.h"

using namespace tandem;
using namespace tandem::studio;
using studio_test::metric;
using studio_test::sweep_rows;
using studio_test::trial_row;

namespace {

const std::string decode = "decode_tokens_per_second";

class Table {
public:
    explicit Table(const std::vector<TrialRow>& rows) {
        model.set_trials(rows);
        proxy.setSourceModel(&model);
    }
    QStringList column(const std::string& key) const {
        QStringList shown;
        for (int row = 0; row < proxy.rowCount(); ++row) {
            shown << proxy.index(row, model.column_of(key)).data().toString();
        }
        return shown;
    }
    TrialTableModel model;
    TrialFilterProxy proxy;
};

int count_series(const QChart& chart, QAbstractSeries::SeriesType type) {
    int count = 0;
    for (const QAbstractSeries* series : chart.series()) {
        count += series->type() == type ? 1 : 0;
    }
    return count;
}

}  // namespace

class TestStudioResults : public QObject {
    Q_OBJECT
private slots:
    void settings_that_vary_are_columns_and_what_is_shared_stands_above() {
        const Table table(sweep_rows());
        QCOMPARE(table.proxy.rowCount(), 7);
        QVERIFY(table.model.column_of("load.dtype") >= 0);
        QVERIFY(table.model.column_of("workloads.speed.prompt_tokens") >= 0);
        QCOMPARE(table.model.column_of("target"), -1);
        QVERIFY(table.model.shared_text().contains("smollm2"));
    }

    void units_stand_in_the_heading_and_cells_show_mean_and_interval() {
        const Table table({trial_row(0, "f32", 64, 20.25), trial_row(1, "int8", 64, 61.5)});
        const int column = table.model.column_of(decode);
        QVERIFY(column >= 0);
        QVERIFY(table.model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().contains("tok"));
        const QString cell = table.model.index(0, column).data().toString();
        QVERIFY2(cell.contains(QChar(0xB1)) && cell.startsWith("20.2"), qPrintable(cell));
        const QString help = table.model.index(0, column).data(Qt::ToolTipRole).toString();
        QVERIFY(help.contains("5 samples") && help.contains("95 % from"));
    }

    void numbers_sort_as_numbers_and_absent_values_come_last_either_way() {
        Table table(sweep_rows());
        const int column = table.model.column_of("workloads.speed.prompt_tokens");
        table.proxy.sort(column, Qt::AscendingOrder);
        QCOMPARE(table.column("workloads.speed.prompt_tokens").first(), QStringLiteral("64"));
        QCOMPARE(table.column("workloads.speed.prompt_tokens").last(), QStringLiteral("1024"));
        const int metric_column = table.model.column_of(decode);
        for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
            table.proxy.sort(metric_column, order);
            QVERIFY(table.column("state").last().startsWith(QLatin1String("failed")));
        }
        table.proxy.sort(metric_column, Qt::DescendingOrder);
        QCOMPARE(table.column("load.dtype").first(), QStringLiteral("int8"));
    }

    void words_and_conditions_filter() {
        Table table(sweep_rows());
        QVERIFY(table.proxy.set_filter(QStringLiteral("INT8")));
        QCOMPARE(table.proxy.rowCount(), 3);
        QVERIFY(table.proxy.set_filter(QStringLiteral("int8 1024")));
        QCOMPARE(table.proxy.rowCount(), 1);
        QVERIFY(table.proxy.set_filter(QStringLiteral("state=done,decode_tokens_per_second>30")));
        QCOMPARE(table.proxy.rowCount(), 3);
        const auto refused = table.proxy.set_filter(QStringLiteral("=x"));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, std::string("QUERY_FILTER"));
        QCOMPARE(table.proxy.rowCount(), 3);
        QVERIFY(table.proxy.set_filter(QString()));
        QCOMPARE(table.proxy.rowCount(), 7);
    }

    void a_failed_trial_says_its_error_in_tooltip_and_detail() {
        const Table table(sweep_rows());
        QVERIFY(table.model.index(6, 0).data(Qt::ToolTipRole).toString().contains("killed by signal 9"));
        TrialDetail detail;
        detail.row = sweep_rows().back();
        detail.log = "last words";
        const QString text = trial_detail_text(detail);
        QVERIFY(text.contains("WORKER_KILLED: the worker was killed by signal 9"));
        QVERIFY(text.contains("last words"));
    }

    void five_thousand_rows_cost_only_the_cells_in_view() {
        class Counting : public QIdentityProxyModel {
        public:
            QVariant data(const QModelIndex& index, int role) const override {
                calls += role == Qt::DisplayRole ? 1 : 0;
                rows.insert(index.row());
                return QIdentityProxyModel::data(index, role);
            }
            mutable int calls = 0;
            mutable QSet<int> rows;
        };
        std::vector<TrialRow> many;
        for (int i = 0; i < 5000; ++i) {
            many.push_back(trial_row(i, i % 2 ? "f32" : "int8", i + 1, 10 + i % 97));
        }
        Table table(many);
        Counting counting;
        counting.setSourceModel(&table.proxy);
        TrialTableView view;
        view.setModel(&counting);
        view.resize(900, 400);
        view.fit_columns();
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        view.scrollToBottom();
        QCoreApplication::processEvents();
        QVERIFY2(counting.rows.size() < 400, qPrintable(QString::number(counting.rows.size())));
        QVERIFY2(counting.calls < 8000, qPrintable(QString::number(counting.calls)));
    }

    void copied_rows_are_tab_separated_with_a_header() {
        Table table(sweep_rows());
        TrialTableView view;
        view.setModel(&table.proxy);
        QCOMPARE(view.as_text().count(QLatin1Char('\n')), 8);
        view.selectRow(2);
        const QStringList lines = view.as_text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 2);
        QCOMPARE(lines[0].count(QLatin1Char('\t')), lines[1].count(QLatin1Char('\t')));
        QCOMPARE(view.selected_ids().size(), std::size_t(1));
    }

    void the_chart_puts_numbers_along_x_in_order_and_words_into_series() {
        const MetricChartData data = make_metric_chart(sweep_rows(), decode);
        QCOMPARE(data.categories, (std::vector<std::string>{"64", "256", "1024"}));
        QVERIFY(data.numeric);
        QCOMPARE(data.series.size(), std::size_t(2));
        QCOMPARE(data.series[0].name, std::string("f32"));
        QCOMPARE(data.series[1].points.size(), std::size_t(3));
        QCOMPARE(data.series[1].points[0].value, 60 - 0.64);
        QCOMPARE(*data.series[1].points[0].low, (60 - 0.64) * 0.95);
        QCOMPARE(data.without, 1);
    }

    void values_that_are_missing_or_not_finite_are_left_out_and_counted() {
        std::vector<TrialRow> rows = sweep_rows();
        rows[0].metrics[decode].mean = std::numeric_limits<double>::quiet_NaN();
        rows[1].metrics[decode].mean.reset();
        rows[2].metrics[decode].ci95_low.reset();
        const MetricChartData data = make_metric_chart(rows, decode);
        QCOMPARE(data.without, 3);
        std::size_t points = 0;
        std::size_t bars = 0;
        for (const MetricSeries& series : data.series) {
            for (const MetricPoint& point : series.points) {
                QVERIFY(std::isfinite(point.value));
                ++points;
                bars += point.low ? 1 : 0;
            }
        }
        QCOMPARE(points, std::size_t(4));
        QCOMPARE(bars, std::size_t(3));
        QVERIFY(make_metric_chart(rows, "no_such_metric").empty());
        QVERIFY(make_metric_chart({}, decode).empty());
    }

    void more_series_than_colours_become_one_series_with_a_label_each() {
        std::vector<TrialRow> rows;
        for (int i = 0; i < 24; ++i) {
            TrialRow row = trial_row(i, "dtype" + std::to_string(i % 12), 64 << (i / 12), 10 + i);
            row.settings.emplace_back("workloads.speed.new_tokens", std::to_string(i % 12));
            rows.push_back(row);
        }
        for (TrialRow& row : rows) {
            row.settings.emplace_back("load.context", std::to_string((row.id[7] * 7) % 13));
        }
        const MetricChartData data = make_metric_chart(rows, decode);
        std::size_t points = 0;
        for (const MetricSeries& series : data.series) {
            points += series.points.size();
        }
        QCOMPARE(points, std::size_t(24));
        QVERIFY(data.series.size() <= 7);
    }

    void an_error_bar_reaches_from_low_to_high_with_caps() {
        const auto bar = error_bar(2, 10, 14, 0.1);
        QCOMPARE(bar.size(), std::size_t(6));
        QCOMPARE(bar.front(), QPointF(1.9, 10));
        QCOMPARE(bar[2], QPointF(2, 10));
        QCOMPARE(bar[3], QPointF(2, 14));
        QCOMPARE(bar.back(), QPointF(2.1, 14));
        QCOMPARE(dodged(3, 0, 1), 3.0);
        QCOMPARE(dodged(3, 0, 2), 2.875);
        QCOMPARE(dodged(3, 1, 2), 3.125);
    }

    void the_drawn_chart_has_a_bar_for_each_point_inside_the_axis() {
        MetricChart view;
        view.resize(500, 300);
        const MetricChartData data = make_metric_chart(sweep_rows(), decode);
        view.show_data(data);
        QCOMPARE(count_series(*view.chart(), QAbstractSeries::SeriesTypeScatter), 2);
        QCOMPARE(count_series(*view.chart(), QAbstractSeries::SeriesTypeLine), 2 + 6);
        auto* axis = qobject_cast<QValueAxis*>(view.chart()->axes(Qt::Vertical).constFirst());
        QCOMPARE(axis->min(), 0.0);
        QVERIFY(axis->max() >= data.top());
        for (const QAbstractSeries* series : view.chart()->series()) {
            for (const QPointF& point : qobject_cast<const QXYSeries*>(series)->points()) {
                QVERIFY(point.y() >= 0 && point.y() <= axis->max());
                QVERIFY(point.x() >= -0.5 && point.x() <= 2.5);
            }
        }
        view.show_data({});
        QCOMPARE(view.chart()->series().size(), 0);
        QCOMPARE(view.chart()->axes().size(), 0);
    }

    void time_per_token_is_the_mean_over_timed_repetitions() {
        std::vector<Observation> tokens;
        const auto add = [&](std::int64_t repetition, std::int64_t index, std::int64_t ms) {
            tokens.push_back(
                {.kind = ObservationKind::token, .time_ns = ms * 1'000'000, .repetition = repetition, .index = index});
        };
        add(-1, 0, 0), add(-1, 1, 900);  // warm-up
        add(0, 0, 1000), add(0, 1, 1010), add(0, 2, 1022);
        add(1, 0, 2000), add(1, 1, 2020), add(1, 2, 2034);
        add(2, 0, 3000), add(2, 2, 3500);  // a token is missing: its successor's time is not known
        const SequenceLine line = make_sequence("x", tokens);
        QCOMPARE(line.points.size(), std::size_t(2));
        QCOMPARE(line.points[0].position, 2.0);
        QCOMPARE(line.points[0].ms, 15.0);
        QCOMPARE(line.points[1].ms, 13.0);
        QVERIFY(make_sequence("x", {}).points.empty());
    }

    void long_sequences_are_averaged_not_cut() {
        std::vector<Observation> tokens;
        for (int i = 0; i < 10'000; ++i) {
            tokens.push_back({.kind = ObservationKind::token, .time_ns = i * 2'000'000LL, .repetition = 0, .index = i});
        }
        const SequenceLine line = make_sequence("x", tokens);
        QVERIFY(line.points.size() <= max_sequence_points);
        QVERIFY(line.points.back().position > 9'900);
        for (const SequencePoint& point : line.points) {
            QVERIFY(std::abs(point.ms - 2) < 1e-9);
        }
    }

    void charts_and_tables_export_as_valid_files() {
        const QTemporaryDir folder;
        MetricChart metric_chart;
        metric_chart.resize(480, 300);
        metric_chart.show_data(make_metric_chart(sweep_rows(), decode));
        SequenceChart sequence_chart;
        sequence_chart.resize(480, 300);
        sequence_chart.show_lines({{"a", {{1, 10}, {2, 11}, {3, 12}}}});
        int number = 0;
        for (QChartView* view : {static_cast<QChartView*>(&metric_chart), static_cast<QChartView*>(&sequence_chart)}) {
            view->show();
            QVERIFY(QTest::qWaitForWindowExposed(view));
            const QString base = folder.filePath(QString::number(number++));
            QVERIFY(export_chart(*view, base + QStringLiteral(".png")));
            const QImage image(base + QStringLiteral(".png"));
            QCOMPARE(image.size(), view->viewport()->size() * 2);
            QSet<QRgb> colours;
            for (int y = 0; y < image.height(); y += 3) {
                for (int x = 0; x < image.width(); x += 3) {
                    colours.insert(image.pixel(x, y));
                }
            }
            QVERIFY(colours.size() > 5);  // something is drawn
            QVERIFY(export_chart(*view, base + QStringLiteral(".svg")));
            QSvgRenderer svg(base + QStringLiteral(".svg"));
            QVERIFY(svg.isValid());
            QVERIFY(!svg.viewBoxF().isEmpty());
        }
        const auto refused = export_chart(metric_chart, folder.filePath(QStringLiteral("a.bmp")));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, std::string("EXPORT_FORMAT"));
        const QString csv = folder.filePath(QStringLiteral("t.csv"));
        QVERIFY(export_text(report::to_csv(report::result_rows(sweep_rows(), report::Seeds::apart)), csv));
        QFile file(csv);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QList<QByteArray> lines = file.readAll().split('\n');
        QVERIFY(lines.size() >= 8);
        QVERIFY(lines[0].contains("decode_tokens_per_second"));
        const auto unwritable = export_text("x", folder.filePath(QStringLiteral("no/folder.csv")));
        QVERIFY(!unwritable);
        QCOMPARE(unwritable.error().code, std::string("FILE_WRITE"));
    }

    void only_the_newest_question_is_answered() {
        studio_test::FakeResults service;
        service.rows = sweep_rows();
        ResultsController controller(service);
        QSignalSpy changed(&controller, &ResultsController::trials_changed);
        for (int i = 0; i < 20; ++i) {
            controller.choose("unknown " + std::to_string(i));
        }
        controller.choose("example");
        QTRY_COMPARE(changed.count(), 1);
        QCOMPARE(controller.trials().size(), std::size_t(7));
    }
};

QTEST_MAIN(TestStudioResults)
#include "test_studio_results.moc"
