// The two tables at the head of a GGUF: metadata and tensor directory. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/tensor/gguf.h"
#include "engine/tensor/gguf_cursor.h"

namespace tandem {

struct GgufMetadata {
    std::map<std::string, GgufValue, std::less<>> values;
    std::vector<GgufStored> stored;
    std::uint32_t alignment = 32;
};

// Errors: GGUF_KV_EMPTY, GGUF_KV_NAME, GGUF_KV_DUPLICATE, GGUF_KV_TYPE, GGUF_KV_NESTED, GGUF_KV_BOOL, GGUF_KV_RANGE,
// GGUF_KV_LIMIT, GGUF_KV_PAST_EOF, GGUF_ALIGNMENT, and the cursor's.
Result<GgufMetadata> read_gguf_metadata(GgufCursor& cursor, std::uint64_t count);

// Directory entries with their data as views into the cursor's bytes. Errors: GGUF_TENSOR_NAME, GGUF_TENSOR_DUPLICATE,
// GGUF_TENSOR_DIMS, GGUF_SIZE_OVERFLOW, GGUF_TYPE, GGUF_OFFSET, GGUF_DATA_PAST_EOF, and the cursor's.
Result<std::vector<TensorView>> read_gguf_directory(GgufCursor& cursor, std::uint64_t count, std::uint32_t alignment);

}  // namespace tandem
