// Unicode's general categories P, S and N, as the `regex` module has them that sacreBLEU's tokenizer intl asks. Not
// ICU's, so that the score of a text does not change with a library. Thread rule: stateless. Errors: none.
#pragma once

namespace tandem::scores {

bool is_punctuation(char32_t code);
bool is_symbol(char32_t code);
bool is_number(char32_t code);

}  // namespace tandem::scores
