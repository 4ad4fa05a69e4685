// What `bench`, `generate` and `model logits` share: a model by the user's word for it, loaded and run in a worker.
// Thread rule: main thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "app/cli/command.h"
#include "app/library/trained_pairing.h"
#include "app/runner/run_single.h"
#include "engine/api/job.h"
#include "engine/api/model_facts.h"
#include "engine/api/result.h"

namespace tandem::cli {

struct SingleArguments {
    Job job;  // knobs are set by the parser; the model by resolve_model
    std::string model, adapter, worker;
    PairingModels models;                   // --llm and --slm
    std::optional<TrainedPairing> trained;  // set by resolve_model where the model is a pairing's folder
    bool json = false;
};

// MODEL, --adapter, --adapter-mode, --dtype, --threads, --device, --worker and --json.
void add_single_options(CLI::App& command, SingleArguments& arguments);

// --llm and --slm: for commands that run a trained pairing as well as a model.
void add_pairing_options(CLI::App& command, SingleArguments& arguments);

// Finds the model and what it is, names it in the job and refuses what cannot fit: MODEL_*, TOO_LARGE_FOR_MACHINE.
Result<ModelFacts> resolve_model(SingleArguments& arguments);

// What the worker found worth knowing about the weights, as in W_NONFINITE, on stderr; what `facts` warns of has been
// said before.
void warn_of_weights(const SingleRun& run, const ModelFacts& facts);

// What the folder of a trained pairing is and where its models are; null where the model is none.
nlohmann::ordered_json pairing_json(const SingleArguments& arguments);

// Everything that decides the job, as "settings" of --json.
nlohmann::ordered_json settings_json(const Job& job);

}  // namespace tandem::cli
