// What transformers does to a decoded text where tokenizer_config.json says clean_up_tokenization_spaces: English
// punctuation and clipped words move to the word before them. Thread rule: stateless.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "engine/tokenizer/normaliser.h"

namespace tandem {

// In this order.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 10> clean_ups{{{" .", "."},
                                                                                          {" ?", "?"},
                                                                                          {" !", "!"},
                                                                                          {" ,", ","},
                                                                                          {" ' ", "'"},
                                                                                          {" n't", "n't"},
                                                                                          {" 'm", "'m"},
                                                                                          {" 's", "'s"},
                                                                                          {" 've", "'ve"},
                                                                                          {" 're", "'re"}}};

inline std::string cleaned_up(std::string text) {
    for (const auto& [from, to] : clean_ups) {
        text = replace_all(text, from, nullptr, to);
    }
    return text;
}

}  // namespace tandem
