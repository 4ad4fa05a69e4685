// tandem device: where trials can run. This version knows this machine; other machines come with agents.
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/text_table.h"
#include "app/runner/places.h"
#include "app/runner/run_single.h"
#include "experiments/execute/machine.h"
#include "experiments/plan/estimate.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

struct DeviceRow {
    std::string name, what;
    bool usable = false;
    std::string note;
};

// The version of the worker's libtorch; empty where there is no worker or it has none.
std::string worker_libtorch(const std::string& worker) {
    const Job job{.pairing = {.model = {.name = "none", .location = "random:none"}}, .workload = NullWorkload{}};
    const auto run = run_single(job, worker, {}, {});
    if (!run) {
        return {};
    }
    const auto environment = nlohmann::json::parse(run->environment_json, nullptr, false);
    const auto libtorch = environment.is_object() ? environment.find("libtorch") : environment.end();
    return environment.is_object() && libtorch != environment.end() && libtorch->is_string()
               ? libtorch->get<std::string>()
               : std::string();
}

std::vector<DeviceRow> devices(const std::string& worker) {
    const MachineDescription machine = describe_machine();
    const std::string libtorch = worker_libtorch(worker);
    std::string features;
    for (const std::string& feature : machine.cpu_features) {
        features += (features.empty() ? "" : " ") + feature;
    }
    std::vector<DeviceRow> rows{{.name = "cpu",
                                 .what = machine.cpu + ", " + std::to_string(machine.cores) + " cores, " +
                                         show_bytes(machine.memory_bytes) + (features.empty() ? "" : ", " + features),
                                 .usable = !libtorch.empty(),
                                 .note = libtorch.empty() ? "no worker with libtorch; `tandem doctor` says what to do"
                                                          : "libtorch " + libtorch}};
    const bool cuda = libtorch.find("+cu") != std::string::npos;
    for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
        rows.push_back({.name = "cuda:" + std::to_string(i),
                        .what = machine.gpus[i],
                        .usable = cuda,
                        .note = cuda ? "libtorch " + libtorch : "this libtorch was built without CUDA"});
    }
    return rows;
}

int list_devices(const std::string& worker, bool json) {
    const auto rows = devices(worker);
    if (json) {
        ordered_json list = ordered_json::array();
        for (const DeviceRow& row : rows) {
            list.push_back({{"host", "local"},
                            {"device", row.name},
                            {"what", row.what},
                            {"usable", row.usable},
                            {"note", row.note}});
        }
        return finish(write_json({{"devices", list}}));
    }
    TextTable table({{"host"}, {"device"}, {"usable"}, {"what"}, {"note"}});
    for (const DeviceRow& row : rows) {
        table.add({"local", row.name, row.usable ? "yes" : "no", row.what, row.note});
    }
    return finish(write_out(table.text()));
}

int no_agents(const std::string& what) {
    return fail({.code = "UNSUPPORTED",
                 .message = "this version runs trials on this machine only: it has no agents on other devices to " +
                            what + "; nothing was changed; `tandem device list` shows what can be used",
                 .where = "tandem device",
                 .kind = ErrorKind::unsupported});
}

}  // namespace

void declare_device(CLI::App& program, CommandLine& line) {
    auto* device = program.add_subcommand("device", "Where trials can run");
    device->require_subcommand(1);
    struct Arguments {
        std::string worker, code, name;
        bool json = false;
    };
    const auto arguments = std::make_shared<Arguments>();

    auto* list = device->add_subcommand("list", "The devices of this machine, and whether trials can use them");
    list->add_flag("--json", arguments->json, "One JSON document on stdout");
    list->add_option("--worker", arguments->worker, "The program that runs trials (default: beside this program)")
        ->envname("TANDEM_WORKER")
        ->type_name("PROGRAM");
    list->callback(
        [&line, arguments] { line.action = [arguments] { return list_devices(arguments->worker, arguments->json); }; });

    auto* pair = device->add_subcommand("pair", "Pair with an agent on another device (not in this version)");
    pair->add_option("code", arguments->code, "The code that the agent shows")->required();
    pair->callback([&line] { line.action = [] { return no_agents("pair with"); }; });

    auto* remove = device->add_subcommand("remove", "Forget a paired device (not in this version)");
    remove->add_option("name", arguments->name, "The device")->required();
    remove->callback([&line] { line.action = [] { return no_agents("forget"); }; });
}

}  // namespace tandem::cli
