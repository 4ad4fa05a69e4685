#include "app/studio/run/live_feed.h"

#include <utility>

#include "app/studio/widgets/words.h"

namespace tandem::studio {
namespace {

std::string heading(const Trial& trial) {
    std::string text = trial.model + ", " + trial.workload;
    for (const auto& [path, value] : trial.settings) {
        text += ", " + show_setting_name(path).toStdString() + " " + value;
    }
    return text;
}

double rate(const std::deque<std::int64_t>& times_ns) {
    if (times_ns.size() < 2 || times_ns.back() <= times_ns.front()) {
        return 0;
    }
    return static_cast<double>(times_ns.size() - 1) * 1e9 / static_cast<double>(times_ns.back() - times_ns.front());
}

}  // namespace

RunListener LiveFeed::listener() {
    RunListener listener;
    listener.started = [this](const Trial& trial, std::int64_t attempt) {
        const std::lock_guard lock(mutex_);
        traces_.erase(trial.id);
        Trace& trace = touch(trial);
        trace.news = {.state = TrialState::running, .attempt = attempt, .what = {}, .error = {}};
        pending_.trials[trial.id] = trace.news;
        pending_.training.erase(trial.id);
        trace.heading = heading(trial);
        put_log("started " + trace.heading + (attempt > 1 ? " (attempt " + std::to_string(attempt) + ")" : ""));
    };
    listener.observed = [this](const Trial& trial, const Observation& observation) { observe(trial, observation); };
    listener.progressed = [this](const Trial& trial, const Progress& progress) {
        const std::lock_guard lock(mutex_);
        Trace& trace = touch(trial);
        trace.news.fraction = progress.fraction;
        trace.news.what = progress.what;
        pending_.trials[trial.id] = trace.news;
    };
    listener.logged = [this](const Trial& trial, std::string_view line) {
        const std::lock_guard lock(mutex_);
        put_log(trial.id.substr(0, 8) + "  " + std::string(line));
    };
    listener.finished = [this](const Trial& trial, TrialState state, const Error* error) {
        const std::lock_guard lock(mutex_);
        Trace& trace = touch(trial);
        trace.news.state = state;
        trace.news.error = error ? error->to_string() : std::string();
        trace.news.what = error ? error->code : std::string();
        trace.news.fraction = state == TrialState::done ? 1 : trace.news.fraction;
        pending_.trials[trial.id] = trace.news;
        put_log(std::string(enum_name(state)) + "  " + heading(trial) + (error ? ": " + error->to_string() : ""));
        traces_.erase(trial.id);
    };
    listener.waiting = [this](const Trial& trial, std::string_view why) {
        const std::lock_guard lock(mutex_);
        TrialNews news{.state = TrialState::queued, .what = "waiting: " + std::string(why), .error = {}};
        pending_.trials[trial.id] = std::move(news);
    };
    return listener;
}

LiveBatch LiveFeed::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(pending_, {});
}

LiveFeed::Trace& LiveFeed::touch(const Trial& trial) {
    return traces_.try_emplace(trial.id).first->second;
}

void LiveFeed::observe(const Trial& trial, const Observation& observation) {
    const std::lock_guard lock(mutex_);
    Trace& trace = touch(trial);
    if (TrainingHistory::takes(observation)) {
        put_training(trial, trace, observation);
    } else if (observation.kind == ObservationKind::token) {
        trace.news.training_seconds_left.reset();
        if (!trace.any_token || observation.repetition != trace.repetition) {
            trace.times_ns.clear();
            if (trace.spoke) {
                put_text("\n\n");
            }
            trace.any_token = true;
            trace.repetition = observation.repetition;
        }
        trace.times_ns.push_back(observation.time_ns);
        if (trace.times_ns.size() > rate_window) {
            trace.times_ns.pop_front();
        }
        ++trace.news.tokens;
        trace.news.tokens_per_second = rate(trace.times_ns);
        if (!observation.text.empty() && !trace.spoke) {
            trace.spoke = true;
            put_text("\n\n\u25b8 " + trace.heading + "\n");
        }
        put_text(observation.text);
    } else if (observation.kind == ObservationKind::phase_begin) {
        trace.news.what = observation.name;
    } else if (observation.kind == ObservationKind::note) {
        put_log(trial.id.substr(0, 8) + "  " + observation.name + ": " + observation.text);
    } else {
        return;
    }
    pending_.trials[trial.id] = trace.news;
}

void LiveFeed::put_training(const Trial& trial, Trace& trace, const Observation& observation) {
    trace.pace.add(observation);
    trace.news.training_seconds_left = trace.pace.seconds_left();
    if (observation.name == "train_tokens_per_second") {
        trace.news.tokens_per_second = observation.value;
    }
    LiveTraining& live = pending_.training[trial.id];
    live.attempt = trace.news.attempt;
    // Validations and previews are few, and stay.
    const auto left_out = [&live](const Observation& one) {
        return one.kind == ObservationKind::sample && one.name != "train_steps" && one.name != "validation_loss" &&
               one.index % live.stride != 0;
    };
    if (live.observations.size() >= max_training_observations) {
        live.stride *= 2;
        std::erase_if(live.observations, left_out);
    }
    if (!left_out(observation)) {
        live.observations.push_back(observation);
    }
}

void LiveFeed::put_text(std::string_view text) {
    pending_.text += text;
    if (pending_.text.size() <= max_text_bytes) {
        return;
    }
    std::size_t cut = pending_.text.size() - max_text_bytes / 2;
    while (cut < pending_.text.size() && (static_cast<unsigned char>(pending_.text[cut]) & 0xC0) == 0x80) {
        ++cut;  // not inside a character
    }
    pending_.dropped_bytes += static_cast<std::int64_t>(cut);
    pending_.text.erase(0, cut);
}

void LiveFeed::put_log(std::string line) {
    if (pending_.log.size() >= max_log_lines) {
        pending_.log.erase(pending_.log.begin(), pending_.log.begin() + max_log_lines / 2);
        pending_.dropped_lines += max_log_lines / 2;
    }
    pending_.log.push_back(std::move(line));
}

}  // namespace tandem::studio
