#include "app/studio/experiment/free_name.h"

#include <algorithm>

namespace tandem::studio {

std::string free_name(const std::string& wish, const std::vector<std::string>& taken) {
    constexpr std::size_t longest = 40;
    std::string name;
    for (const char c : wish) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (good && name.size() < longest) {
            name += c;
        } else if (!name.empty() && name.back() != '-' && name.size() < longest) {
            name += '-';
        }
    }
    while (name.ends_with('-')) {
        name.pop_back();
    }
    name = name.empty() ? "model" : name;
    std::string candidate = name;
    for (int number = 2; std::find(taken.begin(), taken.end(), candidate) != taken.end(); ++number) {
        candidate = name + "-" + std::to_string(number);
    }
    return candidate;
}

}  // namespace tandem::studio
