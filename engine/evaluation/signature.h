// The string that says how a score was computed, in the form of sacreBLEU. Thread rule: pure functions. Errors: none.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::scores {

using SignatureParts = std::vector<std::pair<std::string_view, std::string>>;

inline constexpr std::string_view sacrebleu_version = "2.6.0";  // the one whose definitions are followed
inline constexpr std::string_view rouge_score_version = "0.1.2";

// "nrefs:1|case:mixed|...|version:2.6.0"; 0 references: "nrefs:var".
std::string sacrebleu_signature(std::size_t references, const SignatureParts& parts);
// The same form for scores that have none of their own.
std::string signature_of(std::size_t references, const SignatureParts& parts, std::string_view version);

// A signature of sacreBLEU with its resampling: test is "bs" or "ar".
std::string with_resampling(std::string_view signature, std::string_view test, std::size_t samples,
                            unsigned long long seed);

}  // namespace tandem::scores
