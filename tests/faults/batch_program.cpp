// A batch as `tandem run` composes one, small enough to be killed two hundred times: real store, real executor, null
// worker. Prints what it was told is durable, and when trials start and end: the journal of the test's oracle.
//
// batch_program DATABASE WORKER SCRATCH TRIALS LIMIT: at most LIMIT of the TRIALS that are not done yet are run.
// TANDEM_TEST_EARLY_MARKS plants the bug that the oracle must catch: events are called durable before they are.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "db/store/store.h"
#include "experiments/execute/executor.h"

namespace tandem {
namespace {

constexpr int observations = 40;
constexpr int interval_us = 500;

void print(const std::string& line) {
    const std::string text = line + "\n";
    if (write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        _exit(9);
    }
}

// Lets everything pass, and writes the journal between the store and the executor.
class JournalSink final : public EventSink {
public:
    JournalSink(Store& store, bool early_marks) : store_(store), early_marks_(early_marks) {}

    Result<void> submit(TrialEvent event) override {
        if (early_marks_) {
            write_mark({event.trial_id, event.attempt, event.sequence});
        }
        return store_.submit(std::move(event));
    }
    Result<void> flush() override { return store_.flush(); }
    void on_durable(std::function<void(const std::vector<DurableMark>&)> callback) override {
        store_.on_durable([this, callback = std::move(callback)](const std::vector<DurableMark>& marks) {
            for (const DurableMark& mark : marks) {
                write_mark(mark);
            }
            callback(marks);
        });
    }

private:
    static void write_mark(const DurableMark& mark) {
        print("durable " + mark.trial_id + " " + std::to_string(mark.attempt) + " " + std::to_string(mark.sequence));
    }
    Store& store_;
    const bool early_marks_;
};

Plan make_plan(int trials, int limit, const std::map<std::string, TrialHistory>& history) {
    Plan plan;
    plan.experiment = "faults";
    int to_run = 0;
    for (int number = 0; number < trials; ++number) {
        char id[65];
        std::snprintf(id, sizeof id, "%08x%056d", static_cast<unsigned>(number), 0);
        Trial trial;
        trial.id = id;
        trial.pairing = trial.model = "none";
        trial.target = "here";
        trial.workload = "nothing";
        trial.job.workload = NullWorkload{.observations = observations, .interval_us = interval_us};
        const auto known = history.find(trial.id);
        if (known != history.end()) {
            trial.first_attempt = known->second.attempts + 1;
            trial.action = known->second.state == TrialState::done ? TrialAction::skip : TrialAction::run;
        }
        if (trial.action == TrialAction::run && ++to_run > limit) {
            trial.action = TrialAction::skip;
        }
        plan.trials.push_back(std::move(trial));
    }
    return plan;
}

int fail(const Error& error) {
    std::fprintf(stderr, "batch_program: %s\n", error.to_string().c_str());
    return 2;
}

Result<RunSummary> run(char** arguments) {
    auto store = TANDEM_TRY(Store::open(arguments[1], StoreOptions{.batch_interval_ms = 4}));
    (void)TANDEM_TRY(store->close_abandoned_attempts());
    const auto history = TANDEM_TRY(store->history());
    const Plan plan = make_plan(std::atoi(arguments[4]), std::atoi(arguments[5]), history);
    ExperimentSpec spec;
    spec.name = plan.experiment;
    (void)TANDEM_TRY(store->record_plan(spec, plan));
    JournalSink sink(*store, std::getenv("TANDEM_TEST_EARLY_MARKS") != nullptr);
    RunListener listener;
    listener.started = [](const Trial& trial, std::int64_t) { print("started " + trial.id); };
    listener.finished = [](const Trial& trial, TrialState, const Error*) { print("finished " + trial.id); };
    LocalExecutorOptions local;
    local.worker_program = arguments[2];
    local.scratch_folder = arguments[3];
    local.environment_json = "{}";
    return make_local_executor(local)->run(plan, {.retries = 1}, sink, listener, {});
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
    if (argc != 6) {
        return 2;
    }
    const auto summary = tandem::run(argv);
    return !summary ? tandem::fail(summary.error()) : summary->failed > 0 ? 3 : 0;
}
