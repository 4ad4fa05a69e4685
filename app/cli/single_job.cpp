#include "app/cli/single_job.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cli/knob_options.h"
#include "app/cli/output.h"
#include "app/library/library.h"
#include "app/runner/runner.h"
#include "experiments/execute/machine.h"
#include "experiments/plan/estimate.h"
#include "experiments/wire/job_json.h"

namespace tandem::cli {

void add_single_options(CLI::App& command, SingleArguments& arguments) {
    command.add_option("model", arguments.model, "Name in the library, .gguf file, folder or random:CATALOGUE-ID")
        ->required();
    add_knobs(command, arguments.job.load, {"dtype", "adapter_mode"});
    command.add_option("--adapter", arguments.adapter, "Folder of a LoRA adapter to use with the model")
        ->type_name("FOLDER");
    add_knobs(command, arguments.job.device, {"threads", "device"});
    command
        .add_option("--worker", arguments.worker,
                    "The program that runs trials (default: tandem-worker beside this program)")
        ->envname("TANDEM_WORKER")
        ->type_name("PROGRAM");
    command.add_flag("--json", arguments.json, "One JSON document on stdout");
}

void add_pairing_options(CLI::App& command, SingleArguments& arguments) {
    command
        .add_option("--llm", arguments.models.llm,
                    "Of a trained pairing's folder: the large model, where it is not found by itself")
        ->type_name("NAME-OR-PATH");
    command
        .add_option("--slm", arguments.models.slm,
                    "Of a trained pairing's folder: the model that writes, where the folder has not its own")
        ->type_name("NAME-OR-PATH");
}

namespace {

Error conflict(std::string message, const std::string& where) {
    return {.code = "OPTION_CONFLICT",
            .message = std::move(message) + "; nothing was run",
            .where = where,
            .kind = ErrorKind::bad_input};
}

const ModelFacts* partner_of(const SingleArguments& arguments) {
    return arguments.trained && arguments.trained->partner ? &*arguments.trained->partner : nullptr;
}

Result<ModelFacts> resolve_pairing(SingleArguments& arguments, Library& library) {
    if (!arguments.adapter.empty()) {
        return conflict("--adapter does not go with a trained pairing, which has its own", arguments.model);
    }
    const Workload& workload = arguments.job.workload;
    if (!std::holds_alternative<GenerateWorkload>(workload) && !std::holds_alternative<BenchmarkWorkload>(workload)) {
        return Error{.code = "MODEL_KIND",
                     .message =
                         "this is the folder of a trained pairing, which answers and can be timed; logits and "
                         "embeddings are of one model; nothing was run",
                     .where = arguments.model,
                     .kind = ErrorKind::unsupported};
    }
    arguments.trained = TANDEM_TRY(find_trained_pairing(library, arguments.model, arguments.models));
    arguments.job.pairing = arguments.trained->pairing;
    return arguments.trained->model;
}

Result<ModelFacts> resolve_one(SingleArguments& arguments, Library& library) {
    if (!arguments.models.llm.empty() || !arguments.models.slm.empty()) {
        return conflict("--llm and --slm name the models of a trained pairing's folder, and this is none",
                        arguments.model);
    }
    ModelFacts facts = TANDEM_TRY(library.resolve(arguments.model));
    if (!arguments.adapter.empty()) {
        TANDEM_TRY(library.attach_adapter(facts, arguments.adapter));
    }
    arguments.job.pairing.model = {arguments.model, facts.location, facts.sha256, facts.adapter, facts.adapter_sha256};
    return facts;
}

}  // namespace

Result<ModelFacts> resolve_model(SingleArguments& arguments) {
    Library library = TANDEM_TRY(Library::open(Library::default_folder()));
    ModelFacts facts = TANDEM_TRY(is_pairing_folder(library, arguments.model) ? resolve_pairing(arguments, library)
                                                                              : resolve_one(arguments, library));
    const bool pictures = std::holds_alternative<EmbedWorkload>(arguments.job.workload);
    if (pictures != (facts.shape.kind == ModelKind::vision_encoder)) {
        return Error{.code = "MODEL_KIND",
                     .message = "the model is of family '" + facts.shape.architecture + "', " +
                                (pictures ? "which reads no pictures; need a vision encoder"
                                          : "a vision encoder, which reads no text; use `tandem model embed`") +
                                "; nothing was run",
                     .where = arguments.model,
                     .kind = ErrorKind::unsupported};
    }
    if (facts.format == "gguf" && facts.tensors_by_type.empty()) {
        return Error{.code = "MODEL_NO_WEIGHTS",
                     .message =
                         "the file holds a vocabulary only, no weights to compute with: it can be given to "
                         "`tandem model tokenize`; nothing was run",
                     .where = facts.location,
                     .kind = ErrorKind::bad_input};
    }
    const MemoryNeed need = estimate_memory(arguments.job, {facts, partner_of(arguments)});
    const std::int64_t memory = describe_machine().memory_bytes;
    if (memory > 0 && need.total() > memory) {
        const bool long_text = need.weights < need.kv_cache + need.activations;
        return Error{.code = "TOO_LARGE_FOR_MACHINE",
                     .message = "this needs " + need.to_string() + "; the machine has " + show_bytes(memory) +
                                "; nothing was run; " +
                                (long_text ? "fewer tokens need less" : "a smaller --dtype or model needs less"),
                     .where = arguments.model,
                     .kind = ErrorKind::bad_input};
    }
    return facts;
}

void warn_of_weights(const SingleRun& run, const ModelFacts& facts) {
    for (const Observation& observation : run.observations) {
        const bool is_note = observation.kind == ObservationKind::note && observation.name == "model_warning";
        if (is_note && std::ranges::find(facts.warnings, observation.text) == facts.warnings.end()) {
            warn(observation.text);
        }
    }
}

nlohmann::ordered_json pairing_json(const SingleArguments& arguments) {
    if (!arguments.trained) {
        return nullptr;
    }
    const TrainedPairing& trained = *arguments.trained;
    nlohmann::ordered_json json{{"folder", trained.pairing.trained.location},
                                {"method", enum_name(trained.pairing.method)}};
    if (trained.partner) {
        json["llm"] = facts_json(*trained.partner);
    }
    return json;
}

nlohmann::ordered_json settings_json(const Job& job) {
    const nlohmann::json whole = job_to_json(job);
    nlohmann::ordered_json settings = nlohmann::ordered_json::object();
    for (const char* part : {"device", "load", "workload", "seed"}) {
        if (whole.contains(part)) {
            settings[part] = nlohmann::ordered_json(whole.at(part));
        }
    }
    return settings;
}

}  // namespace tandem::cli
