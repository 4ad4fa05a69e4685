// SHA-256 (FIPS 180-4), for checkpoints' manifests: the engine links no cryptography. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace tandem {

// 64 hexadecimal digits, lower case.
std::string sha256(std::span<const std::byte> bytes);

}  // namespace tandem
