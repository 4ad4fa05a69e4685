#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "experiments/plan/plan.h"
#include "experiments/wire/job_json.h"

namespace tandem {

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
        std::abort();  // no memory for a hash: nothing that follows could be trusted
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(std::size_t{2} * length);
    for (unsigned int i = 0; i < length; ++i) {
        hex += digits[digest[i] >> 4];
        hex += digits[digest[i] & 0xF];
    }
    return hex;
}

std::string trial_identity_json(const Job& job, const std::string& target_host, const std::string& machine_fingerprint,
                                const std::string& engine_version) {
    const auto quoted = [](const std::string& text) {
        return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    };
    std::string identity = R"({"engine":)" + quoted(engine_version) + R"(,"host":)" + quoted(target_host) +
                           R"(,"job":)" + job_identity_json(job);
    // Answers are the same on every machine, times are not.
    if (is_timing(job.workload)) {
        identity += R"(,"machine":)" + quoted(machine_fingerprint);
    }
    return identity + "}";
}

}  // namespace tandem
