#include "app/studio/results/results_controller.h"

#include <utility>

namespace tandem::studio {

ResultsController::ResultsController(ResultsService& service, QObject* parent) : QObject(parent), service_(service) {}

void ResultsController::refresh() {
    queue_.post([this](const std::stop_token&) { return service_.experiments(); }, this,
                [this](Result<std::vector<ExperimentRow>> result) {
                    if (!result) {
                        emit failed(result.error());
                        return;
                    }
                    experiments_ = std::move(*result);
                    emit experiments_changed();
                });
    read_trials();
}

void ResultsController::choose(const std::string& experiment) {
    if (chosen_ != experiment) {
        chosen_ = experiment;
        read_trials();
    }
}

void ResultsController::read_trials() {
    const std::uint64_t number = ++trials_asked_;
    queue_.post([this, experiment = chosen_](const std::stop_token&) { return service_.trials(experiment); }, this,
                [this, number](Result<std::vector<TrialRow>> result) {
                    if (number != trials_asked_) {
                        return;
                    }
                    if (!result) {
                        emit failed(result.error());
                        return;
                    }
                    trials_ = std::move(*result);
                    emit trials_changed();
                });
}

void ResultsController::want_sequences(std::vector<std::string> ids) {
    const std::uint64_t number = ++sequences_asked_;
    if (ids.size() > max_sequences) {
        ids.resize(max_sequences);
    }
    queue_.post(
        [this, ids = std::move(ids)](const std::stop_token&) -> Result<Sequences> {
            Sequences sequences;
            for (const std::string& id : ids) {
                sequences.emplace_back(id, TANDEM_TRY(service_.observations(id)));
            }
            return sequences;
        },
        this,
        [this, number](Result<Sequences> result) {
            if (number != sequences_asked_) {
                return;
            }
            if (result) {
                emit sequences_changed(*result);
            } else {
                emit failed(result.error());
            }
        });
}

void ResultsController::read_training(const std::string& id, std::int64_t attempt, QObject* receiver,
                                      std::function<void(Result<TrainingHistory>)> done) {
    queue_.post(
        [this, id, attempt](const std::stop_token&) -> Result<TrainingHistory> {
            TrainingHistory history;
            for (const AttemptObservation& one : TANDEM_TRY(service_.training(id))) {
                if (one.attempt < attempt) {
                    history.add(one.attempt, one.observation);
                }
            }
            return history;
        },
        receiver, std::move(done));
}

void ResultsController::want_detail(const std::string& id) {
    const std::uint64_t number = ++detail_asked_;
    queue_.post([this, id](const std::stop_token&) { return service_.trial(id); }, this,
                [this, number](Result<TrialDetail> result) {
                    if (number != detail_asked_) {
                        return;
                    }
                    if (result) {
                        emit detail_changed(*result);
                    } else {
                        emit failed(result.error());
                    }
                });
}

}  // namespace tandem::studio
