// Whether what a decoder computed for the first tokens of a prompt serves the next prompt that begins with them.
// Thread rule: plain data.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "engine/api/field.h"

namespace tandem {

enum class PrefixReuse {
    off,      // every prompt is read whole
    exact,    // whole passes of a prefill: all numbers stay the same, bit for bit
    longest,  // all tokens that are shared: passes are cut elsewhere, which can change the last bits
};

template <>
struct EnumNames<PrefixReuse> {
    static constexpr std::array<std::pair<PrefixReuse, std::string_view>, 3> values{
        {{PrefixReuse::off, "off"}, {PrefixReuse::exact, "exact"}, {PrefixReuse::longest, "longest"}}};
};

}  // namespace tandem
