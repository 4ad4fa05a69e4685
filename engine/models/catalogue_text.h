// The catalogue's text as the program carries it; generated from experiments/catalog/models.yaml at build time.
// Thread rule: constant data.
#pragma once

#include <string_view>

namespace tandem {

std::string_view catalogue_text();

}  // namespace tandem
