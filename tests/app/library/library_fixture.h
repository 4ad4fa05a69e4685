// A folder of its own for each test, and small models to put there. Thread rule: one thread at a time.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/engine/tensor/gguf_builder.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {

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
