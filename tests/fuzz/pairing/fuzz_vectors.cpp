// A file of kept vectors from bytes, with the key and the sum that belong to it: the first byte chooses the format. A
// file that is not whole counts as not there, whatever it says; one that is has the vectors that were written.
#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "engine/api/sha256.h"
#include "engine/pairing/vector_cache.h"
#include "tests/fuzz/scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tandem::VectorCache;
    static const tandem::test::Scratch scratch("fuzz-vectors");
    constexpr std::size_t key_at = 32;  // behind magic, format, rows and width
    if (size == 0) {
        return 0;
    }
    constexpr std::array formats{VectorCache::f32, VectorCache::f16, VectorCache::int8};
    const tandem::VectorFolder folder(scratch / "kept", formats[data[0] % formats.size()], "fuzz");
    const tandem::GuidedPrompt prompt{.small = {1}, .large = {2}, .alignment = {}};
    const std::filesystem::path path = folder.file_of(prompt);
    std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    if (const std::string key = path.stem(); bytes.size() >= key_at + key.size()) {
        bytes.replace(key_at, key.size(), key);
    }
    bytes += tandem::sha256_hex(std::as_bytes(std::span(bytes)));
    scratch.write(std::filesystem::relative(path, scratch / "").string(), bytes);
    const auto found = folder.read(prompt);
    if (found && (found->dim() != 2 || found->scalar_type() != at::kFloat || found->nbytes() > 4 * bytes.size())) {
        std::abort();
    }
    return 0;
}
