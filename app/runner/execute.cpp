#include <algorithm>
#include <memory>
#include <optional>

#include "app/library/files.h"
#include "app/runner/events_file.h"
#include "app/runner/history.h"
#include "app/runner/places.h"
#include "app/runner/runner.h"
#include "db/store/store.h"

namespace tandem {
namespace {

bool has_work(const Plan& plan) {
    return std::any_of(plan.trials.begin(), plan.trials.end(),
                       [](const Trial& trial) { return trial.action == TrialAction::run; });
}

}  // namespace

Result<RunSummary> execute_run(const PreparedRun& prepared, const RunnerOptions& given, const RunListener& listener,
                               std::stop_token stop) {
    const RunnerOptions options = with_defaults(given);
    std::filesystem::path worker;
    if (has_work(prepared.plan)) {
        worker = TANDEM_TRY(find_worker(options.worker_program));
    }
    const std::unique_ptr<Store> store = TANDEM_TRY(Store::open(options.database));
    // Takes the lock on running: from here on nobody else finishes trials.
    (void)TANDEM_TRY(store->close_abandoned_attempts());
    Plan plan = prepared.plan;
    update_from_history(plan, TANDEM_TRY(store->history()));
    (void)TANDEM_TRY(store->record_plan(prepared.spec, plan));
    if (!has_work(plan)) {
        return RunSummary{.skipped = static_cast<std::int64_t>(plan.trials.size())};
    }
    std::unique_ptr<EventsFile> events;
    if (!options.events_file.empty()) {
        events = TANDEM_TRY(EventsFile::open(options.events_file, *store));
    }
    const auto scratch = TANDEM_TRY(library::ScratchFolder::make(std::filesystem::temp_directory_path()));
    const auto executor = make_local_executor(
        {.worker_program = worker, .scratch_folder = scratch.path(), .environment_json = local_environment_json()});
    EventSink& sink = events ? static_cast<EventSink&>(*events) : static_cast<EventSink&>(*store);
    auto summary = executor->run(plan, prepared.spec.execution, sink, listener, std::move(stop));
    // What is still queued is written before the sinks that would hear of it are gone; its failure is in the summary's
    // error already.
    (void)store->flush();
    store->on_durable({});
    return summary;
}

}  // namespace tandem
