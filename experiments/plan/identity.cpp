#include <nlohmann/json.hpp>

#include "experiments/plan/plan.h"
#include "experiments/wire/job_json.h"

namespace tandem {

std::string trial_identity_json(const Job& job, const std::string& target_host, const std::string& machine_fingerprint,
                                const std::string& engine_version) {
    const auto quoted = [](const std::string& text) {
        return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    };
    std::string identity = R"({"engine":)" + quoted(engine_version) + R"(,"host":)" + quoted(target_host) +
                           R"(,"job":)" + job_identity_json(job);
    // Answers are the same on every machine, times are not.
    if (is_timing(job.workload)) {
        identity += R"(,"machine":)" + quoted(machine_fingerprint);
    }
    return identity + "}";
}

}  // namespace tandem
