// A folder of its own for each test, and small models to put there. Thread rule: one thread at a time.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/engine/tensor/gguf_builder.h"

namespace tandem::test {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "tandem-test-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline void write_file(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// A whole, tiny GGUF of the Llama family; `vocabulary` makes different ones.
inline std::string small_gguf(std::uint64_t vocabulary = 10) {
    Bytes bytes;
    bytes.header(1, 8);
    bytes.entry("general.architecture", "llama")
        .entry("llama.block_count", u32, 2U)
        .entry("llama.embedding_length", u32, 64U)
        .entry("llama.attention.head_count", u32, 4U)
        .entry("llama.attention.head_count_kv", u32, 2U)
        .entry("llama.feed_forward_length", u32, 128U)
        .entry("llama.context_length", u32, 256U)
        .entry("llama.attention.layer_norm_rms_epsilon", f32, 1e-5F);
    bytes.tensor("token_embd.weight", {64, vocabulary}, 0, 0).align(32).zeros(64 * vocabulary * 4);
    const auto all = bytes.span();
    return {reinterpret_cast<const char*>(all.data()), all.size()};
}

}  // namespace tandem::test
