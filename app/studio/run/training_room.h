// The training of the chosen trial of the running batch: live as it comes, and from the store what came before: earlier
// attempts that it goes on from, and trials that were done in an earlier run. Thread rule: the window's thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/studio/results/results_controller.h"
#include "app/studio/run/live_feed.h"
#include "app/studio/training/training_view.h"
#include "app/studio/widgets/empty_state.h"

namespace tandem::studio {

class TrainingRoom : public QWidget {
    Q_OBJECT
public:
    // Histories of trainings that are neither shown nor running; older ones are read again when they are chosen.
    static constexpr std::size_t max_kept = 8;

    explicit TrainingRoom(ResultsController& results, QWidget* parent = nullptr);

    void begin(const Plan& plan);
    void take(const LiveBatch& batch);
    void choose(const std::string& id);
    bool any() const { return !trials_.empty(); }  // trainings in the plan

    const std::string& chosen() const { return chosen_; }
    const TrainingView& view() const { return *view_; }
    bool is_empty() const { return empty_->is_empty(); }

private:
    struct Known {
        QString name;
        TrialState state = TrialState::queued;
        bool testing = false;           // the last step is done
        std::int64_t live_attempt = 0;  // that is watched from its beginning; 0: none
        std::shared_ptr<TrainingHistory> history;
        bool asked = false;  // what is stored from before
    };
    void note_state(Known& known, const TrialNews& news);
    void ask(const std::string& id);
    void answer(const std::string& id, std::int64_t before, Result<TrainingHistory> stored);
    void show_chosen();
    void forget_some();

    ResultsController& results_;
    TrainingView* view_;
    EmptyState* empty_;
    std::map<std::string, Known> trials_;  // those that train, by id
    std::string chosen_;
    std::uint64_t run_ = 0;  // answers to questions of an earlier run are dropped
};

}  // namespace tandem::studio
