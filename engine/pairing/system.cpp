#include "engine/pairing/system.h"

#include <algorithm>

namespace tandem {

void Positions::include(const Positions& other) {
    cache = std::max(cache, other.cache);
    source = std::max(source, other.source);
    large = std::max(large, other.large);
}

}  // namespace tandem
