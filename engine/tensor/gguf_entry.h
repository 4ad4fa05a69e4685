// One entry of a GGUF's metadata to be written, as the file will hold it: a key, a value type and the value's bytes.
// Thread rule: plain data.
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/result.h"
#include "engine/tensor/gguf.h"

namespace tandem {

struct GgufEntry {
    std::string key;
    GgufKind kind = GgufKind::u8;  // `array` for lists
    std::string bytes;             // what follows the kind: for a list its element's kind, length and elements
};

// A value, or each element of a list, narrowed to `kind`. Errors: GGUF_KV_TYPE (text as a number and the like),
// GGUF_KV_RANGE (an integer that the kind cannot hold), GGUF_KV_NAME (an empty key, or one that is no text).
Result<GgufEntry> make_gguf_entry(std::string key, GgufKind kind, const GgufValue& value);

GgufEntry copy_of(const GgufStored& stored);

}  // namespace tandem
