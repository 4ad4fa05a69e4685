#include <gtest/gtest.h>

#include "engine/models/inspect.h"
#include "engine/models/llama/config.h"
#include "tests/engine/tensor/gguf_builder.h"

namespace tandem {
namespace {

using test::Bytes;

struct Description {
    std::uint32_t hidden = 64;
    std::uint32_t heads = 4;
    std::uint32_t kv_heads = 2;
    std::string family = "llama";
    std::string scaling = "none";  // empty: the file has no such key
    std::string factor_key = "llama.rope.scaling.factor";
    std::string extra_key = "llama.logit_scale";
    float extra = 1;
    std::uint32_t rotary = 16;
    bool untied = false;
    bool factors = false;
    std::uint64_t embedding_rows = 10;
};

Bytes file_of(const Description& d) {
    Bytes bytes;
    bytes.header(1U + (d.untied ? 1 : 0) + (d.factors ? 1 : 0), d.scaling.empty() ? 12 : 13);
    bytes.entry("general.architecture", d.family)
        .entry("llama.block_count", test::u32, 2U)
        .entry("llama.embedding_length", test::u32, d.hidden)
        .entry("llama.attention.head_count", test::u32, d.heads)
        .entry("llama.attention.head_count_kv", test::u32, d.kv_heads)
        .entry("llama.feed_forward_length", test::u32, 128U)
        .entry("llama.context_length", test::u32, 256U)
        .entry("llama.rope.dimension_count", test::u32, d.rotary)
        .entry("llama.rope.freq_base", test::f32, 5000.0F)
        .entry(d.factor_key, test::f32, 2.0F)
        .entry(d.extra_key, test::f32, d.extra)
        .entry("llama.attention.layer_norm_rms_epsilon", test::f32, 1e-5F);
    if (!d.scaling.empty()) {
        bytes.entry("llama.rope.scaling.type", d.scaling);
    }
    const std::uint64_t embedding = 64 * d.embedding_rows * 4;
    std::uint64_t offset = 0;
    bytes.tensor("token_embd.weight", {64, d.embedding_rows}, 0, offset);
    offset += embedding;
    if (d.untied) {
        bytes.tensor("output.weight", {64, d.embedding_rows}, 0, offset);
        offset += embedding;
    }
    if (d.factors) {
        bytes.tensor("rope_freqs.weight", {8}, 0, offset);
        offset += 32;
    }
    bytes.align(32).zeros(offset - (d.factors ? 32 : 0));
    for (int i = 0; d.factors && i < 8; ++i) {
        bytes.number(1.0F);
    }
    return bytes;
}

Result<ModelShape> shape_of(const Description& description) {
    const Bytes bytes = file_of(description);
    const auto file = TANDEM_TRY(GgufFile::parse(bytes.span(), "m.gguf"));
    return shape_from_gguf(*file);
}

RopeSettings rope(const Result<ModelShape>& shape) {
    return config_of<llama::Config>(*shape).rope;
}

TEST(InspectGguf, a_llama_is_read) {
    const auto shape = shape_of({});
    ASSERT_TRUE(shape.ok()) << shape.error().to_string();
    EXPECT_EQ(shape->layers, 2);
    EXPECT_EQ(shape->hidden, 64);
    EXPECT_EQ(shape->head_dim, 16);
    EXPECT_EQ(shape->ffn, 128);
    EXPECT_EQ(shape->vocab, 10);
    EXPECT_EQ(rope(shape).theta, 5000);
    EXPECT_FLOAT_EQ(static_cast<float>(config_of<llama::Config>(*shape).norm_epsilon), 1e-5F);
    EXPECT_EQ(rope(shape).kind, RopeSettings::Kind::plain);
    EXPECT_TRUE(shape->tied_embeddings);
    EXPECT_FALSE(shape_of({.untied = true})->tied_embeddings);
}

TEST(InspectGguf, rotary_scaling_is_read_or_refused) {
    const auto linear = shape_of({.scaling = "linear"});
    ASSERT_TRUE(linear.ok());
    EXPECT_EQ(rope(linear).kind, RopeSettings::Kind::linear);
    EXPECT_EQ(rope(linear).factor, 2);
    EXPECT_EQ(rope(shape_of({.factors = true})).kind, RopeSettings::Kind::longrope);
    EXPECT_EQ(rope(shape_of({.scaling = "yarn"})).kind, RopeSettings::Kind::yarn);
    EXPECT_EQ(shape_of({.scaling = "spiral"}).error().code, "CFG_UNSUPPORTED");
    EXPECT_EQ(shape_of({.rotary = 8}).error().code, "CFG_UNSUPPORTED");
}

TEST(InspectGguf, a_rotary_factor_counts_as_in_llama_cpp) {
    for (const char* key : {"llama.rope.scaling.factor", "llama.rope.scale_linear"}) {
        const auto untyped = shape_of({.scaling = "", .factor_key = key});
        ASSERT_TRUE(untyped.ok()) << untyped.error().to_string();
        EXPECT_EQ(rope(untyped).kind, RopeSettings::Kind::linear);
        EXPECT_EQ(rope(untyped).factor, 2);
        EXPECT_EQ(rope(shape_of({.scaling = "none", .factor_key = key})).kind, RopeSettings::Kind::plain);
        EXPECT_EQ(rope(shape_of({.scaling = "yarn", .factor_key = key})).factor, 2);
    }
    EXPECT_EQ(shape_of({.scaling = "yarn", .factors = true}).error().code, "CFG_UNSUPPORTED");
    EXPECT_EQ(shape_of({.scaling = "linear", .factors = true}).error().code, "CFG_UNSUPPORTED");
}

TEST(InspectGguf, keys_that_change_what_is_computed_are_refused_by_name) {
    for (const char* key :
         {"llama.logit_scale", "llama.attention.scale", "llama.residual_scale", "llama.embedding_scale",
          "llama.attn_logit_softcapping", "llama.expert_count", "llama.attention.causal"}) {
        const auto shape = shape_of({.extra_key = key, .extra = 4});
        ASSERT_FALSE(shape.ok()) << key;
        EXPECT_EQ(shape.error().code, "CFG_UNSUPPORTED");
        EXPECT_NE(shape.error().message.find(key), std::string::npos) << shape.error().message;
    }
    EXPECT_TRUE(shape_of({.extra_key = "llama.attention.scale", .extra = 0}).ok());
    EXPECT_TRUE(shape_of({.extra_key = "general.quantization_version", .extra = 2}).ok());
}

TEST(InspectGguf, shapes_out_of_range_or_at_odds_are_refused) {
    EXPECT_EQ(shape_of({.hidden = 0}).error().code, "CFG_SHAPE");
    EXPECT_EQ(shape_of({.heads = 0, .rotary = 2}).error().code, "CFG_RANGE");
    EXPECT_EQ(shape_of({.heads = 5}).error().code, "CFG_HEADS");
    EXPECT_EQ(shape_of({.kv_heads = 8}).error().code, "CFG_HEADS");
    EXPECT_EQ(shape_of({.embedding_rows = 0}).error().code, "CFG_RANGE");
}

TEST(InspectGguf, an_unknown_family_is_named) {
    const auto shape = shape_of({.family = "mamba"});
    ASSERT_FALSE(shape.ok());
    EXPECT_EQ(shape.error().code, "MODEL_UNKNOWN_FAMILY");
    EXPECT_NE(shape.error().message.find("'mamba': state space layers are not computed"), std::string::npos);
}

}  // namespace
}  // namespace tandem
