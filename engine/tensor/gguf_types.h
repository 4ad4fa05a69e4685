// Which number GGUF gives to a tensor type. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/tensor/tensor_type.h"

namespace tandem {

std::optional<std::uint32_t> gguf_type_id(TensorType type);

}  // namespace tandem
