#include "app/report/chart_svg.h"

#include <cmath>

#include "app/report/number_format.h"
#include "app/report/text_width.h"
#include "engine/api/utf8.h"

namespace tandem::report {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + std::string(value) + "\"";
}

std::string attribute(std::string_view name, double value) {
    return attribute(name, pixels(value));
}

}  // namespace

std::string markup_escaped(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    std::size_t begin = 0;
    const auto flush = [&](std::size_t end) { escaped += printable(text.substr(begin, end - begin)); };
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string_view entity;
        switch (text[at]) {
            case '&':
                entity = "&amp;";
                break;
            case '<':
                entity = "&lt;";
                break;
            case '>':
                entity = "&gt;";
                break;
            case '"':
                entity = "&quot;";
                break;
            case '\'':
                entity = "&#39;";
                break;
            case '\n':
                entity = "\n";
                break;
            case '\t':
                entity = "\t";
                break;
            default:
                continue;
        }
        flush(at);
        escaped += entity;
        begin = at + 1;
    }
    flush(text.size());
    return escaped;
}

double text_width(std::string_view text, double font) {
    double units = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t character = next_character(text, at);
        if (character == U' ' || character == U'.' || character == U',' || character == U'i' || character == U'l' ||
            character == U'\u2009') {
            units += 0.34;
        } else if (character == U'm' || character == U'w' || character == U'M' || character == U'W') {
            units += 0.97;
        } else if (character < 0x80) {
            units += character >= U'A' && character <= U'Z' ? 0.74 : 0.63;
        } else {
            units += 0.75 * static_cast<double>(display_width(text.substr(begin, at - begin)));
        }
    }
    return units * font;
}

std::string cut_to_pixels(const std::string& text, double width, double font) {
    if (text_width(text, font) <= width) {
        return text;
    }
    std::size_t end = 0;
    for (std::size_t at = 0; at < text.size();) {
        (void)next_character(text, at);
        if (text_width(text.substr(0, at), font) + font > width) {
            break;
        }
        end = at;
    }
    return text.substr(0, end) + "…";
}

std::string pixels(double value) {
    std::string text = fixed(std::isfinite(value) ? value : 0, 2);
    text.erase(text.find_last_not_of('0') + 1);
    text.erase(text.find_last_not_of('.') + 1);
    return text;
}

Svg::Svg(double width, double height, std::string_view name, std::string_view description) {
    text_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"" +
            attribute("viewBox", "0 0 " + pixels(width) + " " + pixels(height)) + attribute("width", width) +
            attribute("height", height) + attribute("aria-label", markup_escaped(name)) + ">\n<desc>" +
            markup_escaped(description) + "</desc>\n";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view style) {
    text_ += "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) + attribute("y2", y2) +
             attribute("class", style) + "/>\n";
}

void Svg::rect(double x, double y, double width, double height, std::string_view style) {
    text_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) + attribute("height", height) +
             attribute("class", style) + "/>\n";
}

void Svg::circle(double x, double y, double radius, std::string_view style) {
    text_ += "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", radius) + attribute("class", style) +
             "/>\n";
}

void Svg::path(std::string_view data, std::string_view style) {
    text_ += "<path" + attribute("d", data) + attribute("class", style) + "/>\n";
}

void Svg::text(double x, double y, std::string_view text, std::string_view style, Anchor anchor) {
    text_ += "<text" + attribute("x", x) + attribute("y", y) + attribute("class", style);
    if (anchor != Anchor::start) {
        text_ += attribute("text-anchor", anchor == Anchor::middle ? "middle" : "end");
    }
    text_ += ">" + markup_escaped(text) + "</text>\n";
}

void Svg::vertical_text(double x, double y, std::string_view text, std::string_view style) {
    text_ += "<text" + attribute("transform", "translate(" + pixels(x) + " " + pixels(y) + ") rotate(-90)") +
             attribute("class", style) + attribute("text-anchor", "middle") + ">" + markup_escaped(text) + "</text>\n";
}

void Svg::begin_group(std::string_view style, std::string_view tooltip) {
    text_ += "<g" + attribute("class", style) + ">";
    if (!tooltip.empty()) {
        text_ += "<title>" + markup_escaped(tooltip) + "</title>";
    }
    text_ += "\n";
}

void Svg::end_group() {
    text_ += "</g>\n";
}

std::string Svg::finish() {
    return std::move(text_) + "</svg>\n";
}

}  // namespace tandem::report
