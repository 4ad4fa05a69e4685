// A trained pairing's folder as a model on the command line: what pairing.json says, with its models found on this
// machine. Errors: PAIRING_FOLDER, PAIRING_MODEL (a model of it is not here, or another than it was trained with),
// those of Library. Thread rule: as Library.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/library/library.h"
#include "engine/pairing/pairing_settings.h"

namespace tandem {

// Names or paths that the user gives where a model is not found by itself; empty: none.
struct PairingModels {
    std::string llm;
    std::string slm;
};

struct TrainedPairing {
    PairingFile file;
    Pairing pairing;                    // what a job runs
    ModelFacts model;                   // the one that writes, as it is run
    std::optional<ModelFacts> partner;  // the large one that guides
};

// A folder with pairing.json; a name of the library is none.
bool is_pairing_folder(const Library& library, const std::string& model);

// Its model: in the folder, by its sum in the library, or where it was; only with the sum it was trained with.
Result<TrainedPairing> find_trained_pairing(Library& library, const std::string& folder, const PairingModels& chosen);

// One model that pairing.json names. `whose` is for the message ("large model"), `option` names another way in.
struct NamedModel {
    const ModelRef& reference;
    std::string chosen, whose, option;
};
Result<ModelFacts> find_named_model(Library& library, const std::filesystem::path& folder, const NamedModel& wanted);

}  // namespace tandem
