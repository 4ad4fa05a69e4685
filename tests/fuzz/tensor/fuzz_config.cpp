// config.json of a Hugging Face folder: an accepted shape is one that can be counted.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/models/inspect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto shape = tandem::shape_from_config({reinterpret_cast<const char*>(data), size}, "config.json");
    if (shape.ok() && (shape->heads <= 0 || shape->kv_heads <= 0 || shape->heads % shape->kv_heads != 0 ||
                       tandem::parameter_count(*shape) <= 0)) {
        std::abort();
    }
    return 0;
}
