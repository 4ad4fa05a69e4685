// How a benchmark program ends: its figures on stdout, one a line or as JSON, or its error on stderr.
// Thread rule: one thread.
#pragma once

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/api/result.h"

namespace tandem::bench {

// The program's exit code.
inline int print_figures(const Result<nlohmann::ordered_json>& figures, bool json) {
    if (!figures) {
        std::cerr << figures.error().to_string() << '\n';
        return 2;
    }
    if (json) {
        std::cout << figures->dump(2) << '\n';
        return 0;
    }
    for (const auto& [figure, value] : figures->items()) {
        std::printf("%-38s %14.3f\n", figure.c_str(), value.get<double>());
    }
    return 0;
}

}  // namespace tandem::bench
