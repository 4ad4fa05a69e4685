#include "app/agent/status.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "experiments/execute/machine.h"

namespace tandem::agent {
namespace {

using nlohmann::ordered_json;

ordered_json collect(const std::filesystem::path& worker_program) {
    ordered_json status = ordered_json::parse(machine_environment_json());
    status["memory_available_bytes"] = available_memory();
    const bool able = access(worker_program.c_str(), X_OK) == 0;
    status["worker"] = able ? ordered_json(worker_program.string()) : ordered_json(nullptr);
    return status;
}

std::string shown(const ordered_json& value) {
    if (value.is_null()) {
        return "not known";
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_structured() && value.empty()) {
        return "none";
    }
    if (!value.is_structured()) {
        return value.dump();
    }
    std::string list;
    for (const auto& [key, item] : value.items()) {
        list += (list.empty() ? "" : ", ") + (value.is_object() ? key + " " : std::string()) + shown(item);
    }
    return list;
}

}  // namespace

std::string status_json(const std::filesystem::path& worker_program) {
    return collect(worker_program).dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

std::string status_text(const std::filesystem::path& worker_program) {
    const ordered_json status = collect(worker_program);
    std::size_t width = 0;
    for (const auto& [key, value] : status.items()) {
        width = std::max(width, key.size());
    }
    std::string text;
    for (const auto& [key, value] : status.items()) {
        const bool no_worker = key == "worker" && value.is_null();
        text += key + std::string(width - key.size() + 2, ' ') +
                (no_worker ? "none beside this program: trials cannot run here" : shown(value)) + "\n";
    }
    return text;
}

}  // namespace tandem::agent
