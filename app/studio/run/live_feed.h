// Between a running batch and a window: the run's thread puts news in as fast as they come, the window takes them out
// some twenty times a second as one batch. Memory is bounded: what is more than a window can show is dropped, the
// newest kept. Thread rule: any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/studio/training/training_history.h"
#include "experiments/execute/executor.h"

namespace tandem::studio {

struct TrialNews {
    TrialState state = TrialState::queued;
    std::int64_t attempt = 0;
    double fraction = 0;
    std::string what;                                            // "repetition 2 of 5", "waiting: 1.2 GiB needed"
    double tokens_per_second = 0;                                // over the last tokens; 0: none yet
    std::int64_t tokens = 0;                                     // of this attempt
    std::string error;                                           // of a failed trial
    std::optional<double> training_seconds_left = std::nullopt;  // while it trains
};

// What a training has told since the last batch, in order.
struct LiveTraining {
    std::int64_t attempt = 1;
    std::vector<Observation> observations;
    std::int64_t stride = 1;  // only each so many-th step is in it: the window could not follow
};

struct LiveBatch {
    std::map<std::string, TrialNews> trials;       // those with news, by id
    std::map<std::string, LiveTraining> training;  // by id
    std::string text;                              // what the models said, in order; UTF-8
    std::vector<std::string> log;
    std::int64_t dropped_bytes = 0;  // of text, because the window could not follow
    std::int64_t dropped_lines = 0;
    bool empty() const { return trials.empty() && training.empty() && text.empty() && log.empty(); }
};

class LiveFeed {
public:
    static constexpr std::size_t max_text_bytes = 64 << 10;
    static constexpr std::size_t max_log_lines = 1000;
    static constexpr std::size_t rate_window = 32;  // tokens
    static constexpr std::size_t max_training_observations = 50'000;

    // Callbacks that put everything into this feed, which must outlive the run.
    RunListener listener();
    LiveBatch take();

private:
    struct Trace {
        TrialNews news;
        std::int64_t repetition = 0;
        bool any_token = false;
        bool spoke = false;  // something to read, in this repetition or an earlier one
        std::string heading;
        std::deque<std::int64_t> times_ns;
        TrainingPace pace;
    };
    Trace& touch(const Trial& trial);
    void put_text(std::string_view text);
    void put_log(std::string line);
    void observe(const Trial& trial, const Observation& observation);
    void put_training(const Trial& trial, Trace& trace, const Observation& observation);

    std::mutex mutex_;
    std::map<std::string, Trace> traces_;  // of running trials
    LiveBatch pending_;
};

}  // namespace tandem::studio
