// A compiled regular expression that finds where to split a text. PCRE2 underneath, compiled to machine code where the
// machine allows it. Errors: TOK_CONFIG. Thread rule: const after compile, shared freely.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
};

class SplitRegex {
public:
    static Result<std::shared_ptr<const SplitRegex>> compile(std::string_view pattern, const std::string& where);
    ~SplitRegex();
    SplitRegex(const SplitRegex&) = delete;
    SplitRegex& operator=(const SplitRegex&) = delete;

    // All matches from left to right, none overlapping; an empty one never right after another.
    void find_all(std::string_view text, std::vector<Match>& matches) const;

private:
    struct Code;
    explicit SplitRegex(std::unique_ptr<Code> code);
    std::unique_ptr<Code> code_;
};

}  // namespace tandem
