#include "app/library/export_pairing.h"

#include <fcntl.h>
#include <cstdio>

#include <system_error>
#include <utility>

#include "app/library/copy_files.h"
#include "app/library/files.h"
#include "app/library/trained_pairing.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

Error refused(const char* code, std::string message, const fs::path& where) {
    return {.code = code,
            .message = std::move(message) + "; nothing was written",
            .where = where.string(),
            .kind = ErrorKind::bad_input};
}

bool is_folder(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

Result<fs::path> place_of(const fs::path& out) {
    const fs::path named = out.has_filename() ? out : out.parent_path();
    std::error_code failed;
    const fs::path place = fs::weakly_canonical(fs::absolute(named, failed), failed);
    return failed ? named : place;
}

// What is there may be replaced only if it is what an export or a conversion makes: a slip of the hand must not empty
// another folder.
Result<void> check_place(const fs::path& place, const ExportRequest& request) {
    std::error_code ignored;
    if (!fs::is_directory(place.parent_path(), ignored)) {
        return refused("FILE_NOT_FOUND", "there is no folder " + place.parent_path().string() + " to write into",
                       place);
    }
    if (!fs::exists(place, ignored)) {
        return {};
    }
    if (!request.force) {
        return refused("EXPORT_EXISTS", "it exists already; --force replaces it", place);
    }
    const bool ours = fs::exists(place / pairing_file_name, ignored) || fs::exists(place / "config.json", ignored);
    if (!is_folder(place) || (!ours && !fs::is_empty(place, ignored))) {
        return refused("EXPORT_EXISTS", "what is there is no folder of a pairing or a model to replace", place);
    }
    const std::string within = place.string() + "/";
    for (const std::string& needed : {fs::weakly_canonical(request.trained, ignored).string(),
                                      request.pairing.model.location, request.pairing.partner.location}) {
        if ((needed + "/").starts_with(within)) {
            return refused("EXPORT_EXISTS", "the folder that would be replaced holds what is to be exported, " + needed,
                           place);
        }
    }
    return {};
}

// The model as files of the folder, under NAME or NAME.gguf; pairing.json then names it by a path of its own.
Result<void> bring_model(Library& library, const ExportRequest& request, const fs::path& folder,
                         const std::string& name, const NamedModel& wanted, ModelRef& reference) {
    if (reference.location.starts_with("random:")) {
        return {};
    }
    if (request.doing) {
        request.doing("copying the " + wanted.whose);
    }
    const ModelFacts facts = TANDEM_TRY(find_named_model(library, request.trained, wanted));
    const fs::path location = facts.location;
    const std::string file = name + (is_folder(location) ? "" : location.extension().string());
    TANDEM_TRY(library::copy_model(location, folder / file));
    const std::string sum = TANDEM_TRY(library.resolve((folder / file).string())).sha256;
    if (sum != facts.sha256) {
        return refused("MODEL_CHANGED", "the " + wanted.whose + " changed while it was copied", location);
    }
    if (!facts.adapter.empty()) {
        TANDEM_TRY(library::copy_model(facts.adapter, folder / (name + "-adapter")));
        reference.adapter = name + "-adapter";
    }
    reference.location = file;
    reference.sha256 = sum;
    return {};
}

Result<PairingFile> file_of(const ExportRequest& request) {
    std::error_code ignored;
    if (fs::exists(request.trained / pairing_file_name, ignored)) {
        return read_pairing_file(request.trained);
    }
    if (request.pairing.method != PairingMethod::single) {
        return refused("EXPORT_NOT_THERE", "the folder of the training has no pairing.json", request.trained);
    }
    // An adapter belongs to what an earlier training made of the model, where there was one.
    PairingFile file{.method = PairingMethod::single, .model = request.pairing.model};
    if (const fs::path earlier = fs::path(request.pairing.trained.location) / "small";
        !request.pairing.trained.location.empty() && is_folder(earlier)) {
        file.model.location = earlier.string();
        file.model.sha256.clear();
    }
    return file;
}

Result<void> fill(Library& library, const ExportRequest& request, const fs::path& folder, ExportReport& report) {
    const bool whole = is_folder(request.trained / "small");
    if (request.pairing.method == PairingMethod::single && whole) {
        return library::copy_folder(request.trained / "small", folder);
    }
    PairingFile file = TANDEM_TRY(file_of(request));
    TANDEM_TRY(library::copy_folder(request.trained, folder));
    const ModelRef model = file.model;
    const ModelRef partner = file.partner;
    if (whole) {
        file.model.location = "small";
    } else {
        TANDEM_TRY(bring_model(library, request, folder, "base",
                               {.reference = model, .chosen = "", .whose = "model that writes", .option = "--slm"},
                               file.model));
    }
    if (file.width == 0) {  // the method single writes none in training
        file.width = TANDEM_TRY(library.resolve((folder / file.model.location).string())).shape.hidden;
    }
    if (request.with_llm) {
        TANDEM_TRY(bring_model(library, request, folder, "large",
                               {.reference = partner, .chosen = "", .whose = "large model", .option = "--llm"},
                               file.partner));
    }
    report.pairing = true;
    report.has_llm = request.with_llm;
    TANDEM_TRY(write_pairing_file(folder, file));
    return library::make_durable(folder);
}

// The new folder under its name in one step where the system can exchange two names; what was there goes with `beside`.
Result<void> give_name(const fs::path& made, const fs::path& place, bool replaces) {
    if (!replaces) {
        return library::rename_durably(made, place);
    }
    TANDEM_TRY(library::make_durable(made));
    if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0) {
        return library::make_durable(place);
    }
    const fs::path old = made.parent_path() / "replaced";
    TANDEM_TRY(library::rename_durably(place, old));
    if (auto named = library::rename_durably(made, place); !named) {
        std::error_code ignored;
        fs::rename(old, place, ignored);
        return named;
    }
    return {};
}

std::int64_t bytes_in(const fs::path& folder) {
    std::error_code failed;
    std::int64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder, failed)) {
        bytes += entry.is_regular_file(failed) ? static_cast<std::int64_t>(entry.file_size(failed)) : 0;
    }
    return bytes;
}

}  // namespace

Result<ExportReport> export_trained(Library& library, const ExportRequest& request) {
    if (request.with_llm && request.pairing.method != PairingMethod::llm_to_slm) {
        return refused("OPTION_CONFLICT",
                       "--with-llm takes the large model along, and a pairing of the method " +
                           std::string(enum_name(request.pairing.method)) + " has none",
                       request.trained);
    }
    if (!is_folder(request.trained)) {
        return refused("EXPORT_NOT_THERE",
                       "the folder that the training wrote is not there; it lies beside the database it was stored in, "
                       "and running the experiment again with another seed or database makes one",
                       request.trained);
    }
    ExportReport report{.folder = TANDEM_TRY(place_of(request.out))};
    TANDEM_TRY(check_place(report.folder, request));
    const auto scratch = TANDEM_TRY(library::ScratchFolder::make(report.folder.parent_path()));
    const fs::path made = scratch.path() / "export";
    TANDEM_TRY(library::make_folder(made));
    TANDEM_TRY(fill(library, request, made, report));
    report.bytes = bytes_in(made);
    std::error_code ignored;
    report.replaced = fs::exists(report.folder, ignored);
    TANDEM_TRY(give_name(made, report.folder, report.replaced));
    return report;
}

}  // namespace tandem
