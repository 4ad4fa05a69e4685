// What the terminal can show. Colour only where a person watches: a terminal, no NO_COLOR, not TERM=dumb.
// Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>

namespace tandem::cli {

enum class Stream { out, err };
enum class Tone { plain, bold, dim, green, yellow, red };

bool is_terminal(Stream stream);
bool has_colour(Stream stream);
// Columns of the terminal at stderr; 80 where there is none or it does not say.
int terminal_width();
// The text between the codes of the tone, or as it is where the stream has no colour.
std::string toned(Stream stream, Tone tone, std::string_view text);

}  // namespace tandem::cli
