// adapter_config.json of a LoRA adapter as PEFT writes it (Hu et al. 2022): which modules it changes, by how much. No
// torch. Errors: CFG_*, JSON_TOO_DEEP, ADAPTER_NOT_FOUND, ADAPTER_TYPE, ADAPTER_UNSUPPORTED, FILE_*.
// Thread rule: const once read, shared freely.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

// A pattern of Python's re that a module's name is matched with; a plain name matches itself behind any dot.
class ModulePattern {
public:
    enum class Where { whole_name, end_of_name };
    ModulePattern(std::string pattern, Where where) : pattern_(std::move(pattern)), where_(where) {}

    // Absent where the pattern cannot be read or takes too many steps.
    Result<bool> matches(std::string_view module) const;

private:
    std::string pattern_;
    Where where_;
};

struct AdapterConfig {
    std::int64_t rank = 8;
    double alpha = 8;
    bool rank_stabilised = false;                // alpha / sqrt(rank) in place of alpha / rank (Kalajdzievski 2023)
    bool decomposed = false;                     // DoRA (Liu et al. 2024): rows keep a length of their own
    bool targets_all = false;                    // "all-linear"
    std::vector<std::string> target_names;       // of modules, or of their last parts
    std::vector<ModulePattern> target_patterns;  // at most one, instead of names
    std::vector<std::pair<ModulePattern, double>> ranks;  // of some modules, the first that matches
    std::vector<std::pair<ModulePattern, double>> alphas;

    Result<bool> targets(std::string_view module) const;
    Result<std::int64_t> rank_of(std::string_view module) const;
    // What the product of its matrices is multiplied with.
    Result<double> scale_of(std::string_view module) const;
};

// Everything that would make the adapter compute otherwise is read or refused. `origin` is what errors call the text.
Result<AdapterConfig> parse_adapter_config(std::string_view text, const std::string& origin);
// Of a folder.
Result<AdapterConfig> open_adapter_config(const std::filesystem::path& folder);

}  // namespace tandem
