// A small writer of SVG: escaped, finite numbers, two decimals, colours by CSS class so that one picture serves light
// and dark pages. Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::report {

// Text inside HTML or SVG, also inside attributes in double quotes. Control characters and bad UTF-8 become U+FFFD;
// line breaks and tabs stay.
std::string markup_escaped(std::string_view text);

// Pixels that text takes at most in the usual sans-serif fonts.
double text_width(std::string_view text, double font);

// What fits into `width` pixels; what was longer ends in "…".
std::string cut_to_pixels(const std::string& text, double width, double font);

enum class Anchor { start, middle, end };

class Svg {
public:
    // `name` is what a screen reader says of the picture, `description` what it shows.
    Svg(double width, double height, std::string_view name, std::string_view description);

    void line(double x1, double y1, double x2, double y2, std::string_view style);
    void rect(double x, double y, double width, double height, std::string_view style);
    void circle(double x, double y, double radius, std::string_view style);
    void path(std::string_view data, std::string_view style);
    void text(double x, double y, std::string_view text, std::string_view style, Anchor anchor = Anchor::start);
    void vertical_text(double x, double y, std::string_view text, std::string_view style);  // upwards, around (x, y)
    // Everything until end_group() shows `tooltip`; empty: none.
    void begin_group(std::string_view style, std::string_view tooltip = {});
    void end_group();

    std::string finish();

private:
    std::string text_;
};

// "12.35"; what is not finite is written 0, and is a fault of the caller's.
std::string pixels(double value);

}  // namespace tandem::report
