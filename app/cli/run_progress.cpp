#include "app/cli/run_progress.h"

#include <algorithm>
#include <cmath>

#include "app/cli/plan_text.h"
#include "app/cli/terminal.h"
#include "app/report/text_width.h"

namespace tandem::cli {
namespace {

constexpr std::size_t rate_tokens = 32;
constexpr int bar_columns = 20;

}  // namespace

void TokenRate::add(std::int64_t time_ns) {
    if (!times_ns_.empty() && time_ns < times_ns_.back()) {
        times_ns_.clear();
    }
    times_ns_.push_back(time_ns);
    if (times_ns_.size() > rate_tokens) {
        times_ns_.pop_front();
    }
}

double TokenRate::per_second() const {
    if (times_ns_.size() < 2 || times_ns_.back() == times_ns_.front()) {
        return 0;
    }
    constexpr double ns_per_s = 1e9;
    return static_cast<double>(times_ns_.size() - 1) * ns_per_s /
           static_cast<double>(times_ns_.back() - times_ns_.front());
}

std::string trial_label(const Trial& trial) {
    const std::string settings = settings_text(trial);
    return trial.pairing + "/" + trial.workload + (settings.empty() ? "" : " " + settings) +
           (trial.seed != 0 ? " seed=" + std::to_string(trial.seed) : "");
}

RunProgress::RunProgress(const Plan& plan, StatusLine& line) : line_(line), begun_(std::chrono::steady_clock::now()) {
    for (const Trial& trial : plan.trials) {
        if (trial.action == TrialAction::run) {
            ++to_run_;
            estimated_all_ += trial.estimate.seconds;
        }
    }
}

RunListener RunProgress::listener() {
    return {.started =
                [this](const Trial& trial, std::int64_t attempt) {
                    started_ = true;
                    waiting_.clear();
                    current_[&trial] = Current{.phase = attempt > trial.first_attempt ? "starting again" : "starting"};
                    show();
                },
            .observed =
                [this](const Trial& trial, const Observation& observation) {
                    observe(trial, observation);
                    show();
                },
            .progressed =
                [this](const Trial& trial, const Progress& progress) {
                    Current& current = current_[&trial];
                    current.what = progress.what;
                    current.fraction = progress.fraction;
                    show();
                },
            .finished =
                [this](const Trial& trial, TrialState state, const Error* error) {
                    current_.erase(&trial);
                    if (state == TrialState::cancelled) {
                        return;
                    }
                    ++ended_;
                    estimated_ended_ += trial.estimate.seconds;
                    if (state == TrialState::failed) {
                        ++failed_;
                        line_.print(toned(Stream::err, Tone::red, "failed:") + " " +
                                    report::printable(trial_label(trial)) + ": " +
                                    (error == nullptr ? "" : error->to_string()));
                    }
                    show();
                },
            .waiting =
                [this](const Trial&, std::string_view why) {
                    waiting_ = why;
                    show();
                }};
}

void RunProgress::observe(const Trial& trial, const Observation& observation) {
    Current& current = current_[&trial];
    if (observation.kind == ObservationKind::phase_begin) {
        current.phase = observation.name;
    } else if (observation.kind == ObservationKind::phase_end && current.phase == observation.name) {
        current.phase.clear();  // what follows, as the reading of data, is told by progress alone
    } else if (observation.kind == ObservationKind::token) {
        current.rate.add(observation.time_ns);
    }
    for (const std::string& line : current.training.add(observation)) {
        const bool labelled = !line.starts_with(' ') || current_.size() > 1;
        const std::string whole = labelled ? report::printable(trial_label(trial)) + " " + line : line;
        constexpr std::size_t widest_line = 200;  // a source may be a whole page
        line_.print(report::cut_to_width(whole, widest_line));
    }
}

// The plan's estimates, corrected by how they did so far. What trains says it better.
double RunProgress::seconds_left() const {
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    const double running = current_.empty() ? 0 : elapsed;
    double part_of_current = 0;   // of the planned seconds
    double part_of_training = 0;  // likewise, of those that train
    double training = 0;          // seconds left of them
    double estimated_training = 0;
    for (const auto& [trial, current] : current_) {
        const double part = trial->estimate.seconds * current.fraction;
        if (const auto left = current.training.seconds_left()) {
            training += *left;
            estimated_training += trial->estimate.seconds;
            part_of_training += part;
        } else {
            part_of_current += part;
        }
    }
    const double others = estimated_all_ - estimated_ended_ - estimated_training;
    if (ended_ == 0 || estimated_ended_ <= 0) {
        return training + std::max(0.0, others - (estimated_training > 0 ? part_of_current : running));
    }
    const double factor = elapsed / std::max(estimated_ended_ + part_of_current + part_of_training, 1e-9);
    return training + std::max(0.0, (others - part_of_current) * factor);
}

std::string RunProgress::current_text(bool labelled) const {
    if (current_.empty()) {
        return waiting_.empty() ? "" : "waiting: " + waiting_;
    }
    const auto& [trial, current] = *current_.begin();
    const std::string training = labelled ? current.training.now() : current.training.now_briefly();
    std::string text = labelled ? trial_label(*trial) + ": " : "";
    const std::string phase = training.empty() ? current.phase : "";
    text += phase + (phase.empty() || current.what.empty() ? "" : ", ") + current.what;
    if (!training.empty()) {
        text += ", " + training;
    } else if (const double rate = current.rate.per_second(); rate > 0) {
        text += ", " + std::to_string(std::lround(rate)) + " tokens/s";
    }
    if (current_.size() > 1) {
        text += " (and " + std::to_string(current_.size() - 1) + " more)";
    }
    return report::printable(text);
}

void RunProgress::show() {
    double done = static_cast<double>(ended_);
    for (const auto& [trial, current] : current_) {
        done += current.fraction;
    }
    const double fraction = to_run_ > 0 ? done / static_cast<double>(to_run_) : 1;
    const std::string current = current_text(true);
    const std::string rest = counts() + (current.empty() ? "" : "  " + current);
    std::string text = progress_bar(fraction, bar_columns) + "  " + rest;
    if (is_terminal(Stream::err)) {
        // What does not fit is cut at the right: the news of now goes before the bar and the counts.
        const auto fits = [&] {
            return report::display_width(text) < static_cast<std::size_t>(std::max(1, terminal_width()));
        };
        const std::string percent = std::to_string(static_cast<int>(fraction * 100)) + "%  ";
        text = fits() ? text : percent + rest;
        text = fits() || current_.empty() ? text : percent + current_text(false);
    }
    line_.show(text);
}

std::string RunProgress::counts() const {
    std::string text = std::to_string(ended_) + " of " + std::to_string(to_run_) + " trials";
    if (failed_ > 0) {
        text += ", " + std::to_string(failed_) + " failed";
    }
    if (const double left = seconds_left(); left >= 1) {
        text += ", " + show_seconds(left) + " left";
    }
    return text;
}

}  // namespace tandem::cli
