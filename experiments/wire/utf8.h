// Text that crosses the wire is UTF-8: the worker repairs what it sends, the controller refuses what is not.
// Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>

namespace tandem::wire {

// Well-formed per Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// Every byte that is part of no well-formed sequence becomes U+FFFD.
std::string repaired_utf8(std::string_view text);

// At most `bytes` long, not cut within a sequence.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

}  // namespace tandem::wire
