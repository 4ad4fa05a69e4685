#include "app/studio/run/run_controller.h"

#include <utility>

namespace tandem::studio {

RunController::RunController(RunService& service, QObject* parent) : QObject(parent), service_(service) {
    timer_.setInterval(live_interval_ms);
    connect(&timer_, &QTimer::timeout, this, &RunController::pass_on);
}

RunController::~RunController() = default;

void RunController::plan(const std::string& yaml, const std::string& file_name) {
    if (is_running()) {
        return;
    }
    Text text{yaml, file_name};
    forgotten_ = false;
    if (state_ == State::planning) {
        newest_ = std::move(text);
    } else {
        start_planning(std::move(text));
    }
}

void RunController::forget_plan() {
    if (is_running()) {
        return;
    }
    prepared_.reset();
    newest_.reset();
    run_when_ready_ = false;
    if (state_ == State::planning) {
        forgotten_ = true;
    } else {
        set_state(State::idle);
    }
}

void RunController::run() {
    if (state_ == State::planning && !forgotten_) {
        run_when_ready_ = true;
    }
    if (state_ != State::ready) {
        return;
    }
    eta_.start(prepared_->plan);
    (void)feed_.take();
    clock_.start();
    timer_.start();
    run_stop_ =
        queue_.post([this, prepared = prepared_](
                        const std::stop_token& stop) { return service_.run(*prepared, feed_.listener(), stop); },
                    this, [this](Result<RunSummary> result) { take_summary(std::move(result)); });
    set_state(State::running);
    emit run_started();
}

void RunController::cancel() {
    if (state_ == State::running) {
        set_state(State::stopping);
        run_stop_.request_stop();
    }
}

void RunController::set_state(State state) {
    if (state_ != state) {
        state_ = state;
        emit state_changed(state);
    }
}

void RunController::start_planning(Text text) {
    prepared_.reset();
    set_state(State::planning);
    queue_.post(
        [this, text = std::move(text)](const std::stop_token&) { return service_.prepare(text.yaml, text.file_name); },
        this, [this](Result<PreparedRun> result) { take_plan(std::move(result)); });
}

void RunController::take_plan(Result<PreparedRun> result) {
    if (newest_) {
        start_planning(*std::exchange(newest_, std::nullopt));
        return;
    }
    if (std::exchange(forgotten_, false)) {
        set_state(State::idle);
        return;
    }
    if (!result) {
        run_when_ready_ = false;
        set_state(State::idle);
        emit plan_failed(result.error());
        return;
    }
    prepared_ = std::make_shared<const PreparedRun>(std::move(*result));
    set_state(State::ready);
    emit planned();
    if (std::exchange(run_when_ready_, false)) {
        run();
    }
}

void RunController::take_summary(Result<RunSummary> result) {
    timer_.stop();
    pass_on();
    // What was just run is done now: the plan's reasons are out of date.
    prepared_.reset();
    set_state(State::idle);
    if (result) {
        emit run_finished(*result);
    } else {
        emit run_failed(result.error());
    }
}

void RunController::pass_on() {
    const LiveBatch batch = feed_.take();
    const double now_s = static_cast<double>(clock_.elapsed()) / 1000;
    for (const auto& [id, news] : batch.trials) {
        if (news.state == TrialState::running) {
            if (!eta_.is_running(id)) {
                eta_.trial_started(id, now_s);
            }
            eta_.trial_progress(id, news.fraction, news.training_seconds_left);
        } else if (news.state != TrialState::queued) {
            eta_.trial_finished(id, now_s);
        }
    }
    if (!batch.empty()) {
        emit live(batch);
    }
}

}  // namespace tandem::studio
