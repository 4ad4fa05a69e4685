// pairing.json: what a trained pairing is, without its numbers and without torch. The file appears when it is whole.
// Thread rule: stateless. Errors: PAIRING_FOLDER (not there, or not of this format), JSON_TOO_DEEP, FILE_*.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "engine/api/pairing.h"
#include "engine/api/result.h"

namespace tandem {

inline constexpr std::string_view pairing_file_name = "pairing.json";

// Models are where they were when the training began; a relative location is of the pairing's folder.
struct PairingFile {
    PairingMethod method = PairingMethod::single;  // never speculative
    ModelRef model = {};                           // the one that writes
    std::int64_t width = 0;                        // of its vectors
    ModelRef partner = {};                         // llm-to-slm
    std::int64_t partner_width = 0;
    GuidanceOptions guidance = {};       // llm-to-slm
    SoftPromptOptions soft_prompt = {};  // prompt-tuning
};

Result<PairingFile> read_pairing_file(const std::filesystem::path& folder);
Result<void> write_pairing_file(const std::filesystem::path& folder, const PairingFile& file);

}  // namespace tandem
