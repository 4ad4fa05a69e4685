// Live news of a run on stderr: trials done, time left, what the current trial does and how fast. Thread rule: the
// listener's calls come one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "app/cli/status_line.h"
#include "app/cli/training_news.h"
#include "app/runner/runner.h"

namespace tandem::cli {

// Tokens a second over the last tokens of a trial, from the worker's own times.
class TokenRate {
public:
    void add(std::int64_t time_ns);
    double per_second() const;  // 0 where there are too few

private:
    std::deque<std::int64_t> times_ns_;
};

class RunProgress {
public:
    RunProgress(const Plan& plan, StatusLine& line);
    RunListener listener();
    bool anything_started() const { return started_; }

private:
    struct Current {
        std::string phase, what;
        double fraction = 0;
        TokenRate rate;
        TrainingNews training;
    };
    void observe(const Trial& trial, const Observation& observation);
    void show();
    double seconds_left() const;
    std::string counts() const;
    std::string current_text(bool labelled) const;

    StatusLine& line_;
    std::int64_t to_run_ = 0;
    std::int64_t ended_ = 0;
    std::int64_t failed_ = 0;
    bool started_ = false;
    double estimated_all_ = 0;    // seconds of all trials to run, as planned
    double estimated_ended_ = 0;  // of those that ended
    std::chrono::steady_clock::time_point begun_;
    std::map<const Trial*, Current> current_;
    std::string waiting_;
};

std::string trial_label(const Trial& trial);

}  // namespace tandem::cli
