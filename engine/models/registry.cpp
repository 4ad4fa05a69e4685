#include "engine/models/registry.h"

#include <array>

#include "engine/models/llama/llama.h"

namespace tandem {

std::span<const Family> families() {
    static constexpr std::array<Family, 1> all{{
        {"llama", llama::load},
    }};
    return all;
}

}  // namespace tandem
