// A folder of its own for each test, and small models to put there. Thread rule: one thread at a time.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/tensor/gguf_builder.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {

// A whole, tiny GGUF of the Llama family; `vocabulary` makes different ones.
inline std::string small_gguf(std::uint64_t vocabulary = 10) {
    const std::vector<std::pair<std::string, std::vector<std::uint64_t>>> tensors{
        {"token_embd.weight", {64, vocabulary}}, {"output_norm.weight", {64}},
        {"blk.0.attn_norm.weight", {64}},        {"blk.0.attn_q.weight", {64, 64}},
        {"blk.0.attn_k.weight", {64, 32}},       {"blk.0.attn_v.weight", {64, 32}},
        {"blk.0.attn_output.weight", {64, 64}},  {"blk.0.ffn_norm.weight", {64}},
        {"blk.0.ffn_gate.weight", {64, 16}},     {"blk.0.ffn_up.weight", {64, 16}},
        {"blk.0.ffn_down.weight", {16, 64}}};
    Bytes bytes;
    bytes.header(tensors.size(), 8);
    bytes.entry("general.architecture", "llama")
        .entry("llama.block_count", u32, 1U)
        .entry("llama.embedding_length", u32, 64U)
        .entry("llama.attention.head_count", u32, 4U)
        .entry("llama.attention.head_count_kv", u32, 2U)
        .entry("llama.feed_forward_length", u32, 16U)
        .entry("llama.context_length", u32, 256U)
        .entry("llama.attention.layer_norm_rms_epsilon", f32, 1e-5F);
    std::uint64_t offset = 0;
    for (const auto& [name, shape] : tensors) {
        bytes.tensor(name, shape, 0, offset);
        offset += 4 * shape[0] * (shape.size() > 1 ? shape[1] : 1);
    }
    bytes.align(32).zeros(offset);
    const auto all = bytes.span();
    return {reinterpret_cast<const char*>(all.data()), all.size()};
}

}  // namespace tandem::test
