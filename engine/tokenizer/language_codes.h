// The language tokens that multilingual models have in their vocabularies, in the order of their ids.
// Thread rule: constants.
#pragma once

#include <span>
#include <string_view>

namespace tandem {

std::span<const std::string_view> mbart_languages();    // 25: "ar_AR" to "zh_CN"
std::span<const std::string_view> mbart50_languages();  // the same and 27 more
std::span<const std::string_view> nllb_languages();     // 202: "ace_Arab" to "zul_Latn"
std::span<const std::string_view> m2m100_languages();   // 100: "af" to "zu"
std::span<const std::string_view> wmt21_languages();    // 8, M2M-100's other set

}  // namespace tandem
