#include "app/studio/run/training_room.h"

#include <QVBoxLayout>
#include <utility>

#include "app/studio/widgets/words.h"

namespace tandem::studio {
namespace {

QString name_of(const Trial& trial) {
    QString name = QString::fromStdString(trial.pairing + ", " + trial.workload);
    if (const QString settings = show_settings(trial.settings); !settings.isEmpty()) {
        name += QStringLiteral(", ") + settings;
    }
    return trial.seed == 0 ? name : name + QObject::tr(", seed %1").arg(trial.seed);
}

}  // namespace

TrainingRoom::TrainingRoom(ResultsController& results, QWidget* parent)
    : QWidget(parent), results_(results), view_(new TrainingView) {
    empty_ = new EmptyState(view_, tr("Choose a trial that trains in the table above."), {});
    empty_->set_empty(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(empty_);
}

void TrainingRoom::begin(const Plan& plan) {
    ++run_;
    trials_.clear();
    chosen_.clear();
    for (const Trial& trial : plan.trials) {
        if (workload_kind(trial.job.workload) == "train") {
            Known& known = trials_[trial.id];
            known.name = name_of(trial);
            known.state = trial.action == TrialAction::skip ? TrialState::done : TrialState::queued;
        }
    }
    show_chosen();
}

void TrainingRoom::take(const LiveBatch& batch) {
    bool shown = false;
    for (const auto& [id, live] : batch.training) {
        const auto found = trials_.find(id);
        if (found == trials_.end()) {
            continue;
        }
        Known& known = found->second;
        if (known.live_attempt != live.attempt) {
            // A later attempt of this run goes on in what the first told.
            const bool first_here = known.live_attempt == 0;
            known.live_attempt = live.attempt;
            if (first_here && live.attempt > 1 && !known.asked) {
                ask(id);
            }
        }
        if (!known.history) {
            known.history = std::make_shared<TrainingHistory>();
        }
        for (const Observation& observation : live.observations) {
            known.history->add(live.attempt, observation);
        }
        shown = shown || id == chosen_;
    }
    for (const auto& [id, news] : batch.trials) {
        if (const auto found = trials_.find(id); found != trials_.end()) {
            note_state(found->second, news);
            shown = shown || id == chosen_;
        }
    }
    if (shown) {
        show_chosen();
    }
}

void TrainingRoom::note_state(Known& known, const TrialNews& news) {
    known.state = news.state;
    const auto& history = known.history;
    known.testing = news.state == TrialState::running && news.tokens > 0 && history && !history->loss().empty();
}

void TrainingRoom::choose(const std::string& id) {
    chosen_ = id;
    if (const auto found = trials_.find(id); found != trials_.end() && !found->second.asked) {
        const Known& known = found->second;
        // What this window watched from the first attempt on has nothing before it.
        if (known.live_attempt != 1) {
            ask(id);
        }
    }
    forget_some();
    show_chosen();
}

void TrainingRoom::ask(const std::string& id) {
    Known& known = trials_.at(id);
    known.asked = true;
    const std::int64_t before = known.live_attempt > 0 ? known.live_attempt : ResultsController::all_attempts;
    results_.read_training(id, before, this, [this, id, before, run = run_](Result<TrainingHistory> stored) {
        if (run == run_) {
            answer(id, before, std::move(stored));
        }
    });
}

void TrainingRoom::answer(const std::string& id, std::int64_t before, Result<TrainingHistory> stored) {
    Known& known = trials_.at(id);
    if (!stored) {
        known.asked = false;  // chosen again it is read again
        if (id == chosen_ && !known.history) {
            empty_->set_text(
                tr("This training cannot be read: %1").arg(QString::fromStdString(stored.error().message)));
            empty_->set_empty(true);
        }
        return;
    }
    if (known.live_attempt > 0 && before > known.live_attempt) {
        ask(id);  // it began meanwhile: what is stored of it by now is coming live too
        return;
    }
    if (!known.history) {
        known.history = std::make_shared<TrainingHistory>();
    }
    known.history->put_before(std::move(*stored));
    if (id == chosen_) {
        show_chosen();
    }
}

void TrainingRoom::show_chosen() {
    const auto found = trials_.find(chosen_);
    if (found == trials_.end()) {
        empty_->set_text(chosen_.empty() ? tr("Choose a trial that trains in the table above.")
                                         : tr("The chosen trial does not train."));
        empty_->set_empty(true);
        return;
    }
    const Known& known = found->second;
    if (!known.history || known.history->empty()) {
        const QString text = known.state == TrialState::running
                                 ? tr("%1\nThe training has not begun yet: models are loaded and data is prepared.")
                                 : tr("%1\nNothing of this training is there to show yet.");
        empty_->set_text(text.arg(known.name));
        empty_->set_empty(true);
        return;
    }
    empty_->set_empty(false);
    view_->show_training(known.name, known.history,
                         known.state != TrialState::running ? TrainingState::over
                         : known.testing                    ? TrainingState::testing
                                                            : TrainingState::running);
}

void TrainingRoom::forget_some() {
    std::size_t kept = 0;
    for (auto& [id, known] : trials_) {
        const bool ended = known.state == TrialState::done || known.state == TrialState::failed ||
                           known.state == TrialState::cancelled;
        if (!known.history || !ended || id == chosen_ || ++kept <= max_kept) {
            continue;
        }
        known.history.reset();
        known.live_attempt = 0;
        known.asked = false;
    }
}

}  // namespace tandem::studio
