// What `tandem doctor` looks at, one row each. Thread rule: stateless; may start a worker and python3.
#pragma once

#include <string>
#include <vector>

namespace tandem::cli {

enum class Health {
    good,
    notice,   // works, but less well or without a part
    missing,  // trials cannot run, or results cannot be stored
};

struct Check {
    std::string name;
    Health health = Health::good;
    std::string found;
    std::string advice;  // what to do about it; empty where nothing is
};

struct Diagnosis {
    std::vector<Check> checks;
    std::string environment_json;  // as stored with each attempt
    bool usable() const;
};

// Empty paths take their defaults.
Diagnosis diagnose(const std::string& database, const std::string& worker);

}  // namespace tandem::cli
