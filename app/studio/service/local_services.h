// The studio's services on this machine: app/runner, app/library and db/queries. Thread rule: as services.h.
#pragma once

#include <filesystem>
#include <memory>

#include "app/studio/service/services.h"

namespace tandem::studio {

struct LocalOptions {
    std::filesystem::path database;
    std::filesystem::path library;
};

class LocalServices {
public:
    explicit LocalServices(const LocalOptions& options);
    ~LocalServices();
    Services services() const { return {*run_, *models_, *results_}; }

private:
    std::unique_ptr<RunService> run_;
    std::unique_ptr<ModelService> models_;
    std::unique_ptr<ResultsService> results_;
};

}  // namespace tandem::studio
