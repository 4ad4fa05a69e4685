// What a training left, as one folder that needs nothing else: its own files, the model that writes where it was not
// trained whole, and the large model where that is asked for. It is made beside its place and then gets its name, so
// that it is whole or not there. Errors: EXPORT_*, PAIRING_*, OPTION_CONFLICT, FILE_*, those of Library.
// Thread rule: as Library.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "app/library/library.h"
#include "engine/api/job.h"

namespace tandem {

struct ExportRequest {
    std::filesystem::path trained;  // the folder that the training wrote
    Pairing pairing;                // of the trial
    std::filesystem::path out;
    bool with_llm = false;
    bool force = false;                             // replace an earlier export or model folder
    std::function<void(const std::string&)> doing;  // told what takes a while; may be empty
};

struct ExportReport {
    std::filesystem::path folder;
    std::int64_t bytes = 0;
    bool pairing = false;  // false: a model alone, as any reader of Hugging Face folders takes it
    bool has_llm = false;
    bool replaced = false;
};

Result<ExportReport> export_trained(Library& library, const ExportRequest& request);

}  // namespace tandem
