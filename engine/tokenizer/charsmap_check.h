// SentencePiece's precompiled character map: a double array (darts-clone) and the texts its leaves point to. The
// libraries that use it trust it, so it is walked once before any of them does: every step a text can take stays
// inside. Thread rule: stateless.
#pragma once

#include <string_view>

namespace tandem {

// An empty map is sound: it changes nothing.
bool charsmap_is_sound(std::string_view charsmap);

}  // namespace tandem
