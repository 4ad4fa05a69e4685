// The entries of a section that is a map of names. Thread rule: stateless.
#pragma once

#include <string>
#include <utility>

#include "experiments/spec/names.h"
#include "experiments/spec/sections.h"

namespace tandem {

bool check_name(const YamlNode& entry, const std::string& section, Dots dots, Problems& problems);

// Calls read(entry, path, problems) for each well-named entry; one that adds problems is remembered as unread.
template <class Read>
void each_entry(const YamlNode& map, const std::string& section, Dots dots, SectionContext& context, Read&& read) {
    if (!map.is_map() || map.items.empty()) {
        context.problems.add_fault(section,
                                   {"SPEC_TYPE", "needs a map of names, found " +
                                                     (map.is_map() ? std::string("an empty one") : describe(map))},
                                   map.position());
        return;
    }
    for (const YamlNode& entry : map.items) {
        if (context.problems.full()) {
            return;
        }
        if (!check_name(entry, section, dots, context.problems)) {
            context.unread.insert(entry.key);
            continue;
        }
        Problems own;
        read(entry, section + "." + entry.key, own);
        if (!own.empty()) {
            context.unread.insert(entry.key);
        }
        context.problems.append(std::move(own));
    }
}

}  // namespace tandem
