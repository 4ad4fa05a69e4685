#include "app/cli/doctor_checks.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/library/child_process.h"
#include "app/library/files.h"
#include "app/library/library.h"
#include "app/library/package_fetch.h"
#include "app/runner/places.h"
#include "app/runner/run_single.h"
#include "app/runner/runner.h"
#include "db/queries/queries.h"
#include "db/store/connection.h"
#include "db/store/open.h"
#include "db/store/store.h"
#include "experiments/execute/machine.h"
#include "experiments/plan/estimate.h"

namespace tandem::cli {
namespace {

namespace fs = std::filesystem;

// The nearest folder that is there already: a new one would be made inside it.
fs::path existing_folder(fs::path path) {
    std::error_code ignored;
    while (!path.empty() && !fs::is_directory(path, ignored) && path != path.parent_path()) {
        path = path.parent_path();
    }
    return path;
}

std::string text_of(const nlohmann::json& object, const char* key) {
    const auto value = object.find(key);
    return value != object.end() && value->is_string() ? value->get<std::string>() : std::string();
}

void check_worker(const std::string& wanted, Diagnosis& diagnosis) {
    const auto worker = find_worker(wanted);
    if (!worker) {
        diagnosis.checks.push_back({"worker", Health::missing, "tandem-worker is not there",
                                    "build with libtorch: ./dev build, or cmake with -DTANDEM_TORCH_PREFIX=FOLDER"});
        return;
    }
    const Job job{.pairing = {.model = {.name = "none", .location = "random:none"}}, .workload = NullWorkload{}};
    const auto run = run_single(job, *worker, {}, {});
    if (!run) {
        diagnosis.checks.push_back({"worker", Health::missing, worker->string() + ": " + run.error().to_string(),
                                    "start it by hand with --help to see what a library lacks"});
        return;
    }
    diagnosis.environment_json = run->environment_json;
    const auto environment = nlohmann::json::parse(run->environment_json, nullptr, false);
    const std::string version = environment.is_object() ? text_of(environment, "worker") : "";
    const std::string libtorch = environment.is_object() ? text_of(environment, "libtorch") : "";
    diagnosis.checks.push_back({"worker", Health::good, worker->string() + ", " + version, ""});
    diagnosis.checks.push_back(libtorch.empty() ? Check{"libtorch", Health::missing, "this worker has none",
                                                        "build with libtorch: ./dev build"}
                                                : Check{"libtorch", Health::good, libtorch, ""});
}

void check_machine(Diagnosis& diagnosis) {
    const MachineDescription machine = describe_machine();
    const MachineReadings now = read_machine();
    std::string features;
    for (const std::string& feature : machine.cpu_features) {
        features += " " + feature;
    }
    const bool has_vectors = std::any_of(machine.cpu_features.begin(), machine.cpu_features.end(),
                                         [](const std::string& f) { return f == "avx2" || f == "asimd"; });
    diagnosis.checks.push_back({"cpu", has_vectors ? Health::good : Health::notice,
                                machine.cpu + ", " + std::to_string(machine.cores) + " cores," +
                                    (features.empty() ? " no vector extensions known" : features),
                                has_vectors ? "" : "without AVX2 or NEON quantised models run slowly"});
    constexpr std::int64_t comfortable = std::int64_t{1} << 30;
    diagnosis.checks.push_back(
        {"memory", now.memory_available_bytes >= comfortable ? Health::good : Health::notice,
         show_bytes(now.memory_available_bytes) + " free of " + show_bytes(machine.memory_bytes),
         now.memory_available_bytes >= comfortable ? "" : "only small models will fit; close other programs"});
    diagnosis.checks.push_back(
        {"gpu", Health::good, machine.gpus.empty() ? "none found; trials run on the CPU" : machine.gpus.front(), ""});
    diagnosis.checks.push_back({"governor", now.governor == "powersave" ? Health::notice : Health::good,
                                now.governor.empty() ? "the kernel shows none" : now.governor, ""});
    for (const std::string& warning : machine_warnings()) {
        const auto advice = warning.rfind("; ");
        diagnosis.checks.push_back(
            {"timing", Health::notice, warning.substr(0, advice),
             advice == std::string::npos ? "measure when it is idle" : warning.substr(advice + 2)});
    }
}

void check_disk(const char* name, const fs::path& folder, Diagnosis& diagnosis) {
    const fs::path there = existing_folder(folder);
    const std::int64_t free = library::free_bytes(there);
    constexpr std::int64_t comfortable = std::int64_t{1} << 30;
    const bool writable = access(there.c_str(), W_OK) == 0;
    diagnosis.checks.push_back({name,
                                !writable             ? Health::missing
                                : free >= comfortable ? Health::good
                                                      : Health::notice,
                                folder.string() + (writable ? "" : " (not writable)") + ", " +
                                    show_bytes(std::max<std::int64_t>(free, 0)) + " free",
                                !writable            ? "choose another place with TANDEM_DB and TANDEM_HOME"
                                : free < comfortable ? "free some space before running much"
                                                     : ""});
}

void check_database(const fs::path& path, Diagnosis& diagnosis) {
    std::error_code ignored;
    check_disk("results folder", path.parent_path(), diagnosis);
    if (!fs::exists(path, ignored)) {
        diagnosis.checks.push_back(
            {"database", Health::good, path.string() + ": none yet, the first run makes it", ""});
        return;
    }
    auto reader = ResultsReader::open(path);
    if (!reader) {
        diagnosis.checks.push_back({"database", Health::missing, reader.error().to_string(),
                                    "use another file with --db or TANDEM_DB; this one is left as it is"});
        return;
    }
    constexpr std::int64_t busy_timeout_ms = 2000;
    auto connection = db::Connection::open(path, db::OpenMode::read_only, busy_timeout_ms);
    const auto healthy = connection ? db::quick_check(**connection) : Result<void>(connection.error());
    const auto experiments = (*reader)->experiments();
    if (!healthy || !experiments) {
        diagnosis.checks.push_back({"database", Health::missing,
                                    (healthy ? experiments.error() : healthy.error()).to_string(),
                                    "copy it away, and use another file with --db or TANDEM_DB"});
        return;
    }
    std::int64_t trials = 0;
    for (const ExperimentRow& row : *experiments) {
        trials += row.trials;
    }
    diagnosis.checks.push_back({"database", Health::good,
                                path.string() + ": whole, " + std::to_string(experiments->size()) + " experiments, " +
                                    std::to_string(trials) + " trials",
                                ""});
}

void check_library(Diagnosis& diagnosis) {
    const fs::path folder = Library::default_folder();
    check_disk("models folder", folder, diagnosis);
    const auto library = Library::open(folder);
    if (!library) {
        diagnosis.checks.push_back({"library", Health::missing, library.error().to_string(), "see the message"});
        return;
    }
    std::string gone;
    std::error_code ignored;
    for (const LibraryEntry& entry : library->entries()) {
        if (!fs::exists(entry.location, ignored)) {
            gone += " " + entry.name;
        }
    }
    const std::size_t count = library->entries().size();
    diagnosis.checks.push_back(
        {"library", count == 0 || !gone.empty() ? Health::notice : Health::good,
         std::to_string(count) + " models" + (gone.empty() ? "" : ", whose files are gone:" + gone),
         count == 0      ? "`tandem model add smollm2-135m-instruct-q4_1` fetches a small one"
         : !gone.empty() ? "add them again with `tandem model add`"
                         : ""});
}

void check_programs(Diagnosis& diagnosis) {
    const fs::path studio = find_program("tandem-studio");
    diagnosis.checks.push_back(
        {"studio", studio.empty() ? Health::notice : Health::good,
         studio.empty() ? "tandem-studio is not there" : studio.string(),
         studio.empty() ? "install qt6-base-dev, qt6-charts-dev and qt6-svg-dev and build again" : ""});
    const auto pip = library::run_child({.arguments = {library::python_program(), "-m", "pip", "--version"}}, {}, {});
    const bool works = pip && pip->exit_code == 0;
    diagnosis.checks.push_back(
        {"pip", works ? Health::good : Health::notice,
         works ? pip->output.substr(0, pip->output.find(" from ")) : "python3 with pip is not there",
         works ? "" : "needed for `tandem model add NAME` only: apt-get install python3-pip"});
    std::size_t experiments = 0;
    std::error_code ignored;
    for (const fs::path& folder : experiment_folders()) {
        if (experiments == 0 && fs::is_directory(folder, ignored)) {
            for (const auto& entry : fs::directory_iterator(folder, ignored)) {
                experiments += entry.path().extension() == ".yaml" && entry.path().stem() != "models" ? 1 : 0;
            }
        }
    }
    diagnosis.checks.push_back({"experiments", experiments == 0 ? Health::notice : Health::good,
                                std::to_string(experiments) + " are installed and can be run by name",
                                experiments == 0 ? "install with cmake --install, or name files" : ""});
}

}  // namespace

bool Diagnosis::usable() const {
    return std::none_of(checks.begin(), checks.end(),
                        [](const Check& check) { return check.health == Health::missing; });
}

Diagnosis diagnose(const std::string& database, const std::string& worker) {
    Diagnosis diagnosis;
    diagnosis.environment_json = local_environment_json();
    check_worker(worker, diagnosis);
    check_machine(diagnosis);
    std::error_code ignored;
    check_database(fs::absolute(database.empty() ? default_database_path() : fs::path(database), ignored), diagnosis);
    check_library(diagnosis);
    check_programs(diagnosis);
    return diagnosis;
}

}  // namespace tandem::cli
