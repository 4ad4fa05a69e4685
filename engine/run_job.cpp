#include "engine/run_job.h"

#include <limits>
#include <optional>
#include <utility>

#include "engine/models/inspect.h"
#include "engine/run_null.h"
#include "engine/run_workloads.h"
#include "engine/tensor/torch_device.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

// What is known before any weight is read; the trial is refused here if it cannot succeed.
struct Prepared {
    ModelFacts facts;
    std::shared_ptr<const Tokenizer> tokenizer;  // generate only
    std::optional<PromptEncoder> encoder;        // generate only
    std::vector<TokenId> prompt;                 // benchmark only
    PixelBatch pixels;                           // embed only
    Positions positions;
};

bool is_random(const std::string& location) {
    return location.starts_with("random:");
}

Result<void> prepare(const GenerateWorkload& workload, const Job& job, Prepared& prepared, TrialRecorder&) {
    const std::string& location = job.pairing.model.location;
    if (is_random(location)) {
        return Error{.code = "TOK_NONE",
                     .message =
                         "a model of random weights has no tokenizer and says nothing; use the workload "
                         "benchmark, or a real model",
                     .where = location};
    }
    prepared.tokenizer = TANDEM_TRY(Tokenizer::open(location));
    prepared.encoder = TANDEM_TRY(PromptEncoder::create(prepared.tokenizer, workload.chat, workload.system));
    prepared.positions = TANDEM_TRY(check_generate(workload, *prepared.encoder, prepared.facts.shape));
    return {};
}

// The tokenizer only says which ids are special; it is gone again before memory is measured.
Result<void> prepare(const BenchmarkWorkload& workload, const Job& job, Prepared& prepared, TrialRecorder& recorder) {
    const std::string& location = job.pairing.model.location;
    const ModelShape& shape = prepared.facts.shape;
    TANDEM_TRY(check_context(workload.prompt_tokens, workload.new_tokens, shape, {}));
    prepared.positions = {.cache = slots_needed(shape, workload.prompt_tokens, workload.new_tokens),
                          .source = workload.prompt_tokens};
    std::shared_ptr<const Tokenizer> tokenizer;
    if (!is_random(location)) {
        auto opened = Tokenizer::open(location);
        if (opened) {
            tokenizer = std::move(opened).value();
        } else {
            recorder.note("tokenizer_unreadable",
                          "the prompt was drawn from all ids, special ones too, because the "
                          "tokenizer cannot be read: " +
                              opened.error().to_string());
        }
    }
    prepared.prompt = synthetic_prompt(workload.prompt_tokens, source_vocabulary(shape), tokenizer.get(), job.seed);
    return {};
}

Result<void> prepare(const LogitsWorkload& workload, const Job&, Prepared& prepared, TrialRecorder&) {
    prepared.positions = TANDEM_TRY(check_logits(workload, prepared.facts.shape));
    return {};
}

Result<void> prepare(const EmbedWorkload& workload, const Job& job, Prepared& prepared, TrialRecorder& recorder) {
    recorder.progress(0, "reading the pictures");
    prepared.pixels = TANDEM_TRY(prepare_pictures(workload, job.pairing.model.location, prepared.facts.shape));
    return {};
}

Error not_yet(const std::string& what) {
    return {.code = "UNSUPPORTED", .message = "this version cannot run the workload " + what + "; nothing was run"};
}

Result<void> prepare(const EvaluateWorkload&, const Job&, Prepared&, TrialRecorder&) {
    return not_yet("evaluate");
}

Result<void> prepare(const TrainWorkload&, const Job&, Prepared&, TrialRecorder&) {
    return not_yet("train");
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
    for (const std::string& warning : facts.warnings) {
        recorder.note("model_warning", warning);
    }
    for (const std::string& warning : model.notes()) {
        recorder.note("model_warning", warning);
    }
}

// A model of one of the kinds that write text.
struct LoadedLm {
    std::shared_ptr<const CausalLm> decoder;
    std::shared_ptr<const EncoderDecoderLm> encoder_decoder;

    AnyLm any() const { return decoder ? AnyLm(*decoder) : AnyLm(*encoder_decoder); }
};

// `load_kind` is load_causal_lm or one of its siblings.
template <class LoadKind>
auto load_as(LoadKind load_kind, const Job& job, at::Device device, TrialRecorder& recorder,
             const std::stop_token& stop) {
    recorder.progress(0, "loading the model");
    recorder.phase_begins("load", 0);
    const auto told = [&](double fraction) { recorder.progress(0.1 * fraction, "loading the model"); };
    auto model = load_kind(job.pairing.model, job.load, device, job.seed, told, stop);
    if (model) {
        recorder.phase_ends("load", 0);
        recorder.sample("weights_bytes", 0, static_cast<double>((*model)->weights_bytes()));
    }
    return model;
}

Result<LoadedLm> load(const Job& job, ModelKind kind, at::Device device, TrialRecorder& recorder,
                      const std::stop_token& stop) {
    LoadedLm loaded;
    if (kind == ModelKind::encoder_decoder) {
        loaded.encoder_decoder = TANDEM_TRY(load_as(load_encoder_decoder, job, device, recorder, stop));
    } else {
        loaded.decoder = TANDEM_TRY(load_as(load_causal_lm, job, device, recorder, stop));
    }
    return loaded;
}

Result<Report> run(const Job& job, Observer& observer, const std::stop_token& stop) {
    const SteadyClock clock;
    TrialRecorder recorder(observer, clock);
    const at::Device device = TANDEM_TRY(parse_device(job.device.device));
    Prepared prepared{.facts = TANDEM_TRY(inspect_model(job.pairing.model.location))};
    TANDEM_TRY(
        std::visit([&](const auto& workload) { return prepare(workload, job, prepared, recorder); }, job.workload));
    const std::int64_t slots = job.load.context > 0 ? job.load.context : prepared.positions.cache;
    TANDEM_TRY(check_slots(prepared.positions.cache, slots));
    recorder.fact("workload", std::string(workload_kind(job.workload)));
    record_machine_facts(recorder, set_threads(job.device.threads));
    MachineSampler machine(recorder);

    if (const auto* embed = std::get_if<EmbedWorkload>(&job.workload)) {
        const auto encoder = TANDEM_TRY(load_as(load_vision_encoder, job, device, recorder, stop));
        record_model_facts(job, prepared.facts, *encoder, recorder);
        TANDEM_TRY(run_embed(*embed, prepared.pixels, *encoder, recorder, machine, stop));
        recorder.progress(1, "done");
        return recorder.report();
    }
    const LoadedLm loaded = TANDEM_TRY(load(job, prepared.facts.shape.kind, device, recorder, stop));
    const AnyLm model = loaded.any();
    record_model_facts(job, prepared.facts, model.model(), recorder);
    const RunContext context{.model = model,
                             .recorder = recorder,
                             .machine = machine,
                             .stop = stop,
                             .seed = job.seed,
                             .cache_slots = slots,
                             .source = prepared.positions.source};
    Result<void> done;
    if (const auto* generate = std::get_if<GenerateWorkload>(&job.workload)) {
        done = run_generate(*generate, prepared.tokenizer, *prepared.encoder, context);
    } else if (const auto* benchmark = std::get_if<BenchmarkWorkload>(&job.workload)) {
        done = run_benchmark(*benchmark, std::move(prepared.prompt), context);
    } else if (const auto* logits = std::get_if<LogitsWorkload>(&job.workload)) {
        done = run_logits(*logits, context);
    }
    if (!done) {
        return std::move(done).error();
    }
    recorder.progress(1, "done");
    return recorder.report();
}

}  // namespace

Result<Report> run_job(const Job& job, Observer& observer, std::stop_token stop) {
    return translate_torch("run the trial", [&]() -> Result<Report> {
        if (const auto* null = std::get_if<NullWorkload>(&job.workload)) {
            return run_null(*null, observer, std::move(stop));
        }
        return run(job, observer, stop);
    });
}

}  // namespace tandem
