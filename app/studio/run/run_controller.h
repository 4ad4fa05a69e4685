// Plans and runs one experiment on a background thread and tells the window in its own. Plans are coalesced: while one
// is being made only the newest text waits. Thread rule: the window's thread.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <stop_token>

#include "app/studio/run/live_feed.h"
#include "app/studio/run/run_eta.h"
#include "app/studio/service/background_queue.h"
#include "app/studio/service/services.h"

namespace tandem::studio {

class RunController : public QObject {
    Q_OBJECT
public:
    explicit RunController(RunService& service, QObject* parent = nullptr);
    ~RunController() override;

    // idle: no plan. planning: making one. ready: it can be run. running; stopping: asked to.
    enum class State { idle, planning, ready, running, stopping };
    static constexpr int live_interval_ms = 50;

    State state() const { return state_; }
    bool is_running() const { return state_ == State::running || state_ == State::stopping; }
    const std::shared_ptr<const PreparedRun>& prepared() const { return prepared_; }
    std::optional<double> remaining_s() const { return eta_.remaining_s(); }

    // Ignored while a run is going on.
    void plan(const std::string& yaml, const std::string& file_name);
    void forget_plan();
    // Runs the plan; while it is still being made, as soon as it is there. Without either, nothing happens.
    void run();
    void cancel();

signals:
    void state_changed(tandem::studio::RunController::State state);
    void planned();
    void plan_failed(const tandem::Error& error);
    void run_started();
    void live(const tandem::studio::LiveBatch& batch);
    void run_finished(const tandem::RunSummary& summary);
    void run_failed(const tandem::Error& error);

private:
    struct Text {
        std::string yaml, file_name;
    };
    void set_state(State state);
    void start_planning(Text text);
    void take_plan(Result<PreparedRun> result);
    void take_summary(Result<RunSummary> result);
    void pass_on();

    RunService& service_;
    State state_ = State::idle;
    std::shared_ptr<const PreparedRun> prepared_;
    std::optional<Text> newest_;  // waits while a plan is being made
    bool run_when_ready_ = false;
    bool forgotten_ = false;  // the plan being made is of a text that is gone
    LiveFeed feed_;
    QTimer timer_;
    QElapsedTimer clock_;
    RunEta eta_;
    std::stop_source run_stop_;
    BackgroundQueue queue_;  // last: its end waits for work that uses the rest
};

}  // namespace tandem::studio
