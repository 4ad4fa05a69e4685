#include "experiments/execute/local/local_run.h"

#include <poll.h>

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "experiments/execute/local/worker_end.h"
#include "experiments/execute/machine.h"

namespace tandem {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds watch_interval{50};       // where a trial has a memory limit
constexpr milliseconds idle_interval{500};       // of the loop, for logs that grow
constexpr milliseconds leave_patience{5'000};    // from shutdown to SIGKILL
constexpr milliseconds memory_patience{30'000};  // for memory that other programs hold
constexpr milliseconds memory_interval{1'000};
constexpr int most_start_failures = 3;

ScheduleLimits limits_of(const LocalExecutorOptions& local, const ExecutionOptions& options) {
    return {.parallel = options.parallel,
            .cores = local.cores > 0 ? local.cores : describe_machine().cores,
            .memory_bytes = local.memory_budget_bytes};
}

std::string merge_environment(const std::string& base, const wire::Hello& hello) {
    nlohmann::json environment = nlohmann::json::parse(base, nullptr, false);
    if (!environment.is_object()) {
        environment = nlohmann::json::object();
    }
    environment["libtorch"] = hello.libtorch.empty() ? nlohmann::json(nullptr) : nlohmann::json(hello.libtorch);
    environment["worker"] = hello.version + " (" + hello.build + ")";
    environment["instruction_sets"] = hello.instruction_sets;
    return environment.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

LocalRun::LocalRun(const LocalExecutorOptions& local, const Plan& plan, const ExecutionOptions& options,
                   EventSink& sink, const RunListener& listener, std::stop_token stop, std::shared_ptr<Wakeup> wakeup)
    : local_(local),
      options_(options),
      sink_(sink),
      listener_(listener),
      stop_(std::move(stop)),
      wakeup_(std::move(wakeup)),
      schedule_(plan, limits_of(local, options)) {
    summary_.skipped = std::count_if(plan.trials.begin(), plan.trials.end(),
                                     [](const Trial& trial) { return trial.action == TrialAction::skip; });
}

Result<RunSummary> LocalRun::run() {
    const std::stop_callback on_stop(stop_, [wakeup = wakeup_] { wakeup->wake(); });
    while (true) {
        react_to_stop();
        if (!stopping()) {
            start_what_may_start();
        }
        const bool more = !stopping() && !schedule_.empty();
        if (!more && std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
                return slot.phase == Slot::Phase::idle || slot.phase == Slot::Phase::leaving;
            })) {
            if (retire_idle()) {
                break;
            }
        }
        wait_for_news();
    }
    flush_and_acknowledge();
    if (fatal_) {
        return *fatal_;
    }
    summary_.interrupted = stopped_ && (summary_.cancelled > 0 || !schedule_.empty());
    return summary_;
}

// --- deciding ---

void LocalRun::start_what_may_start() {
    while (!stopping() && !schedule_.empty()) {
        const Memory memory = prepare_memory();
        if (memory == Memory::wait) {
            return;
        }
        if (memory == Memory::refused) {
            continue;
        }
        const Trial& trial = *schedule_.next().trial;
        if (const auto blocked = schedule_.blocked()) {
            tell_waiting(*blocked);
            return;
        }
        // Nothing else shall be on the machine, not even a worker that is just leaving.
        if (trial.timing && !retire_idle()) {
            return;
        }
        memory_deadline_.reset();
        assign(schedule_.begin());
    }
}

// Without a budget the machine's free memory is the budget: read while nothing runs, so that nothing counts twice.
LocalRun::Memory LocalRun::prepare_memory() {
    const bool measured = local_.memory_budget_bytes <= 0;
    if (measured && schedule_.running() == 0 && schedule_.next().trial->estimate.memory_bytes > 0) {
        schedule_.set_memory(available_memory());
    }
    const auto blocked = schedule_.blocked();
    if (!blocked || !blocked->for_memory) {
        return Memory::enough;
    }
    tell_waiting(*blocked);
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!memory_deadline_) {
        memory_deadline_ = now + (measured ? memory_patience : milliseconds(0));
    }
    if (now < *memory_deadline_) {
        return Memory::wait;
    }
    memory_deadline_.reset();
    Attempt attempt(schedule_.begin(), sink_, listener_);
    keep(attempt.started(local_.environment_json));
    settle_failure(
        attempt, Error{.code = "MEMORY_SHORT",
                       .message = blocked->why + "; close other programs, or choose a smaller model, dtype or context. "
                                                 "Running the experiment again tries this trial again",
                       .where = "target " + attempt.trial().target,
                       .kind = ErrorKind::unsupported});
    return Memory::refused;
}

void LocalRun::tell_waiting(const Schedule::Blocked& blocked) {
    const Trial* trial = schedule_.next().trial;
    if (blocked.why.empty() || (told_waiting_ == trial && told_why_ == blocked.why)) {
        return;
    }
    told_waiting_ = trial;
    told_why_ = blocked.why;
    if (listener_.waiting) {
        listener_.waiting(*trial, blocked.why);
    }
}

bool LocalRun::needs_fresh_worker(const Trial& trial) const {
    return trial.timing || trial.job.device.memory_limit_bytes > 0;
}

Slot* LocalRun::find_idle() {
    const auto found =
        std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.phase == Slot::Phase::idle; });
    return found == slots_.end() ? nullptr : &*found;
}

bool LocalRun::retire_idle() {
    while (Slot* slot = find_idle()) {
        retire(*slot);
    }
    return slots_.empty();
}

void LocalRun::assign(const Ticket& ticket) {
    const bool fresh = needs_fresh_worker(*ticket.trial);
    if (Slot* idle = fresh ? nullptr : find_idle()) {
        idle->ticket = ticket;
        begin_attempt(*idle);
        return;
    }
    const std::string log = "worker-" + std::to_string(getpid()) + "-" + std::to_string(next_log_++) + ".log";
    auto worker = WorkerProcess::start(local_.worker_program, local_.scratch_folder / log);
    if (!worker) {
        Slot none;
        return fail_to_start(none, ticket, worker.error());
    }
    Slot& slot = slots_.emplace_back();
    slot.worker = std::move(*worker);
    slot.ticket = ticket;
    slot.reusable = !fresh;
    slot.deadline = std::chrono::steady_clock::now() + milliseconds(local_.worker_start_timeout_ms);
}

// --- workers ---

void LocalRun::wait_for_news() {
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime until = now + idle_interval;
    std::vector<pollfd> descriptors{{wakeup_->descriptor(), POLLIN, 0}};
    std::vector<Slot*> polled;
    for (Slot& slot : slots_) {
        slot.worker->write();
        const short interest = static_cast<short>(slot.worker->wants_write() ? POLLIN | POLLOUT : POLLIN);
        descriptors.push_back({slot.worker->socket(), interest, 0});
        polled.push_back(&slot);
        until = std::min(until, slot.deadline.value_or(until));
        if (slot.attempt && slot.ticket.trial->job.device.memory_limit_bytes > 0) {
            until = std::min(until, now + watch_interval);
        }
    }
    if (memory_deadline_) {
        until = std::min({until, *memory_deadline_, now + memory_interval});
    }
    const auto left = std::chrono::ceil<milliseconds>(until - now).count();
    const int ready = poll(descriptors.data(), descriptors.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) {
        if (descriptors[0].revents != 0) {
            wakeup_->drain();
        }
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (descriptors[i + 1].revents != 0) {
                take_news(*polled[i], polled[i]->worker->read());
            }
        }
    }
    if (ready == 0) {
        // A sink that failed tells the next call only. Workers that wait for acknowledgements cause none, so ask.
        flush_and_acknowledge();
    }
    acknowledge_durable();
    check_deadlines(std::chrono::steady_clock::now());
    std::erase_if(slots_, [](const Slot& slot) { return slot.phase == Slot::Phase::over; });
}

void LocalRun::take_news(Slot& slot, bool stream_open) {
    take_messages(slot);
    if (!stream_open && slot.phase != Slot::Phase::over) {
        stream_ended(slot);
    }
}

void LocalRun::take_messages(Slot& slot) {
    while (slot.phase != Slot::Phase::over) {
        auto message = slot.worker->session().next();
        if (!message) {
            return refuse_worker(slot, message.error());
        }
        if (!*message) {
            return;
        }
        take_message(slot, std::move(**message));
    }
}

// The session lets events pass only while an attempt runs.
void LocalRun::take_message(Slot& slot, wire::FromWorker message) {
    if (auto* hello = std::get_if<wire::Hello>(&message)) {
        greet(slot, *hello);
    } else if (auto* batch = std::get_if<wire::ObservationBatch>(&message)) {
        if (!fatal_) {
            keep(slot.attempt->observed(std::move(batch->observations)));
        }
    } else if (auto* log = std::get_if<wire::LogMessage>(&message)) {
        if (!fatal_) {
            keep(slot.attempt->logged(std::move(log->text)));
        }
    } else if (auto* artefact = std::get_if<wire::Artefact>(&message)) {
        if (!fatal_) {
            keep(slot.attempt->produced(
                {std::move(artefact->name), std::move(artefact->media_type), std::move(artefact->bytes)}));
        }
    } else if (auto* progress = std::get_if<Progress>(&message)) {
        slot.attempt->progressed(*progress);
    } else if (auto* done = std::get_if<wire::Done>(&message)) {
        ended_done(slot, std::move(done->report));
    } else if (auto* failed = std::get_if<wire::Failed>(&message)) {
        ended_failed(slot, std::move(failed->error));
    }
}

void LocalRun::greet(Slot& slot, const wire::Hello& hello) {
    start_failures_ = 0;
    slot.environment_json = merge_environment(local_.environment_json, hello);
    if (stopping()) {
        give_back(slot.ticket);
        return retire(slot);
    }
    begin_attempt(slot);
}

void LocalRun::begin_attempt(Slot& slot) {
    const Job& job = slot.ticket.trial->job;
    slot.worker->mark_log();
    slot.worker->set_memory_limit(job.device.memory_limit_bytes);
    slot.attempt.emplace(slot.ticket, sink_, listener_);
    slot.stop = StopReason::none;
    slot.phase = Slot::Phase::running;
    slot.deadline.reset();
    if (options_.timeout_s > 0) {
        slot.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options_.timeout_s);
    }
    keep(slot.attempt->started(slot.environment_json));
    if (fatal_) {
        schedule_.end(slot.ticket);
        return free(slot);
    }
    auto sent = slot.worker->session().start({{slot.ticket.trial->id, slot.ticket.attempt}, job});
    if (!sent) {
        // Too long to be sent: the worker never heard of it.
        settle_failure(*slot.attempt, sent.error());
        return free(slot);
    }
    slot.worker->write();
}

void LocalRun::stream_ended(Slot& slot) {
    const WorkerProcess::End end = slot.worker->wait_end();
    const Ticket ticket = slot.ticket;
    switch (slot.phase) {
        case Slot::Phase::starting:
            if (stopping()) {
                give_back(ticket);
            } else {
                Error error = describe_end(end.wait_status, end.oom_killed);
                error = wrap({.code = "WORKER_START_FAILED",
                              .message = "the worker ended before it was ready; its last words are in the log",
                              .where = local_.worker_program.string()},
                             std::move(error));
                fail_to_start(slot, ticket, error);
            }
            break;
        case Slot::Phase::running:
            if (slot.stop != StopReason::none) {
                ended_stopped(slot);
            } else if (end.forced) {
                settle_failure(*slot.attempt, Error{.code = "WORKER_PROTOCOL",
                                                    .message = "the worker closed its connection, went on running and "
                                                               "was ended; what it observed before is kept",
                                                    .where = "worker",
                                                    .kind = ErrorKind::failed});
            } else {
                const Error error = describe_end(end.wait_status, end.oom_killed);
                keep_log_tail(*slot.attempt, *slot.worker);
                settle_failure(*slot.attempt, error);
            }
            break;
        default:
            break;
    }
    slot.phase = Slot::Phase::over;
}

void LocalRun::refuse_worker(Slot& slot, const Error& refusal) {
    const Slot::Phase phase = slot.phase;
    slot.worker->kill();
    slot.worker->wait_end();
    slot.phase = Slot::Phase::over;
    const Error error = wrap({.code = "WORKER_PROTOCOL",
                              .message = "the worker broke the protocol and was ended; what it observed before is kept",
                              .where = "worker"},
                             refusal);
    if (phase == Slot::Phase::starting) {
        stopping() ? give_back(slot.ticket) : fail_to_start(slot, slot.ticket, error);
    } else if (phase == Slot::Phase::running && slot.stop != StopReason::none) {
        ended_stopped(slot);
    } else if (phase == Slot::Phase::running) {
        keep_log_tail(*slot.attempt, *slot.worker);
        settle_failure(*slot.attempt, error);
    }
}

void LocalRun::fail_to_start(Slot& slot, const Ticket& ticket, const Error& error) {
    Attempt attempt(ticket, sink_, listener_);
    keep(attempt.started(local_.environment_json));
    if (slot.worker) {
        keep_log_tail(attempt, *slot.worker);
    }
    settle_failure(attempt, error);
    if (++start_failures_ >= most_start_failures && !fatal_) {
        fatal_ = wrap({.code = "WORKER_START_FAILED",
                       .message = "no worker could be started " + std::to_string(start_failures_) +
                                  " times in a row, so the others were not tried; they can be run again",
                       .where = local_.worker_program.string()},
                      error);
    }
}

void LocalRun::check_deadlines(SteadyTime now) {
    const bool watch_logs = now - last_watch_ >= idle_interval;
    last_watch_ = watch_logs ? now : last_watch_;
    for (Slot& slot : slots_) {
        if (slot.phase == Slot::Phase::over) {
            continue;
        }
        if (slot.deadline && now >= *slot.deadline) {
            deadline_passed(slot, now);
        }
        if (slot.phase == Slot::Phase::running && slot.ticket.trial->job.device.memory_limit_bytes > 0) {
            watch_memory(slot);
        }
        if (watch_logs) {
            slot.worker->bound_log();
        }
    }
}

void LocalRun::deadline_passed(Slot& slot, SteadyTime now) {
    slot.deadline.reset();
    switch (slot.phase) {
        case Slot::Phase::starting:
            slot.worker->kill();
            slot.worker->wait_end();
            slot.phase = Slot::Phase::over;
            fail_to_start(slot, slot.ticket,
                          Error{.code = "WORKER_START_FAILED",
                                .message = "the worker was not ready within " +
                                           std::to_string(local_.worker_start_timeout_ms) + " ms and was ended",
                                .where = local_.worker_program.string(),
                                .kind = ErrorKind::failed});
            break;
        case Slot::Phase::running:
            if (slot.stop == StopReason::none) {
                stop_attempt(slot, StopReason::timeout, now);
            } else {
                slot.worker->kill();  // the end of its stream settles the attempt
            }
            break;
        case Slot::Phase::leaving:
            slot.worker->kill();
            break;
        default:
            break;
    }
}

void LocalRun::watch_memory(Slot& slot) {
    if (slot.stop == StopReason::memory) {
        return;
    }
    const std::int64_t resident = slot.worker->resident_bytes();
    if (resident > slot.ticket.trial->job.device.memory_limit_bytes) {
        slot.stop = StopReason::memory;
        slot.resident_at_stop = resident;
        slot.worker->kill();
    }
}

void LocalRun::stop_attempt(Slot& slot, StopReason reason, SteadyTime now) {
    slot.stop = reason;
    slot.deadline = now + milliseconds(local_.cancel_grace_ms);
    slot.worker->session().cancel();
    slot.worker->write();
}

// What it sent is made durable and acknowledged first: a worker never leaves with something unsaid.
void LocalRun::retire(Slot& slot) {
    if (!slot.worker->session().settled()) {
        flush_and_acknowledge();
    }
    slot.worker->session().shutdown();
    slot.worker->write();
    slot.phase = Slot::Phase::leaving;
    slot.deadline = std::chrono::steady_clock::now() + leave_patience;
}

}  // namespace tandem
