// Planning and running in the background, and what the window shows of it.
#include <QSignalSpy>
#include <QTest>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "app/studio/results/results_controller.h"
#include "app/studio/run/live_feed.h"
#include "app/studio/run/run_controller.h"
#include "app/studio/run/run_eta.h"
#include "app/studio/run/run_page.h"
#include "app/studio/run/run_table_model.h"
#include "tests/app/studio/fake_services.h"

using namespace tandem;
using namespace tandem::studio;
using studio_test::FakeRuns;
using studio_test::prepared_run;
using State = RunController::State;

namespace {

constexpr int patience_ms = 10'000;

Observation token(std::int64_t index, std::int64_t time_ns, const std::string& text, std::int64_t repetition = 0) {
    return {.kind = ObservationKind::token,
            .time_ns = time_ns,
            .repetition = repetition,
            .index = index,
            .name = {},
            .value = 1,
            .text = text};
}

// Lets a fake's thread wait until the test says so.
class Gate {
public:
    void open() {
        {
            const std::lock_guard lock(mutex_);
            open_ = true;
        }
        changed_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(patience_ms), [this] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

Result<RunSummary> run_until_stopped(const PreparedRun& run, const RunListener& listener, const std::stop_token& stop) {
    const Trial& trial = run.plan.trials.front();
    listener.started(trial, 1);
    while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    listener.finished(trial, TrialState::cancelled, nullptr);
    return RunSummary{.cancelled = 1, .interrupted = true};
}

}  // namespace

class TestStudioRun : public QObject {
    Q_OBJECT
private slots:
    void a_run_goes_from_text_to_summary() {
        FakeRuns runs;
        RunController controller(runs);
        QSignalSpy finished(&controller, &RunController::run_finished);
        QList<State> states;
        connect(&controller, &RunController::state_changed, this, [&](State state) { states << state; });
        controller.run();
        QCOMPARE(controller.state(), State::idle);  // nothing to run yet
        controller.plan("text", "file");
        QTRY_COMPARE(controller.state(), State::ready);
        QCOMPARE(controller.prepared()->plan.trials.size(), std::size_t(3));
        controller.run();
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patience_ms);
        QCOMPARE(states, (QList<State>{State::planning, State::ready, State::running, State::idle}));
    }

    void run_asked_while_planning_starts_when_the_plan_is_there() {
        FakeRuns runs;
        Gate gate;
        runs.on_prepare = [&](const std::string&) {
            gate.wait();
            return prepared_run(1);
        };
        RunController controller(runs);
        QSignalSpy finished(&controller, &RunController::run_finished);
        controller.plan("text", "file");
        controller.run();
        QCOMPARE(runs.runs.load(), 0);
        gate.open();
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patience_ms);
        QCOMPARE(runs.runs.load(), 1);
    }

    void only_the_newest_text_is_planned_after_the_running_one() {
        FakeRuns runs;
        Gate gate;
        std::mutex mutex;
        std::vector<std::string> seen;
        runs.on_prepare = [&](const std::string& yaml) {
            {
                const std::lock_guard lock(mutex);
                seen.push_back(yaml);
            }
            gate.wait();
            return prepared_run(1);
        };
        RunController controller(runs);
        QSignalSpy planned(&controller, &RunController::planned);
        for (int i = 0; i < 50; ++i) {
            controller.plan("text " + std::to_string(i), "file");
        }
        gate.open();
        QTRY_COMPARE_WITH_TIMEOUT(planned.count(), 1, patience_ms);
        const std::lock_guard lock(mutex);
        QCOMPARE(seen.size(), std::size_t(2));
        QCOMPARE(seen.back(), std::string("text 49"));
    }

    void a_plan_of_a_text_that_is_gone_is_dropped() {
        FakeRuns runs;
        Gate gate;
        runs.on_prepare = [&](const std::string&) {
            gate.wait();
            return prepared_run(1);
        };
        RunController controller(runs);
        QSignalSpy planned(&controller, &RunController::planned);
        controller.plan("text", "file");
        controller.forget_plan();
        controller.run();
        gate.open();
        QTRY_COMPARE(controller.state(), State::idle);
        QCOMPARE(planned.count(), 0);
        QCOMPARE(runs.runs.load(), 0);
    }

    void a_failed_plan_says_why_and_can_be_made_again() {
        FakeRuns runs;
        runs.on_prepare = [&](const std::string& yaml) -> Result<PreparedRun> {
            if (yaml == "good") {
                return prepared_run(1);
            }
            return Error{.code = "MODEL_NOT_FOUND", .message = "no such model", .where = "file"};
        };
        RunController controller(runs);
        std::string code;
        connect(&controller, &RunController::plan_failed, this, [&](const Error& error) { code = error.code; });
        controller.plan("bad", "file");
        QTRY_COMPARE(code, std::string("MODEL_NOT_FOUND"));
        QCOMPARE(controller.state(), State::idle);
        controller.plan("good", "file");
        QTRY_COMPARE(controller.state(), State::ready);
    }

    void cancel_asks_the_run_to_stop_and_waits_for_it() {
        FakeRuns runs;
        runs.on_run = run_until_stopped;
        RunController controller(runs);
        std::optional<RunSummary> summary;
        connect(&controller, &RunController::run_finished, this, [&](const RunSummary& got) { summary = got; });
        controller.plan("text", "file");
        controller.run();
        QTRY_COMPARE(controller.state(), State::running);
        controller.plan("other", "file");  // not while running
        controller.cancel();
        QCOMPARE(controller.state(), State::stopping);
        controller.cancel();
        QTRY_VERIFY_WITH_TIMEOUT(summary.has_value(), patience_ms);
        QVERIFY(summary->interrupted);
        QCOMPARE(controller.state(), State::idle);
        QCOMPARE(runs.prepared.load(), 1);
    }

    void cancel_before_the_run_has_begun_stops_it_too() {
        for (int i = 0; i < 50; ++i) {
            FakeRuns runs;
            runs.on_run = run_until_stopped;
            RunController controller(runs);
            QSignalSpy finished(&controller, &RunController::run_finished);
            connect(&controller, &RunController::run_started, &controller, &RunController::cancel);
            controller.plan("text", "file");
            controller.run();
            QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patience_ms);
        }
    }

    void a_run_that_cannot_go_on_reports_its_error() {
        FakeRuns runs;
        runs.on_run = [](const PreparedRun&, const RunListener&, const std::stop_token&) -> Result<RunSummary> {
            return Error{.code = "DB_FULL", .message = "the disk is full", .where = "/db", .kind = ErrorKind::io};
        };
        RunController controller(runs);
        std::string code;
        connect(&controller, &RunController::run_failed, this, [&](const Error& error) { code = error.code; });
        controller.plan("text", "file");
        controller.run();
        QTRY_COMPARE_WITH_TIMEOUT(code, std::string("DB_FULL"), patience_ms);
        QCOMPARE(controller.state(), State::idle);
    }

    void destroying_the_controller_during_a_run_stops_it() {
        FakeRuns runs;
        runs.on_run = run_until_stopped;
        auto controller = std::make_unique<RunController>(runs);
        controller->plan("text", "file");
        controller->run();
        QTRY_COMPARE_WITH_TIMEOUT(runs.runs.load(), 1, patience_ms);
        controller.reset();  // returns only because the run was told to stop
        QCOMPARE(runs.runs.load(), 1);
    }

    void a_hundred_thousand_tokens_become_few_signals_and_no_text_is_lost_or_reordered() {
        FakeRuns runs;
        constexpr int count = 100'000;
        runs.on_run = [&](const PreparedRun& run, const RunListener& listener,
                          const std::stop_token&) -> Result<RunSummary> {
            const Trial& trial = run.plan.trials.front();
            listener.started(trial, 1);
            for (int i = 0; i < count; ++i) {
                listener.observed(trial, token(i, i * 1'000'000LL, std::to_string(i) + " "));
            }
            listener.finished(trial, TrialState::done, nullptr);
            return RunSummary{.done = 1};
        };
        RunController controller(runs);
        QSignalSpy finished(&controller, &RunController::run_finished);
        int batches = 0;
        std::int64_t bytes = 0;
        std::string last;
        TrialNews news;
        connect(&controller, &RunController::live, this, [&](const LiveBatch& batch) {
            ++batches;
            bytes += static_cast<std::int64_t>(batch.text.size()) + batch.dropped_bytes;
            last = batch.text.empty() ? last : batch.text;
            QVERIFY(batch.text.size() <= LiveFeed::max_text_bytes);
            for (const auto& [id, one] : batch.trials) {
                news = one;
            }
        });
        QElapsedTimer clock;
        clock.start();
        controller.plan("text", "file");
        controller.run();
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patience_ms);
        QVERIFY(batches <= clock.elapsed() / RunController::live_interval_ms + 2);
        QCOMPARE(news.state, TrialState::done);
        QCOMPARE(news.tokens, std::int64_t(count));
        QVERIFY(last.ends_with("99998 99999 "));
        std::int64_t sent = 0;
        for (int i = 0; i < count; ++i) {
            sent += static_cast<std::int64_t>(std::to_string(i).size()) + 1;
        }
        QVERIFY(bytes >= sent && bytes < sent + 200);  // and the trial's heading
    }

    void the_live_rate_is_that_of_the_last_tokens_of_one_repetition() {
        LiveFeed feed;
        const RunListener listener = feed.listener();
        const PreparedRun run = prepared_run(1);
        const Trial& trial = run.plan.trials.front();
        listener.started(trial, 1);
        for (int i = 0; i <= 10; ++i) {
            listener.observed(trial, token(i, i * 20'000'000LL, "a"));
        }
        QCOMPARE(feed.take().trials.at(trial.id).tokens_per_second, 50.0);
        // The pause between repetitions does not count.
        listener.observed(trial, token(0, 9'000'000'000LL, "b", 1));
        QCOMPARE(feed.take().trials.at(trial.id).tokens_per_second, 0.0);
        listener.observed(trial, token(1, 9'010'000'000LL, "c", 1));
        const LiveBatch batch = feed.take();
        QCOMPARE(batch.trials.at(trial.id).tokens_per_second, 100.0);
        QCOMPARE(batch.text, std::string("c"));
        QVERIFY(feed.take().empty());
    }

    void a_benchmark_without_text_leaves_the_pane_empty() {
        LiveFeed feed;
        const RunListener listener = feed.listener();
        const PreparedRun run = prepared_run(1);
        listener.started(run.plan.trials.front(), 1);
        for (int repetition = -1; repetition < 3; ++repetition) {
            listener.observed(run.plan.trials.front(), token(0, repetition, "", repetition));
        }
        QVERIFY(feed.take().text.empty());
    }

    void too_much_text_is_cut_between_characters_and_counted() {
        LiveFeed feed;
        const RunListener listener = feed.listener();
        const PreparedRun run = prepared_run(1);
        listener.started(run.plan.trials.front(), 1);
        listener.observed(run.plan.trials.front(), token(0, 0, "the heading comes with the first text"));
        (void)feed.take();
        const std::string duck = "\xF0\x9F\xA6\x86";
        for (int i = 0; i < 30'000; ++i) {
            listener.observed(run.plan.trials.front(), token(i, i, duck));
        }
        const LiveBatch batch = feed.take();
        QCOMPARE(batch.dropped_bytes + static_cast<std::int64_t>(batch.text.size()), std::int64_t(30'000 * 4));
        QVERIFY(batch.dropped_bytes > 0);
        QVERIFY(batch.text.starts_with(duck));
    }

    void the_table_tells_only_of_rows_with_news() {
        const PreparedRun run = prepared_run(5000);
        RunTableModel model;
        model.set_plan(run.plan);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        LiveBatch batch;
        batch.trials[run.plan.trials[7].id] = {
            .state = TrialState::running, .fraction = 0.5, .what = "repetition 2 of 4", .tokens_per_second = 61.25};
        batch.trials[run.plan.trials[4999].id] = {
            .state = TrialState::failed, .what = "WORKER_KILLED", .error = "WORKER_KILLED: killed by signal 9"};
        batch.trials["unknown"] = {};
        model.apply(batch);
        QCOMPARE(changed.count(), 2);
        QCOMPARE(model.finished(), 1);
        QCOMPARE(model.index(7, RunTableModel::column_progress).data().toString(), QStringLiteral("50 %"));
        QCOMPARE(model.index(7, RunTableModel::column_rate).data().toString(), QStringLiteral("61.3"));
        QCOMPARE(model.index(4999, 0).data(Qt::ToolTipRole).toString(),
                 QStringLiteral("WORKER_KILLED: killed by signal 9"));
        model.apply(batch);
        QCOMPARE(model.finished(), 1);
    }

    void trials_done_before_are_finished_from_the_start() {
        PreparedRun run = prepared_run(2);
        run.plan.trials[0].action = TrialAction::skip;
        run.plan.trials[0].reason = "done on 2026-11-24";
        RunTableModel model;
        model.set_plan(run.plan);
        QCOMPARE(model.finished(), 1);
        QCOMPARE(model.index(0, RunTableModel::column_state).data().toString(), QStringLiteral("done before"));
    }

    void the_remaining_time_learns_from_finished_trials() {
        PreparedRun run = prepared_run(3);  // 10 s each by estimate
        RunEta eta;
        eta.start(run.plan);
        QCOMPARE(*eta.remaining_s(), 30.0);
        const auto& trials = run.plan.trials;
        eta.trial_started(trials[0].id, 0);
        eta.trial_progress(trials[0].id, 0.5);
        QCOMPARE(*eta.remaining_s(), 25.0);
        eta.trial_finished(trials[0].id, 20);  // twice as long as estimated
        QCOMPARE(*eta.remaining_s(), 40.0);
        eta.trial_finished(trials[1].id, 20);
        eta.trial_finished(trials[2].id, 20);
        QVERIFY(!eta.remaining_s());
    }

    void the_page_shows_tokens_log_and_outcome() {
        FakeRuns runs;
        runs.on_run = [](const PreparedRun& run, const RunListener& listener,
                         const std::stop_token&) -> Result<RunSummary> {
            const Trial& trial = run.plan.trials.front();
            listener.started(trial, 1);
            listener.observed(trial, token(0, 0, "Par"));
            listener.observed(trial, token(1, 1'000'000, "is."));
            const Error error{.code = "WORKER_KILLED", .message = "killed", .where = "worker"};
            listener.finished(trial, TrialState::failed, &error);
            return RunSummary{.done = 0, .failed = 1};
        };
        RunController controller(runs);
        studio_test::FakeResults results;
        ResultsController reader(results);
        RunPage page(controller, reader);
        controller.plan("text", "file");
        controller.run();
        QTRY_VERIFY_WITH_TIMEOUT(page.spoken().contains(QLatin1String("Paris.")), patience_ms);
        QTRY_COMPARE(page.table().index(0, RunTableModel::column_state).data().toString(), QStringLiteral("failed"));
    }
};

QTEST_MAIN(TestStudioRun)
#include "test_studio_run.moc"
