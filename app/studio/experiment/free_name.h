// Names for what a form adds. Thread rule: stateless.
#pragma once

#include <string>
#include <vector>

namespace tandem::studio {

// Letters, digits, _ and - of `wish`, and a number where the name is taken.
std::string free_name(const std::string& wish, const std::vector<std::string>& taken);

template <class Named>
std::string free_name(const std::string& wish, const std::vector<Named>& taken) {
    std::vector<std::string> names;
    for (const Named& item : taken) {
        names.push_back(item.name);
    }
    return free_name(wish, names);
}

}  // namespace tandem::studio
