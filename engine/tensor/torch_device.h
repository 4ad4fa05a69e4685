// The device a target names. Only names are judged here; memory is asked for when it is needed.
// Errors: DEVICE_NAME, DEVICE_UNAVAILABLE. Thread rule: stateless.
#pragma once

#include <c10/core/Device.h>

#include <string>
#include <string_view>

#include "engine/api/result.h"

namespace tandem {

// "cpu", "cuda" (the first) or "cuda:N".
Result<at::Device> parse_device(std::string_view name);

// Number of CUDA devices that this libtorch can use; 0 where it was built without CUDA.
int cuda_device_count();

}  // namespace tandem
