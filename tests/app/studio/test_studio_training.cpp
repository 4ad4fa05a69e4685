// The live view of trainings: what is made of their observations, and what the window shows of it.
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/studio/results/results_page.h"
#include "app/studio/results/trial_table_model.h"
#include "app/studio/run/live_feed.h"
#include "app/studio/run/run_controller.h"
#include "app/studio/run/run_page.h"
#include "app/studio/run/run_table_model.h"
#include "app/studio/run/training_room.h"
#include "app/studio/training/preview_list.h"
#include "app/studio/training/preview_table_model.h"
#include "app/studio/training/training_chart.h"
#include "app/studio/widgets/message_bar.h"
#include "tests/app/studio/fake_services.h"

using namespace tandem;
using namespace tandem::studio;
using studio_test::FakeResults;
using studio_test::FakeRuns;
using studio_test::prepared_run;

namespace {

constexpr int patience_ms = 10'000;
constexpr std::int64_t second_ns = 1'000'000'000;

Observation sample(const std::string& name, std::int64_t step, double value) {
    return {.kind = ObservationKind::sample,
            .time_ns = step * second_ns,
            .index = step,
            .name = name,
            .value = value,
            .text = {}};
}

Observation preview(std::int64_t step, std::int64_t example, const std::string& text, const std::string& name = "eos") {
    return {.kind = ObservationKind::preview,
            .time_ns = step * second_ns,
            .repetition = example,
            .index = step,
            .name = name,
            .text = text};
}

// What the engine sends of a training of `steps` from step `first` to step `last`; a validation each tenth step.
std::vector<Observation> training(std::int64_t first, std::int64_t last, std::int64_t steps, double offset = 0) {
    std::vector<Observation> all;
    for (const std::int64_t example : {0, 1}) {
        const std::string number = std::to_string(example);
        all.push_back(preview(-1, example, "source " + number, "source"));
        all.push_back(preview(-1, example, "target " + number, "target"));
    }
    for (std::int64_t step = first; step <= last; ++step) {
        if (step == first) {
            all.push_back(sample("train_steps", step, static_cast<double>(steps)));
        }
        all.push_back(sample("train_loss", step, offset + 10 / static_cast<double>(step)));
        all.push_back(sample("learning_rate", step, 3e-4));
        all.push_back(sample("gradient_norm", step, 1));
        all.push_back(sample("train_tokens_per_second", step, 512));
        if (step % 10 == 0) {
            all.push_back(sample("validation_loss", step, offset + 11 / static_cast<double>(step)));
            all.push_back(preview(step, 0, "answer 0 of step " + std::to_string(step)));
            all.push_back(preview(step, 1, "answer 1 of step " + std::to_string(step), "length"));
        }
    }
    return all;
}

std::vector<AttemptObservation> of_attempt(std::int64_t attempt, const std::vector<Observation>& observations) {
    std::vector<AttemptObservation> all;
    for (const Observation& observation : observations) {
        all.push_back({.attempt = attempt, .observation = observation});
    }
    return all;
}

TrainingHistory history_of(const std::vector<Observation>& observations, std::int64_t attempt = 1) {
    TrainingHistory history;
    for (const Observation& observation : observations) {
        history.add(attempt, observation);
    }
    return history;
}

bool ascends_by_one(const Curve& curve, std::int64_t first, std::int64_t last) {
    if (curve.size() != static_cast<std::size_t>(last - first + 1)) {
        return false;
    }
    for (std::size_t i = 0; i < curve.size(); ++i) {
        if (curve[i].step != first + static_cast<std::int64_t>(i)) {
            return false;
        }
    }
    return true;
}

// A plan whose trials train; the last does not.
PreparedRun training_run(int count) {
    PreparedRun run = prepared_run(count + 1);
    for (int i = 0; i < count; ++i) {
        run.plan.trials[static_cast<std::size_t>(i)].job.workload = TrainWorkload();
        run.plan.trials[static_cast<std::size_t>(i)].pairing = "guided";
        run.plan.trials[static_cast<std::size_t>(i)].workload = "learn";
    }
    return run;
}

// A page with a run that has ended after what `on_run` told.
struct RunOnPage {
    explicit RunOnPage(
        PreparedRun plan,
        std::function<void(const PreparedRun&, const RunListener&)> on_run = [](const auto&, const auto&) {}) {
        runs.on_prepare = [plan](const std::string&) { return plan; };
        runs.on_run = [on_run](const PreparedRun& run, const RunListener& listener,
                               const std::stop_token&) -> Result<RunSummary> {
            on_run(run, listener);
            return RunSummary{.done = 1};
        };
        page.resize(1024, 540);
    }
    void run() {
        page.show();
        QSignalSpy finished(&controller, &RunController::run_finished);
        controller.plan("text", "file");
        controller.run();
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patience_ms);
    }
    QTabWidget& tabs() { return *page.findChild<QTabWidget*>(QStringLiteral("run_tabs")); }
    const TrainingView& view() const { return page.training().view(); }

    FakeRuns runs;
    FakeResults results;
    RunController controller{runs};
    ResultsController reader{results};
    RunPage page{controller, reader};
};

void tell(const RunListener& listener, const Trial& trial, const std::vector<Observation>& observations) {
    for (const Observation& observation : observations) {
        listener.observed(trial, observation);
    }
}

}  // namespace

class TestStudioTraining : public QObject {
    Q_OBJECT
private slots:
    void a_history_holds_curves_pairs_previews_and_the_time_left() {
        const TrainingHistory history = history_of(training(1, 25, 100));
        QVERIFY(ascends_by_one(history.loss(), 1, 25));
        QVERIFY(ascends_by_one(history.learning_rate(), 1, 25));
        QCOMPARE(history.validation_loss().size(), std::size_t(2));
        QCOMPARE(history.previews().size(), std::size_t(4));
        QCOMPARE(history.previews().back().answer, std::string("answer 1 of step 20"));
        QCOMPARE(history.pair(1).source, std::string("source 1"));
        QCOMPARE(history.pair(1).target, std::string("target 1"));
        QCOMPARE(history.steps(), std::int64_t(100));
        QCOMPARE(*history.seconds_left(), 75.0);  // a second a step
        QCOMPARE(history.best_validation()->step, std::int64_t(20));
        QVERIFY(!history_of({sample("train_steps", 1, 9), sample("train_loss", 1, 2)}).seconds_left());
    }

    void what_is_no_number_is_no_point() {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const TrainingHistory history =
            history_of({sample("train_loss", 1, nan), sample("train_loss", 2, 3), sample("validation_loss", 2, nan)});
        QCOMPARE(history.loss(), (Curve{{2, 3}}));
        QVERIFY(history.validation_loss().empty());
        QVERIFY(!history.best_validation());
    }

    void a_later_attempt_takes_the_place_of_the_steps_it_does_again() {
        TrainingHistory history = history_of(training(1, 27, 40), 1);
        for (const Observation& observation : training(16, 31, 40, 5)) {
            history.add(2, observation);
        }
        QVERIFY(ascends_by_one(history.loss(), 1, 31));
        QCOMPARE(history.loss()[14].value, 10.0 / 15);
        QCOMPARE(history.loss()[15].value, 5 + 10.0 / 16);
        QCOMPARE(history.validation_loss().size(), std::size_t(3));
        QCOMPARE(history.previews().size(), std::size_t(6));
        QCOMPARE(*history.seconds_left(), 9.0);
    }

    void what_was_stored_comes_before_what_is_live() {
        TrainingHistory live = history_of(training(16, 31, 40, 5), 2);
        live.put_before(history_of(training(1, 27, 40), 1));
        QVERIFY(ascends_by_one(live.loss(), 1, 31));
        QCOMPARE(live.loss()[14].value, 10.0 / 15);
        QCOMPARE(live.loss()[15].value, 5 + 10.0 / 16);
        QCOMPARE(live.validation_loss().size(), std::size_t(3));
        QCOMPARE(live.validation_loss()[1].value, 5 + 11.0 / 20);
        QCOMPARE(*live.seconds_left(), 9.0);
        live.add(2, sample("train_loss", 32, 1));
        QVERIFY(ascends_by_one(live.loss(), 1, 32));
    }

    void thinning_keeps_ends_lows_and_highs() {
        Curve curve;
        for (std::int64_t step = 1; step <= 100'000; ++step) {
            curve.push_back({step, step == 33'333   ? -50.0
                                   : step == 77'777 ? 90.0
                                                    : std::sin(static_cast<double>(step))});
        }
        const Curve few = thinned(curve, 1000);
        QVERIFY(few.size() <= 1000 && few.size() > 500);
        QCOMPARE(few.front(), curve.front());
        QCOMPARE(few.back(), curve.back());
        QVERIFY(std::find(few.begin(), few.end(), CurvePoint{33'333, -50.0}) != few.end());
        QVERIFY(std::find(few.begin(), few.end(), CurvePoint{77'777, 90.0}) != few.end());
        QVERIFY(std::is_sorted(few.begin(), few.end(),
                               [](const CurvePoint& a, const CurvePoint& b) { return a.step < b.step; }));
        QCOMPARE(thinned(few, 1000), few);
        for (std::size_t most = 0; most < 9; ++most) {
            QVERIFY(thinned(Curve(curve.begin(), curve.begin() + 20), most).size() <= std::max<std::size_t>(most, 4));
        }
    }

    void a_window_that_cannot_follow_gets_fewer_steps_and_every_preview() {
        LiveFeed feed;
        const RunListener listener = feed.listener();
        const PreparedRun run = training_run(1);
        const Trial& trial = run.plan.trials.front();
        listener.started(trial, 1);
        constexpr std::int64_t steps = 100'000;
        tell(listener, trial, training(1, steps, steps));
        const LiveBatch batch = feed.take();
        const LiveTraining& live = batch.training.at(trial.id);
        QVERIFY(live.observations.size() <= LiveFeed::max_training_observations);
        QVERIFY(live.stride > 1);
        const TrainingHistory history = history_of(live.observations);
        QVERIFY(history.loss().size() > 5000);
        QCOMPARE(history.loss().back().step, steps);
        QCOMPARE(history.previews().size(), TrainingHistory::max_previews);
        QCOMPARE(batch.trials.at(trial.id).tokens_per_second, 512.0);
        QVERIFY(feed.take().empty());
    }

    void the_batch_takes_the_time_left_from_what_trains() {
        const PreparedRun run = training_run(1);  // and one more of 10 s
        RunEta eta;
        eta.start(run.plan);
        eta.trial_started(run.plan.trials[0].id, 0);
        eta.trial_progress(run.plan.trials[0].id, 0.3, 300.0);
        QCOMPARE(*eta.remaining_s(), 310.0);
    }

    void the_words_say_where_a_training_stands() {
        const TrainingHistory history = history_of(training(1, 25, 100));
        const QString running = summarise(history, TrainingState::running, QTime(15, 40));
        for (const char* part : {"Step 25 of 100", "loss 0.4000", "validation loss 0.5500 (step 20, the lowest)",
                                 "learning rate 0.0003", "512 tokens/s", "about 75 s left", "at about 15:41"}) {
            QVERIFY2(running.contains(QLatin1String(part)), qPrintable(running));
        }
        QVERIFY(!summarise(history, TrainingState::over, QTime(15, 40)).contains(QLatin1String("left")));
        QVERIFY(summarise(history, TrainingState::testing, QTime(15, 40)).contains(QLatin1String("test")));
        QCOMPARE(show_clock(QTime(23, 59), 120), QStringLiteral("00:01"));
        QVERIFY(show_clock(QTime(23, 59), 90'000).isEmpty());
    }

    void a_run_that_trains_is_drawn_and_its_outputs_can_be_read() {
        RunOnPage window(training_run(1), [](const PreparedRun& run, const RunListener& listener) {
            listener.started(run.plan.trials[0], 1);
            tell(listener, run.plan.trials[0], training(1, 20, 20));
            listener.finished(run.plan.trials[0], TrialState::done, nullptr);
        });
        window.run();
        QVERIFY(window.tabs().isTabVisible(1));
        QCOMPARE(window.tabs().currentIndex(), 1);
        QTRY_COMPARE(window.view().loss_chart().shown().size(), std::size_t(2));
        const TrainingChart& loss = window.view().loss_chart();
        QVERIFY(ascends_by_one(loss.shown()[0].curve, 1, 20));
        QCOMPARE(loss.shown()[1].curve.size(), std::size_t(2));
        QCOMPARE(window.view().rate_chart().shown()[0].curve.size(), std::size_t(20));
        QCOMPARE(window.view().speed_chart().shown()[0].curve.back().value, 512.0);
        QVERIFY(window.view().summary().startsWith(QLatin1String("guided, learn")));
        QVERIFY(window.view().summary().contains(QLatin1String("Step 20 of 20")));
        QVERIFY(loss.accessibleDescription().contains(QLatin1String("validation loss: 2 points")));
        const PreviewTableModel& table = window.view().previews().table();
        QCOMPARE(table.rowCount(), 4);
        QCOMPARE(table.index(0, PreviewTableModel::column_step).data().toString(), QStringLiteral("20"));
        QCOMPARE(table.index(0, PreviewTableModel::column_source).data().toString(), QStringLiteral("source 0"));
        QCOMPARE(table.index(0, PreviewTableModel::column_target).data().toString(), QStringLiteral("target 0"));
        QCOMPARE(table.index(0, PreviewTableModel::column_output).data().toString(),
                 QStringLiteral("answer 0 of step 20"));
        auto* rows = window.page.findChild<QTableView*>(QStringLiteral("preview_table"));
        auto* text = window.page.findChild<QPlainTextEdit*>(QStringLiteral("preview_text"));
        QVERIFY(text->toPlainText().contains(QLatin1String("answer 0 of step 20")));
        rows->setFocus();
        QTest::keyClick(rows, Qt::Key_Down);
        QVERIFY(text->toPlainText().startsWith(QLatin1String("Step 20, example 2")));
        QVERIFY(text->toPlainText().contains(QLatin1String("target 1")));
    }

    void a_run_without_training_has_no_training_tab() {
        RunOnPage window(prepared_run(2));
        window.run();
        QVERIFY(!window.tabs().isTabVisible(1));
        QCOMPARE(window.tabs().currentIndex(), 0);
    }

    void a_resumed_training_shows_its_earlier_points() {
        RunOnPage window(training_run(1), [](const PreparedRun& run, const RunListener& listener) {
            listener.started(run.plan.trials[0], 2);
            tell(listener, run.plan.trials[0], training(16, 31, 40, 5));
            listener.finished(run.plan.trials[0], TrialState::done, nullptr);
        });
        const std::string id = training_run(1).plan.trials[0].id;
        auto stored = of_attempt(1, training(1, 27, 40));
        for (AttemptObservation& one : of_attempt(2, training(16, 20, 40, 5))) {
            stored.push_back(std::move(one));  // stored already while it comes live
        }
        window.results.trainings[id] = stored;
        window.run();
        QTRY_COMPARE_WITH_TIMEOUT(window.view().loss_chart().shown().size(), std::size_t(2), patience_ms);
        QTRY_VERIFY(ascends_by_one(window.view().loss_chart().shown()[0].curve, 1, 31));
        QCOMPARE(window.view().loss_chart().shown()[0].curve[15].value, 5 + 10.0 / 16);
        QCOMPARE(window.view().previews().table().rowCount(), 6);
    }

    void a_trial_done_in_an_earlier_run_is_read_when_it_is_chosen() {
        PreparedRun plan = training_run(2);
        plan.plan.trials[0].action = TrialAction::skip;
        const std::string id = plan.plan.trials[0].id;
        RunOnPage window(plan, [](const PreparedRun& run, const RunListener& listener) {
            listener.started(run.plan.trials[1], 1);
            tell(listener, run.plan.trials[1], training(1, 5, 5));
            listener.finished(run.plan.trials[1], TrialState::done, nullptr);
        });
        window.results.trainings[id] = of_attempt(1, training(1, 30, 30));
        window.run();
        QTRY_VERIFY(window.view().summary().contains(QLatin1String("Step 5 of 5")));
        window.page.choose_trial(0);
        QTRY_VERIFY_WITH_TIMEOUT(window.view().summary().contains(QLatin1String("Step 30 of 30")), patience_ms);
        QCOMPARE(window.view().previews().table().rowCount(), 6);
        window.page.choose_trial(2);
        QVERIFY(window.page.training().is_empty());
        window.page.choose_trial(1);
        QTRY_VERIFY(window.view().summary().contains(QLatin1String("Step 5 of 5")));
        QVERIFY(!window.page.training().is_empty());
    }

    void a_chosen_output_stays_chosen_while_newer_come() {
        PreviewList list;
        list.show_history(history_of(training(1, 20, 40)));
        auto* rows = list.findChild<QTableView*>(QStringLiteral("preview_table"));
        auto* text = list.findChild<QPlainTextEdit*>(QStringLiteral("preview_text"));
        list.show_history(history_of(training(1, 30, 40)));
        QVERIFY(text->toPlainText().startsWith(QLatin1String("Step 30, example 1")));
        rows->setCurrentIndex(list.table().index(3, 0));
        QVERIFY(text->toPlainText().startsWith(QLatin1String("Step 20, example 2")));
        list.show_history(history_of(training(1, 40, 40)));
        QVERIFY(text->toPlainText().startsWith(QLatin1String("Step 20, example 2")));
        QCOMPARE(rows->currentIndex().row(), 5);
    }

    void a_training_of_many_steps_is_drawn_with_few_points() {
        TrainingChart chart(QStringLiteral("loss"), TrainingChart::Begin::at_lowest);
        const TrainingHistory history = history_of(training(1, 200'000, 200'000));
        QElapsedTimer clock;
        clock.start();
        chart.show_lines({{QStringLiteral("training loss"), history.loss(), false}});
        QVERIFY2(clock.elapsed() < 1000, qPrintable(QString::number(clock.elapsed())));
        QVERIFY(chart.shown()[0].curve.size() <= TrainingChart::max_points);
        QCOMPARE(chart.shown()[0].curve.back().step, std::int64_t(200'000));
    }

    void everything_in_the_room_can_be_reached_and_has_a_name() {
        RunOnPage window(training_run(1), [](const PreparedRun& run, const RunListener& listener) {
            listener.started(run.plan.trials[0], 1);
            tell(listener, run.plan.trials[0], training(1, 20, 20));
        });
        window.run();
        QTRY_COMPARE(window.view().loss_chart().shown().size(), std::size_t(2));
        for (const char* name : {"training_summary", "loss_chart", "learning_rate_chart", "training_speed_chart",
                                 "preview_table", "preview_text"}) {
            auto* widget = window.page.findChild<QWidget*>(QLatin1String(name));
            QVERIFY2(widget != nullptr, name);
            QVERIFY2(!widget->accessibleName().isEmpty(), name);
            QVERIFY2((widget->focusPolicy() & Qt::TabFocus) != 0, name);
            QVERIFY2(widget->isVisible() && widget->height() > 10, name);
        }
        for (const QSize size : {QSize(1024, 540), QSize(1360, 800), QSize(2560, 1380)}) {
            window.page.resize(size);
            QCOMPARE(window.page.size(), size);  // nothing asks for more
            QVERIFY(window.view().loss_chart().height() >= 200);
        }
    }

    void the_results_page_shows_a_stored_training() {
        FakeResults results;
        TrialRow row = studio_test::trial_row(0, "f32", 64, 20);
        row.kind = "train";
        row.pairing = "guided";
        results.rows = {row, studio_test::trial_row(1, "int8", 64, 20)};
        results.trainings[row.id] = of_attempt(1, training(1, 30, 30));
        ResultsController controller(results);
        MessageBar messages;
        ResultsPage page(controller, messages);
        page.resize(1024, 540);
        page.show();
        controller.refresh();
        auto* table = page.findChild<QTableView*>(QStringLiteral("results_table"));
        auto* tabs = page.findChild<QTabWidget*>(QStringLiteral("results_tabs"));
        QTRY_COMPARE_WITH_TIMEOUT(table->model()->rowCount(), 2, patience_ms);
        QTRY_VERIFY(tabs->isTabVisible(2));  // the first that trained, until one is chosen
        const int trained =
            table->model()->index(0, 0).data(TrialTableModel::id_role).toString().toStdString() == row.id ? 0 : 1;
        table->selectRow(1 - trained);
        QTRY_VERIFY(!tabs->isTabVisible(2));
        table->selectRow(trained);
        QTRY_VERIFY(tabs->isTabVisible(2));
        tabs->setCurrentIndex(2);
        auto* summary = page.findChild<QLabel*>(QStringLiteral("training_summary"));
        QTRY_VERIFY(summary->text().contains(QLatin1String("Step 30 of 30")));
    }
};

QTEST_MAIN(TestStudioTraining)
#include "test_studio_training.moc"
