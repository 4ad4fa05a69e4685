#include <unistd.h>

#include <system_error>

#include "experiments/execute/executor.h"
#include "experiments/execute/local/local_run.h"

namespace tandem {
namespace {

class LocalExecutor final : public Executor {
public:
    explicit LocalExecutor(LocalExecutorOptions options) : options_(std::move(options)) {}

    Result<RunSummary> run(const Plan& plan, const ExecutionOptions& options, EventSink& sink,
                           const RunListener& listener, std::stop_token stop) override {
        if (access(options_.worker_program.c_str(), X_OK) != 0) {
            return Error{.code = "WORKER_PROGRAM_MISSING",
                         .message =
                             "there is no program that runs trials here; it is installed beside tandem and "
                             "built where libtorch is found. Nothing was run",
                         .where = options_.worker_program.string(),
                         .kind = ErrorKind::unsupported};
        }
        std::error_code failed;
        std::filesystem::create_directories(options_.scratch_folder, failed);
        if (failed) {
            return Error{
                .code = "EXECUTE_IO",
                .message = "cannot create the folder for workers' logs (" + failed.message() + "); nothing was run",
                .where = options_.scratch_folder.string(),
                .kind = ErrorKind::io};
        }
        std::shared_ptr<Wakeup> wakeup = TANDEM_TRY(Wakeup::create());
        sink.on_durable([wakeup](const std::vector<DurableMark>& marks) { wakeup->add(marks); });
        return LocalRun(options_, plan, options, sink, listener, std::move(stop), std::move(wakeup)).run();
    }

private:
    const LocalExecutorOptions options_;
};

}  // namespace

std::unique_ptr<Executor> make_local_executor(LocalExecutorOptions options) {
    return std::make_unique<LocalExecutor>(std::move(options));
}

}  // namespace tandem
