// Reads results on a background thread for the results page: experiments, trials, token times, details. Answers to
// questions that were replaced meanwhile are dropped. Thread rule: the window's thread.
#pragma once

#include <QObject>
#include <QString>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/studio/service/background_queue.h"
#include "app/studio/service/services.h"
#include "app/studio/training/training_history.h"

namespace tandem::studio {

class ResultsController : public QObject {
    Q_OBJECT
public:
    explicit ResultsController(ResultsService& service, QObject* parent = nullptr);

    // Reads experiments and the trials of the chosen one again.
    void refresh();
    // By name; empty: all experiments.
    void choose(const std::string& experiment);
    const std::string& chosen() const { return chosen_; }
    const std::vector<ExperimentRow>& experiments() const { return experiments_; }
    const std::vector<TrialRow>& trials() const { return trials_; }
    // At most the first max_sequences are read; sequences_changed() follows.
    void want_sequences(std::vector<std::string> ids);
    void want_detail(const std::string& id);
    static constexpr std::size_t max_sequences = 6;
    // What is stored of a training, of attempts before `attempt`: `done` is called later, unless `receiver` has gone.
    static constexpr std::int64_t all_attempts = std::numeric_limits<std::int64_t>::max();
    void read_training(const std::string& id, std::int64_t attempt, QObject* receiver,
                       std::function<void(Result<TrainingHistory>)> done);

    using Sequences = std::vector<std::pair<std::string, std::vector<Observation>>>;  // by trial id
signals:
    void experiments_changed();
    void trials_changed();
    void sequences_changed(const tandem::studio::ResultsController::Sequences& sequences);
    void detail_changed(const tandem::TrialDetail& detail);
    void failed(const tandem::Error& error);

private:
    void read_trials();

    ResultsService& service_;
    std::string chosen_;
    std::vector<ExperimentRow> experiments_;
    std::vector<TrialRow> trials_;
    std::uint64_t trials_asked_ = 0;  // number of the newest question
    std::uint64_t sequences_asked_ = 0;
    std::uint64_t detail_asked_ = 0;
    BackgroundQueue queue_;  // last: its end waits for work that uses the rest
};

}  // namespace tandem::studio
