#include "app/library/trained_pairing.h"

#include <algorithm>
#include <system_error>
#include <vector>

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr const char* whole_model = "small";
constexpr const char* adapter_folder = "adapter";

std::string shown_name(const ModelRef& reference) {
    return reference.name.empty() ? reference.location : reference.name;
}

Error missing(const NamedModel& wanted, const std::string& found, const fs::path& folder) {
    const ModelRef& reference = wanted.reference;
    return {.code = "PAIRING_MODEL",
            .message = "the " + wanted.whose + " that the pairing was trained with, '" + shown_name(reference) + "'" +
                       (reference.sha256.empty() ? "" : " (sha256 " + reference.sha256 + ")") +
                       ", is not here: " + found + "; `tandem model add` puts it into the library, " + wanted.option +
                       " NAME-OR-PATH names it; nothing was run",
            .where = folder.string(),
            .kind = ErrorKind::bad_input};
}

// A relative path of a folder that somebody else may have made stays inside it.
Result<fs::path> inside(const fs::path& folder, const std::string& location) {
    const fs::path path = location;
    if (path.is_absolute() || std::ranges::find(path, fs::path("..")) == path.end()) {
        return path.is_absolute() ? path : folder / path;
    }
    return Error{.code = "PAIRING_FOLDER",
                 .message = "pairing.json has the location " + location + ", which leaves the folder; nothing was run",
                 .where = folder.string(),
                 .kind = ErrorKind::bad_input};
}

// Where the model may be, the likeliest first.
Result<std::vector<std::string>> places_of(const Library& library, const fs::path& folder, const NamedModel& wanted) {
    const ModelRef& reference = wanted.reference;
    if (!wanted.chosen.empty()) {
        return std::vector{wanted.chosen};
    }
    if (reference.location.starts_with("random:")) {
        return std::vector{reference.location};
    }
    std::vector<std::string> places;
    const fs::path at = TANDEM_TRY(inside(folder, reference.location));
    if (fs::path(reference.location).is_relative()) {
        places.push_back(at.string());
    }
    for (const LibraryEntry& entry : library.entries()) {
        if (!reference.sha256.empty() && entry.sha256 == reference.sha256) {
            places.push_back(entry.name);
        }
    }
    if (library.find(reference.name) != nullptr) {
        places.push_back(reference.name);
    }
    places.push_back(at.string());
    return places;
}

Result<void> attach(const Library& library, const fs::path& folder, const ModelRef& reference, ModelFacts& facts) {
    if (reference.adapter.empty()) {
        return {};
    }
    TANDEM_TRY(library.attach_adapter(facts, TANDEM_TRY(inside(folder, reference.adapter)).string()));
    if (!reference.adapter_sha256.empty() && facts.adapter_sha256 != reference.adapter_sha256) {
        return Error{.code = "PAIRING_MODEL",
                     .message = "the adapter is another than the pairing was trained with: sha256 " +
                                facts.adapter_sha256 + ", needed is " + reference.adapter_sha256 + "; nothing was run",
                     .where = facts.adapter,
                     .kind = ErrorKind::bad_input};
    }
    return {};
}

ModelRef reference_of(const std::string& name, const ModelFacts& facts) {
    return {name, facts.location, facts.sha256, facts.adapter, facts.adapter_sha256};
}

}  // namespace

bool is_pairing_folder(const Library& library, const std::string& model) {
    std::error_code ignored;
    return library.find(model) == nullptr && !model.empty() &&
           fs::is_regular_file(fs::path(model) / pairing_file_name, ignored);
}

Result<ModelFacts> find_named_model(Library& library, const fs::path& folder, const NamedModel& wanted) {
    const std::string& sum = wanted.reference.sha256;
    std::string found;
    for (const std::string& place : TANDEM_TRY(places_of(library, folder, wanted))) {
        auto facts = library.resolve(place);
        if (facts && (sum.empty() || facts->sha256 == sum)) {
            TANDEM_TRY(attach(library, folder, wanted.reference, *facts));
            return facts;
        }
        const std::string what =
            place + (facts ? " has the sum " + facts->sha256 : " cannot be read (" + facts.error().code + ")");
        if (found.find(what) == std::string::npos) {
            found += (found.empty() ? "" : ", ") + what;
        }
    }
    return missing(wanted, found, folder);
}

Result<TrainedPairing> find_trained_pairing(Library& library, const std::string& named, const PairingModels& chosen) {
    std::error_code failed;
    fs::path folder = fs::canonical(named, failed);
    if (failed) {
        folder = named;
    }
    TrainedPairing trained{.file = TANDEM_TRY(read_pairing_file(folder)), .pairing = {}, .model = {}, .partner = {}};
    const PairingFile& file = trained.file;
    trained.pairing.method = file.method;
    trained.pairing.guidance = file.guidance;
    trained.pairing.soft_prompt = file.soft_prompt;
    trained.pairing.trained.location = folder.string();
    if (fs::is_directory(folder / whole_model, failed)) {
        if (!chosen.slm.empty()) {
            return Error{
                .code = "OPTION_CONFLICT",
                .message = "--slm names a model that the folder has itself, trained, in small; nothing was run",
                .where = folder.string(),
                .kind = ErrorKind::bad_input};
        }
        trained.model = TANDEM_TRY(library.resolve((folder / whole_model).string()));
    } else {
        trained.model = TANDEM_TRY(find_named_model(
            library, folder,
            {.reference = file.model, .chosen = chosen.slm, .whose = "model that writes", .option = "--slm"}));
    }
    trained.pairing.model = reference_of(file.model.name, trained.model);
    if (file.method == PairingMethod::llm_to_slm) {
        trained.partner = TANDEM_TRY(find_named_model(
            library, folder,
            {.reference = file.partner, .chosen = chosen.llm, .whose = "large model", .option = "--llm"}));
        trained.pairing.partner = reference_of(file.partner.name, *trained.partner);
    } else if (!chosen.llm.empty()) {
        return Error{.code = "OPTION_CONFLICT",
                     .message = "--llm names a large model, and a pairing of the method " +
                                std::string(enum_name(file.method)) + " has none; nothing was run",
                     .where = folder.string(),
                     .kind = ErrorKind::bad_input};
    }
    if (fs::is_directory(folder / adapter_folder, failed)) {
        ModelFacts fits = trained.model;  // the job's own model stays without: its adapter is the folder's
        TANDEM_TRY(library.attach_adapter(fits, (folder / adapter_folder).string()));
    }
    return trained;
}

}  // namespace tandem
