// Byte-level vocabularies spell every byte as one printable character: itself where it is printable in Latin-1, else
// U+0100 upwards in order (GPT-2's bytes_to_unicode). Thread rule: stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::byte_alphabet {

char32_t char_of(std::uint8_t byte);
std::optional<std::uint8_t> byte_of(char32_t code);
// Bytes as the alphabet's characters.
std::string spelled(std::string_view bytes);
void append_spelled(std::string_view bytes, std::string& result);
// The bytes that characters stand for; absent when one of them is not of the alphabet.
std::optional<std::string> unspelled(std::string_view text);

}  // namespace tandem::byte_alphabet
