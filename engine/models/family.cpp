#include "engine/models/family.h"

#include <array>

#include "engine/models/families.h"

namespace tandem {

#define TANDEM_DECLARE(name)                    \
    namespace name {                            \
    extern const FamilyDescription description; \
    }
TANDEM_FAMILIES(TANDEM_DECLARE)
#undef TANDEM_DECLARE

std::span<const FamilyDescription* const> family_descriptions() {
#define TANDEM_ENTRY(name) &name::description,
    static const std::array all{TANDEM_FAMILIES(TANDEM_ENTRY)};
#undef TANDEM_ENTRY
    return all;
}

const FamilyDescription* family_description(std::string_view name) {
    for (const FamilyDescription* family : family_descriptions()) {
        if (family->name == name) {
            return family;
        }
    }
    return nullptr;
}

}  // namespace tandem
