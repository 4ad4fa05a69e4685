#include "engine/run_job.h"

#include <optional>
#include <utility>

#include "engine/models/inspect.h"
#include "engine/models/registry.h"
#include "engine/pairing/load_system.h"
#include "engine/run_evaluate.h"
#include "engine/run_null.h"
#include "engine/run_train.h"
#include "engine/run_workloads.h"
#include "engine/tensor/torch_device.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

// What is known before any weight is read; the trial is refused here if it cannot succeed.
struct Prepared {
    std::optional<PreparedSystem> system;  // what answers: generate, benchmark and evaluate
    GuidedPrompt prompt;                   // benchmark only
    ModelFacts facts;                      // logits and embed
    PixelBatch pixels;                     // embed only
    PreparedTask task;                     // evaluate only
    Positions positions;
};

void tell(const std::vector<SystemNote>& notes, TrialRecorder& recorder) {
    for (const SystemNote& note : notes) {
        recorder.note(note.name, note.text);
    }
}

Result<void> prepare(const GenerateWorkload& workload, const Job& job, Prepared& prepared, TrialRecorder& recorder) {
    const PreparedSystem& system = prepared.system.emplace(TANDEM_TRY(prepare_system(
        job.pairing,
        {.chat = workload.chat, .system = workload.system, .partner_prompt = job.pairing.guidance.llm_prompt})));
    prepared.positions = TANDEM_TRY(check_generate(workload, *system.prompts, [&](const GuidedPrompt& prompt) {
        return system.positions(prompt, workload.generation.max_new_tokens);
    }));
    tell(system.notes, recorder);
    return {};
}

// Tokenizers only say which ids are special; they are gone again before memory is measured.
Result<void> prepare(const BenchmarkWorkload& workload, const Job& job, Prepared& prepared, TrialRecorder& recorder) {
    PreparedSystem& system = prepared.system.emplace(TANDEM_TRY(prepare_system_of_ids(job.pairing)));
    tell(system.notes, recorder);
    prepared.prompt = system.synthetic(workload.prompt_tokens, job.seed);
    prepared.positions = TANDEM_TRY(system.positions(prepared.prompt, workload.new_tokens));
    system.forget_tokenizers();
    return {};
}

// Some workloads ask a model alone.
Result<ModelFacts> inspect_single(const Job& job) {
    if (job.pairing.method != PairingMethod::single || !job.pairing.trained.location.empty()) {
        return Error{.code = "UNSUPPORTED",
                     .message = "the workload " + std::string(workload_kind(job.workload)) +
                                " asks a model alone, not the method " + std::string(enum_name(job.pairing.method)) +
                                " or a trained pairing; nothing was run",
                     .where = "method"};
    }
    return inspect_model(job.pairing.model.location);
}

Result<void> prepare(const LogitsWorkload& workload, const Job& job, Prepared& prepared, TrialRecorder&) {
    prepared.facts = TANDEM_TRY(inspect_single(job));
    prepared.positions = TANDEM_TRY(check_logits(workload, prepared.facts.shape));
    return {};
}

Result<void> prepare(const EmbedWorkload& workload, const Job& job, Prepared& prepared, TrialRecorder& recorder) {
    prepared.facts = TANDEM_TRY(inspect_single(job));
    recorder.progress(0, "reading the pictures");
    prepared.pixels = TANDEM_TRY(prepare_pictures(workload, job.pairing.model.location, prepared.facts.shape));
    return {};
}

Error not_yet(const std::string& what) {
    return {.code = "UNSUPPORTED", .message = "this version cannot run the workload " + what + "; nothing was run"};
}

Result<void> prepare(const EvaluateWorkload& workload, const Job& job, Prepared& prepared, TrialRecorder& recorder) {
    const TaskOptions& task = workload.task;
    TANDEM_TRY(check_task(task));
    const PreparedSystem& system =
        prepared.system.emplace(TANDEM_TRY(prepare_system(job.pairing, prompt_style(task, job.pairing))));
    recorder.progress(0, "reading the test set");
    prepared.task = TANDEM_TRY(prepare_task(task, [&](std::string_view source) -> Result<Positions> {
        return system.positions(TANDEM_TRY(system.prompts->prompt(source)), task.generation.max_new_tokens);
    }));
    prepared.positions = prepared.task.positions;
    tell(system.notes, recorder);
    return {};
}

Result<void> prepare(const TrainWorkload&, const Job&, Prepared&, TrialRecorder&) {
    return {};
}

Result<void> prepare(const NullWorkload&, const Job&, Prepared&, TrialRecorder&) {
    return {};
}

std::string stored_types(const ModelFacts& facts) {
    std::string text;
    for (const auto& [type, count] : facts.tensors_by_type) {
        text += (text.empty() ? "" : ", ") + type;
    }
    return text;
}

void warn(const ModelFacts& facts, const Model& model, std::string_view name, TrialRecorder& recorder) {
    for (const std::string& warning : facts.warnings) {
        recorder.note(name, warning);
    }
    for (const std::string& warning : model.notes()) {
        recorder.note(name, warning);
    }
}

void record_model_facts(const Job& job, const ModelFacts& facts, const Model& model, TrialRecorder& recorder) {
    const ModelRef& named = job.pairing.model;
    recorder.fact("model", named.name.empty() ? named.location : named.name);
    recorder.fact("model_sha256", named.sha256.empty() ? "not known" : named.sha256);
    recorder.fact("architecture", facts.shape.architecture);
    recorder.fact("parameters", std::to_string(facts.parameters));
    recorder.fact("model_format", facts.format);
    const std::string stored = stored_types(facts);
    recorder.fact("dtype", std::string(enum_name(job.load.dtype)));
    recorder.fact("stored_types", stored.empty() ? "none" : stored);
    recorder.fact("device", model.device().str());
    recorder.fact("seed", std::to_string(job.seed));
    warn(facts, model, "model_warning", recorder);
}

void record_partner_facts(const Job& job, const ModelFacts& facts, const Model& model, TrialRecorder& recorder) {
    const ModelRef& named = job.pairing.partner;
    recorder.fact("method", std::string(enum_name(job.pairing.method)));
    recorder.fact("partner", named.name.empty() ? named.location : named.name);
    recorder.fact("partner_sha256", named.sha256.empty() ? "not known" : named.sha256);
    recorder.fact("partner_architecture", facts.shape.architecture);
    recorder.fact("partner_parameters", std::to_string(facts.parameters));
    recorder.fact("partner_dtype", std::string(enum_name(partner_dtype(job.pairing).value_or(job.load.dtype))));
    recorder.fact("partner_weights_bytes", std::to_string(model.weights_bytes()));
    warn(facts, model, "partner_warning", recorder);
}

// `load_all` is given a listener; what it loads has bytes of weights, which `bytes_of` says.
template <class Load, class Bytes>
auto timed_load(const std::string& what, Load load_all, Bytes bytes_of, TrialRecorder& recorder) {
    recorder.progress(0, what);
    recorder.phase_begins("load", 0);
    auto loaded = load_all([&](double fraction) { recorder.progress(0.1 * fraction, what); });
    if (loaded) {
        recorder.phase_ends("load", 0);
        recorder.sample("weights_bytes", 0, static_cast<double>(bytes_of(*loaded)));
    }
    return loaded;
}

// `load_kind` is load_model or one of its siblings.
template <class LoadKind>
auto load_single(LoadKind load_kind, const Job& job, at::Device device, TrialRecorder& recorder,
                 const std::stop_token& stop) {
    return timed_load(
        "loading the model",
        [&](const LoadListener& told) { return load_kind(job.pairing.model, job.load, device, job.seed, told, stop); },
        [](const auto& model) { return model->weights_bytes(); }, recorder);
}

// What a trial runs with besides its workload.
struct Run {
    const Job& job;
    at::Device device;
    TrialRecorder& recorder;
    MachineSampler& machine;
    const std::stop_token& stop;
};

Result<void> embed(const EmbedWorkload& workload, const Prepared& prepared, const Run& run) {
    const auto encoder = TANDEM_TRY(load_single(load_vision_encoder, run.job, run.device, run.recorder, run.stop));
    record_model_facts(run.job, prepared.facts, *encoder, run.recorder);
    return run_embed(workload, prepared.pixels, *encoder, run.recorder, run.machine, run.stop);
}

Result<void> logits(const LogitsWorkload& workload, const Prepared& prepared, const Run& run) {
    const auto model = TANDEM_TRY(load_single(load_model, run.job, run.device, run.recorder, run.stop));
    record_model_facts(run.job, prepared.facts, *model, run.recorder);
    return run_logits(workload, {.model = TANDEM_TRY(language_model(*model)),
                                 .recorder = run.recorder,
                                 .machine = run.machine,
                                 .stop = run.stop,
                                 .seed = run.job.seed,
                                 .cache_slots = prepared.positions.cache,
                                 .source = prepared.positions.source});
}

// The workloads that a pairing answers; `answer` is given the loaded system.
template <class Answer>
Result<void> with_system(const Prepared& prepared, const Run& run, Answer answer) {
    const PreparedSystem& system = *prepared.system;
    const auto loaded = TANDEM_TRY(timed_load(
        system.partner ? "loading the models" : "loading the model",
        [&](const LoadListener& told) {
            return load_system(system, run.job.load, run.device, run.job.seed, told, run.stop);
        },
        [](const LoadedSystem& made) { return made.weights_bytes(); }, run.recorder));
    record_model_facts(run.job, system.model.facts, *loaded.models[0], run.recorder);
    if (system.partner) {
        record_partner_facts(run.job, system.partner->facts, *loaded.models[1], run.recorder);
    }
    return answer(SystemContext{.system = *loaded.system,
                                .recorder = run.recorder,
                                .machine = run.machine,
                                .stop = run.stop,
                                .seed = run.job.seed,
                                .room = prepared.positions});
}

Result<void> run_workload(const Prepared& prepared, const Run& run) {
    const Workload& workload = run.job.workload;
    if (const auto* pictures = std::get_if<EmbedWorkload>(&workload)) {
        return embed(*pictures, prepared, run);
    }
    if (const auto* ids = std::get_if<LogitsWorkload>(&workload)) {
        return logits(*ids, prepared, run);
    }
    if (const auto* generate = std::get_if<GenerateWorkload>(&workload)) {
        return with_system(prepared, run, [&](const SystemContext& context) {
            return run_generate(*generate, *prepared.system->prompts, context);
        });
    }
    if (const auto* benchmark = std::get_if<BenchmarkWorkload>(&workload)) {
        return with_system(prepared, run, [&](const SystemContext& context) {
            return run_benchmark(*benchmark, prepared.prompt, context);
        });
    }
    if (const auto* evaluate = std::get_if<EvaluateWorkload>(&workload)) {
        return with_system(prepared, run, [&](const SystemContext& context) {
            return run_evaluate(evaluate->task, prepared.task, *prepared.system->prompts,
                                {.system = context.system,
                                 .recorder = context.recorder,
                                 .machine = context.machine,
                                 .stop = context.stop,
                                 .seed = context.seed,
                                 .room = context.room});
        });
    }
    return not_yet(std::string(workload_kind(workload)));
}

Result<Report> run(const Job& job, Observer& observer, const std::stop_token& stop) {
    const SteadyClock clock;
    TrialRecorder recorder(observer, clock);
    const at::Device device = TANDEM_TRY(parse_device(job.device.device));
    Prepared prepared;
    TANDEM_TRY(
        std::visit([&](const auto& workload) { return prepare(workload, job, prepared, recorder); }, job.workload));
    if (job.load.context > 0) {
        TANDEM_TRY(check_slots(prepared.positions.cache, job.load.context));
        prepared.positions.cache = job.load.context;
    }
    recorder.fact("workload", std::string(workload_kind(job.workload)));
    record_machine_facts(recorder, set_threads(job.device.threads));
    MachineSampler machine(recorder);
    TANDEM_TRY(
        run_workload(prepared, {.job = job, .device = device, .recorder = recorder, .machine = machine, .stop = stop}));
    recorder.progress(1, "done");
    return recorder.report();
}

}  // namespace

Result<Report> run_job(const Job& job, Observer& observer, std::stop_token stop) {
    return translate_torch("run the trial", [&]() -> Result<Report> {
        if (const auto* null = std::get_if<NullWorkload>(&job.workload)) {
            return run_null(*null, observer, std::move(stop));
        }
        if (const auto* train = std::get_if<TrainWorkload>(&job.workload)) {
            return run_train(job, *train, observer, std::move(stop));
        }
        return run(job, observer, stop);
    });
}

}  // namespace tandem
