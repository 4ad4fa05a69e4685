// Normal forms and lower case, as the reference tokenizers have them: Unicode 9 and Unicode 17. ICU does the work; a
// newer one gives the same. Thread rule: stateless. Errors: none. Texts are well-formed UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem {

enum class Form { nfc, nfd, nfkc, nfkd };

// False: `text` is in the form already, and `result` is left alone.
bool to_form(std::string_view text, Form form, std::string& result);
// Where the part that begins at `at` ends, so that its form does not depend on what stands around it.
std::size_t form_part_end(std::string_view text, std::size_t at, Form form);
// Appends every character in lower case, each on its own: the final sigma is not special.
void append_lowered(std::string_view text, std::string& result);

}  // namespace tandem
