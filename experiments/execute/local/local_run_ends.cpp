// How attempts end, and the sink's side of the run.
#include "experiments/execute/local/local_run.h"
#include "experiments/execute/local/worker_end.h"

namespace tandem {

void LocalRun::ended_done(Slot& slot, Report report) {
    if (!fatal_) {
        keep(slot.attempt->done(std::move(report)));
    }
    const Trial& trial = slot.attempt->trial();
    ++summary_.done;
    if (listener_.finished && !fatal_) {
        listener_.finished(trial, TrialState::done, nullptr);
    }
    schedule_.end(slot.ticket);
    free(slot);
}

void LocalRun::ended_failed(Slot& slot, Error error) {
    const bool by_us = error.kind == ErrorKind::cancelled && slot.stop != StopReason::none;
    if (by_us) {
        ended_stopped(slot);
    } else {
        // What the user got wrong leaves the worker as it was; anything else may not.
        slot.reusable = slot.reusable && !worth_another_attempt(error);
        keep_log_tail(*slot.attempt, *slot.worker);
        settle_failure(*slot.attempt, error);
    }
    free(slot);
}

// The executor wanted this end; the worker obeyed or was killed.
void LocalRun::ended_stopped(Slot& slot) {
    Attempt& attempt = *slot.attempt;
    switch (slot.stop) {
        case StopReason::timeout:
            keep_log_tail(attempt, *slot.worker);
            return settle_failure(attempt, timeout_error(options_.timeout_s));
        case StopReason::memory:
            keep_log_tail(attempt, *slot.worker);
            return settle_failure(
                attempt, memory_limit_error(slot.resident_at_stop, attempt.trial().job.device.memory_limit_bytes));
        default:
            break;
    }
    if (!fatal_) {
        keep(attempt.cancelled());
    }
    ++summary_.cancelled;
    if (listener_.finished) {
        listener_.finished(attempt.trial(), TrialState::cancelled, nullptr);
    }
    schedule_.end(attempt.ticket());
}

void LocalRun::settle_failure(Attempt& attempt, const Error& error) {
    schedule_.end(attempt.ticket());
    if (fatal_) {
        return;
    }
    keep(attempt.failed(error));
    if (fatal_) {
        return;
    }
    const std::int64_t tries = attempt.ticket().attempt - attempt.trial().first_attempt + 1;
    if (!stopping() && tries <= options_.retries && worth_another_attempt(error)) {
        if (listener_.logged) {
            listener_.logged(attempt.trial(), "attempt " + std::to_string(attempt.ticket().attempt) +
                                                  " failed, trying again: " + error.to_string());
        }
        return schedule_.again(attempt.ticket());
    }
    ++summary_.failed;
    halted_ = halted_ || options_.on_error == OnError::stop;
    if (listener_.finished) {
        listener_.finished(attempt.trial(), TrialState::failed, &error);
    }
}

void LocalRun::keep_log_tail(Attempt& attempt, const WorkerProcess& worker) {
    for (std::string& line : worker.log_tail()) {
        if (fatal_) {
            return;
        }
        keep(attempt.logged(std::move(line)));
    }
}

// No attempt began: the trial stays as it was.
void LocalRun::give_back(const Ticket& ticket) {
    schedule_.end(ticket);
    schedule_.put_back(ticket);
}

// The slot's attempt is settled; its worker stays for another trial or goes.
void LocalRun::free(Slot& slot) {
    slot.attempt.reset();
    slot.deadline.reset();
    slot.phase = Slot::Phase::idle;
    if (!slot.reusable) {
        retire(slot);
    }
}

void LocalRun::keep(const Result<void>& sent) {
    if (!sent && !fatal_) {
        fatal_ = sent.error();
        const SteadyTime now = std::chrono::steady_clock::now();
        for (Slot& slot : slots_) {
            if (slot.phase == Slot::Phase::running && slot.stop == StopReason::none) {
                stop_attempt(slot, StopReason::user, now);
                slot.worker->kill();  // nothing more of it can be kept, and it may wait for an acknowledgement
            }
        }
    }
}

void LocalRun::acknowledge_durable() {
    for (const DurableMark& mark : wakeup_->take_marks()) {
        for (Slot& slot : slots_) {
            if (slot.phase != Slot::Phase::over) {
                slot.worker->session().acknowledge({mark.trial_id, mark.attempt}, mark.sequence);
            }
        }
    }
}

void LocalRun::flush_and_acknowledge() {
    if (fatal_) {
        return;
    }
    keep(sink_.flush());
    acknowledge_durable();
}

void LocalRun::react_to_stop() {
    if (!stop_.stop_requested() || stopped_) {
        return;
    }
    stopped_ = true;
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Slot& slot : slots_) {
        if (slot.phase == Slot::Phase::running && slot.stop != StopReason::memory) {
            stop_attempt(slot, StopReason::user, now);
        } else if (slot.phase == Slot::Phase::starting) {
            slot.worker->kill();
        }
    }
}

}  // namespace tandem
