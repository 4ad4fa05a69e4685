// model.safetensors.index.json: which tensor is in which file. Thread rule: stateless.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/api/result.h"

namespace tandem {

// Tensor name -> file name, a plain name beside the index. Errors: IDX_NOT_JSON, IDX_NO_WEIGHT_MAP, IDX_DUPLICATE,
// IDX_TOO_MANY_TENSORS, PATH_ESCAPES, JSON_TOO_DEEP.
Result<std::map<std::string, std::string>> parse_weight_map(std::string_view json, const std::string& origin);

}  // namespace tandem
