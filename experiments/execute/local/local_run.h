// One call of the local executor's run(): the loop over workers, schedule and sink. Thread rule: the thread of run().
#pragma once

#include <list>
#include <optional>
#include <stop_token>
#include <string>

#include "experiments/execute/executor.h"
#include "experiments/execute/local/slot.h"
#include "experiments/execute/local/wakeup.h"
#include "experiments/execute/schedule.h"

namespace tandem {

class LocalRun {
public:
    LocalRun(const LocalExecutorOptions& local, const Plan& plan, const ExecutionOptions& options, EventSink& sink,
             const RunListener& listener, std::stop_token stop, std::shared_ptr<Wakeup> wakeup);

    Result<RunSummary> run();

private:
    // --- deciding ---
    bool stopping() const { return fatal_ || unstartable_ || stopped_ || halted_; }
    void start_what_may_start();
    enum class Memory { enough, wait, refused };
    Memory prepare_memory();
    void tell_waiting(const Schedule::Blocked& blocked);
    bool needs_fresh_worker(const Trial& trial) const;
    Slot* find_idle();
    bool retire_idle();  // true where none is left, nor any on its way out
    void assign(const Ticket& ticket);

    // --- workers ---
    void wait_for_news();
    void take_news(Slot& slot, bool stream_open);
    void take_messages(Slot& slot);
    void take_message(Slot& slot, wire::FromWorker message);
    void greet(Slot& slot, const wire::Hello& hello);
    void begin_attempt(Slot& slot);
    void stream_ended(Slot& slot);
    void refuse_worker(Slot& slot, const Error& refusal);
    void fail_to_start(Slot& slot, const Ticket& ticket, const Error& error);
    void check_deadlines(SteadyTime now);
    void deadline_passed(Slot& slot, SteadyTime now);
    void watch_memory(Slot& slot);
    void stop_attempt(Slot& slot, StopReason reason, SteadyTime now);
    void retire(Slot& slot);

    // --- ends of attempts ---
    void ended_done(Slot& slot, Report report);
    void ended_failed(Slot& slot, Error error);
    void ended_stopped(Slot& slot);
    void settle_failure(Attempt& attempt, const Error& error);
    void keep_log_tail(Attempt& attempt, const WorkerProcess& worker);
    void give_back(const Ticket& ticket);
    void free(Slot& slot);

    // --- sink ---
    void keep(const Result<void>& sent);
    void acknowledge_durable();
    void flush_and_acknowledge();
    void react_to_stop();

    const LocalExecutorOptions& local_;
    const ExecutionOptions& options_;
    EventSink& sink_;
    const RunListener& listener_;
    std::stop_token stop_;
    std::shared_ptr<Wakeup> wakeup_;

    Schedule schedule_;
    std::list<Slot> slots_;
    RunSummary summary_;
    std::optional<Error> fatal_;        // of the sink: nothing can be kept any more
    std::optional<Error> unstartable_;  // no worker can be started; those that run may finish
    bool stopped_ = false;              // by the stop token
    bool halted_ = false;               // on_error: stop, and a trial failed
    int start_failures_ = 0;            // in a row
    std::int64_t next_log_ = 1;
    const Trial* told_waiting_ = nullptr;
    std::string told_why_;
    std::optional<SteadyTime> memory_deadline_;  // the next trial waits for memory that others hold
    SteadyTime last_watch_;
};

}  // namespace tandem
