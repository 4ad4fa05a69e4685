// The Porter stemmer (Porter 1980) with the extensions of NLTK, which rouge-score's use_stemmer has: NLTK 3.10's
// PorterStemmer in its default mode. Thread rule: stateless. Errors: none.
#pragma once

#include <string>

namespace tandem::scores {

// A word of a-z and 0-9; linear in its length.
std::string porter_stem(std::string word);

}  // namespace tandem::scores
