#include "experiments/spec/names.h"

#include <algorithm>

namespace tandem {
namespace {

constexpr std::size_t max_name = 64;

}  // namespace

bool is_name(std::string_view text, Dots dots) {
    return !text.empty() && text.size() <= max_name && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               (c == '.' && dots == Dots::allowed);
    });
}

std::string allowed_names(Dots dots) {
    return "1 to " + std::to_string(max_name) + " letters, digits, _ and -" + (dots == Dots::allowed ? " and ." : "");
}

}  // namespace tandem
