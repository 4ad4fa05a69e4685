// tandem doctor: what this machine can do, what is missing and how to install it.
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/doctor_checks.h"
#include "app/cli/output.h"
#include "app/cli/terminal.h"
#include "app/report/text_width.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

const char* health_name(Health health) {
    switch (health) {
        case Health::good:
            return "ok";
        case Health::notice:
            return "notice";
        case Health::missing:
            return "missing";
    }
    return "?";
}

std::string report_text(const Diagnosis& diagnosis) {
    std::string text;
    for (const Check& check : diagnosis.checks) {
        const Tone tone = check.health == Health::good     ? Tone::green
                          : check.health == Health::notice ? Tone::yellow
                                                           : Tone::red;
        constexpr std::size_t state_columns = 9, name_columns = 16;
        std::string state = health_name(check.health);
        state.resize(state_columns, ' ');
        std::string name = check.name;
        name.resize(std::max(name_columns, name.size() + 1), ' ');
        text += toned(Stream::out, tone, state) + name + report::printable(check.found) + "\n";
        if (!check.advice.empty()) {
            text += std::string(state_columns + name_columns, ' ') + "-> " + check.advice + "\n";
        }
    }
    return text + "\n" +
           (diagnosis.usable() ? "Trials can run here.\n" : "Trials cannot run here yet; see what is missing above.\n");
}

ordered_json report_json(const Diagnosis& diagnosis) {
    ordered_json checks = ordered_json::array();
    for (const Check& check : diagnosis.checks) {
        checks.push_back({{"name", check.name},
                          {"state", health_name(check.health)},
                          {"found", check.found},
                          {"advice", check.advice}});
    }
    return {{"usable", diagnosis.usable()},
            {"version", TANDEM_VERSION},
            {"checks", checks},
            {"environment", ordered_json::parse(diagnosis.environment_json, nullptr, false)}};
}

}  // namespace

void declare_doctor(CLI::App& program, CommandLine& line) {
    struct Arguments {
        std::string database, worker;
        bool json = false;
    };
    auto* command = program.add_subcommand(
        "doctor", "Say what this machine can do, what is missing and how to install it; exit 0 when trials can run");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("--db", arguments->database, "The database (default: $TANDEM_DB or the XDG data folder)")
        ->type_name("PATH");
    command->add_option("--worker", arguments->worker, "The program that runs trials (default: beside this program)")
        ->envname("TANDEM_WORKER")
        ->type_name("PROGRAM");
    command->add_flag("--json", arguments->json, "One JSON document on stdout");
    command->callback([&line, arguments] {
        line.action = [arguments] {
            const Diagnosis diagnosis = diagnose(arguments->database, arguments->worker);
            const auto written =
                arguments->json ? write_json(report_json(diagnosis)) : write_out(report_text(diagnosis));
            if (!written) {
                return fail(written.error());
            }
            return static_cast<int>(diagnosis.usable() ? exit_done : exit_bad_input);
        };
    });
}

}  // namespace tandem::cli
