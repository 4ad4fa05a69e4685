#include "engine/evaluation/signature.h"

namespace tandem::scores {

std::string signature_of(std::size_t references, const SignatureParts& parts, std::string_view version) {
    std::string text = "nrefs:" + (references == 0 ? "var" : std::to_string(references));
    for (const auto& [key, value] : parts) {
        text.append("|").append(key).append(":").append(value);
    }
    return text.append("|version:").append(version);
}

std::string sacrebleu_signature(std::size_t references, const SignatureParts& parts) {
    return signature_of(references, parts, sacrebleu_version);
}

std::string with_resampling(std::string_view signature, std::string_view test, std::size_t samples,
                            unsigned long long seed) {
    const std::size_t after_references = signature.find('|');
    return std::string(signature.substr(0, after_references)) + "|" + std::string(test) + ":" +
           std::to_string(samples) + "|seed:" + std::to_string(seed) + std::string(signature.substr(after_references));
}

}  // namespace tandem::scores
