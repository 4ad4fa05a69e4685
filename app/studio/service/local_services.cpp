#include "app/studio/service/local_services.h"

#include <system_error>
#include <utility>

#include "app/library/sources.h"
#include "engine/models/catalogue.h"

namespace tandem::studio {
namespace {

class LocalRuns : public RunService {
public:
    explicit LocalRuns(const LocalOptions& options) {
        options_.database = options.database;
        options_.library = options.library;
    }

    Result<PreparedRun> prepare(const std::string& yaml, const std::string& file_name) override {
        ExperimentSpec spec = TANDEM_TRY(parse_experiment(yaml, file_name));
        return prepare_run(std::move(spec), options_);
    }

    Result<RunSummary> run(const PreparedRun& prepared, const RunListener& listener, std::stop_token stop) override {
        return execute_run(prepared, options_, listener, std::move(stop));
    }

private:
    RunnerOptions options_;
};

class LocalModels : public ModelService {
public:
    explicit LocalModels(std::filesystem::path folder) : folder_(std::move(folder)) {}

    Result<std::vector<LibraryEntry>> models() override {
        const Library library = TANDEM_TRY(Library::open(folder_));
        return library.entries();
    }

    std::vector<std::string> shapes() const override {
        std::vector<std::string> ids;
        for (const CatalogueModel& model : tandem::catalogue()) {
            ids.push_back(model.id);
        }
        return ids;
    }

    std::vector<std::string> catalogue() const override {
        std::vector<std::string> names;
        for (const ModelSource& source : model_sources()) {
            names.push_back(source.name);
        }
        return names;
    }

    Result<LibraryEntry> add(const std::string& source, bool accept_terms, const DownloadListener& listener,
                             std::stop_token stop) override {
        Library library = TANDEM_TRY(Library::open(folder_));
        AddOptions options;
        options.accept_terms = accept_terms;
        return library.add(source, {}, listener, std::move(stop), options);
    }

private:
    std::filesystem::path folder_;
};

// Opened for each question: the database may not exist yet, and a run writes to it meanwhile.
class LocalResults : public ResultsService {
public:
    explicit LocalResults(std::filesystem::path database) : database_(std::move(database)) {}

    std::string database() const override { return database_.string(); }

    Result<std::vector<ExperimentRow>> experiments() override {
        if (!exists()) {
            return std::vector<ExperimentRow>();
        }
        const auto reader = TANDEM_TRY(ResultsReader::open(database_));
        return reader->experiments();
    }

    Result<std::vector<TrialRow>> trials(const std::string& experiment) override {
        if (!exists()) {
            return std::vector<TrialRow>();
        }
        const auto reader = TANDEM_TRY(ResultsReader::open(database_));
        ResultsQuery query;
        if (!experiment.empty()) {
            query.experiment = experiment;
        }
        return reader->trials(query);
    }

    Result<TrialDetail> trial(const std::string& id) override {
        const auto reader = TANDEM_TRY(ResultsReader::open(database_));
        return reader->trial(id);
    }

    Result<std::vector<Observation>> observations(const std::string& id) override {
        const auto reader = TANDEM_TRY(ResultsReader::open(database_));
        return reader->observations(id);
    }

    Result<std::vector<AttemptObservation>> training(const std::string& id) override {
        if (!exists()) {
            return std::vector<AttemptObservation>();
        }
        const auto reader = TANDEM_TRY(ResultsReader::open(database_));
        return reader->training(id);
    }

private:
    bool exists() const {
        std::error_code ignored;
        return std::filesystem::exists(database_, ignored);
    }
    std::filesystem::path database_;
};

}  // namespace

LocalServices::LocalServices(const LocalOptions& options)
    : run_(std::make_unique<LocalRuns>(options)),
      models_(std::make_unique<LocalModels>(options.library)),
      results_(std::make_unique<LocalResults>(options.database)) {}

LocalServices::~LocalServices() = default;

}  // namespace tandem::studio
