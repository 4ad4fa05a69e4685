#include "engine/models/registry.h"

#include <array>

#include "engine/models/families.h"

namespace tandem {

#define TANDEM_DECLARE(name)                                           \
    namespace name {                                                   \
    Result<std::shared_ptr<const Model>> load(const FamilyLoad& load); \
    }
TANDEM_FAMILIES(TANDEM_DECLARE)
#undef TANDEM_DECLARE

std::span<const Family> families() {
#define TANDEM_ENTRY(name) Family{#name, name::load},
    static constexpr std::array all{TANDEM_FAMILIES(TANDEM_ENTRY)};
#undef TANDEM_ENTRY
    return all;
}

}  // namespace tandem
