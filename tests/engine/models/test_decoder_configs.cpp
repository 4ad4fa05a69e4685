// What the configurations of GPT-2, GPT-NeoX, OPT, BLOOM, Phi, StableLM, OLMo 1 and 2 and Nemotron say, in their own
// spellings, with the defaults of transformers 5.17 for what they leave out; and what is refused.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/models/bloom/config.h"
#include "engine/models/gpt2/config.h"
#include "engine/models/gpt_neox/config.h"
#include "engine/models/inspect.h"
#include "engine/models/inspect_parts.h"
#include "engine/models/nemotron/config.h"
#include "engine/models/olmo/config.h"
#include "engine/models/olmo2/config.h"
#include "engine/models/opt/config.h"
#include "engine/models/phi/config.h"
#include "engine/models/stablelm/config.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

Result<ModelShape> read(const char* type, Json more = Json::object()) {
    more["model_type"] = type;
    return shape_from_config(more.dump(), "config.json");
}

std::string outcome(const char* type, const Json& more) {
    const auto shape = read(type, more);
    return shape.ok() ? "accepted" : shape.error().code;
}

std::int64_t parameters(const char* type, const Json& more = Json::object()) {
    const auto shape = read(type, more);
    EXPECT_TRUE(shape.ok()) << shape.error().to_string();
    return shape.ok() ? parameter_count(*shape) : 0;
}

// The counts are sum(p.numel()) of the class of transformers 5.17 with its default configuration.
TEST(DecoderConfigs, absent_keys_have_the_defaults_of_the_reference) {
    EXPECT_EQ(parameters("gpt2"), 124439808);
    EXPECT_EQ(parameters("gpt_neox"), 20554567680);
    EXPECT_EQ(parameters("opt"), 125239296);
    EXPECT_EQ(parameters("bloom"), 16156544);
    EXPECT_EQ(parameters("phi"), 1418270720);
    EXPECT_EQ(parameters("stablelm"), 2795443200);
    EXPECT_EQ(parameters("olmo"), 6888095744);
    EXPECT_EQ(parameters("olmo2"), 6888624128);
    EXPECT_EQ(parameters("nemotron", {{"num_key_value_heads", 8}}), 15628775424);
}

TEST(DecoderConfigs, counts_of_published_checkpoints) {
    EXPECT_EQ(parameters("gpt_neox", {{"hidden_size", 768},
                                      {"num_hidden_layers", 12},
                                      {"num_attention_heads", 12},
                                      {"intermediate_size", 3072},
                                      {"vocab_size", 50304}}),
              162322944);  // Pythia 160M (Biderman et al. 2023, table 1: 85,056,000 without embeddings)
    EXPECT_EQ(parameters("opt", {{"hidden_size", 1024},
                                 {"ffn_dim", 4096},
                                 {"num_hidden_layers", 24},
                                 {"num_attention_heads", 16},
                                 {"word_embed_proj_dim", 512},
                                 {"do_layer_norm_before", false}}),
              331196416);  // OPT 350M
    EXPECT_EQ(parameters("bloom", {{"n_embed", 1024}, {"n_layer", 24}, {"num_attention_heads", 16}}), 559214592);
}

TEST(DecoderConfigs, both_spellings_of_a_size_are_read) {
    const auto own = read("gpt2", {{"n_embd", 24}, {"n_head", 3}, {"n_layer", 5}, {"n_positions", 70}});
    const auto common = read(
        "gpt2",
        {{"hidden_size", 24}, {"num_attention_heads", 3}, {"num_hidden_layers", 5}, {"max_position_embeddings", 70}});
    ASSERT_TRUE(own.ok() && common.ok());
    for (const ModelShape& shape : {*own, *common}) {
        EXPECT_EQ(shape.hidden, 24);
        EXPECT_EQ(shape.heads, 3);
        EXPECT_EQ(shape.head_dim, 8);
        EXPECT_EQ(shape.layers, 5);
        EXPECT_EQ(shape.context, 70);
        EXPECT_EQ(shape.ffn, 96);
    }
    const auto bloom = read("bloom", {{"n_embed", 48}, {"hidden_size", 64}, {"num_attention_heads", 6}});
    ASSERT_TRUE(bloom.ok());
    EXPECT_EQ(bloom->hidden, 48);
    EXPECT_EQ(bloom->head_dim, 8);
}

TEST(DecoderConfigs, rotary_settings_in_old_and_new_spelling) {
    const Json neox_old{{"rotary_pct", 0.5}, {"rotary_emb_base", 500}, {"partial_rotary_factor", 0.5}};
    const Json neox_new{{"rope_parameters", {{"partial_rotary_factor", 0.5}, {"rope_theta", 500}}}};
    for (const Json& config : {neox_old, neox_new}) {
        const auto shape = read("gpt_neox", config);
        ASSERT_TRUE(shape.ok()) << shape.error().to_string();
        EXPECT_EQ(config_of<gpt_neox::Config>(*shape).rope.dims, 48);
        EXPECT_EQ(config_of<gpt_neox::Config>(*shape).rope.theta, 500);
    }
    EXPECT_EQ(config_of<gpt_neox::Config>(*read("gpt_neox")).rope.dims, 24);
    EXPECT_EQ(config_of<phi::Config>(*read("phi")).rope.dims, 32);
    EXPECT_EQ(config_of<phi::Config>(*read("phi", {{"hidden_size", 2560}, {"partial_rotary_factor", 0.4}})).rope.dims,
              32);
    EXPECT_EQ(config_of<stablelm::Config>(*read("stablelm")).rope.dims, 20);
    EXPECT_EQ(config_of<stablelm::Config>(*read("stablelm_epoch", {{"rope_pct", 0.5}})).rope.dims, 40);
    EXPECT_EQ(config_of<nemotron::Config>(*read("nemotron")).rope.dims, 64);
    EXPECT_EQ(config_of<phi::Config>(*read("phi-msft", {{"rotary_dim", 128}})).rope.dims, 64);
}

TEST(DecoderConfigs, what_would_be_computed_wrongly_is_refused) {
    EXPECT_EQ(outcome("gpt2", {{"activation_function", "prelu"}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("gpt2", {{"add_cross_attention", true}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("gpt2", {{"n_head", 7}}), "CFG_HEADS");
    EXPECT_EQ(outcome("gpt2", {{"n_embd", 13510798882111488}}), "CFG_RANGE");
    EXPECT_EQ(outcome("gpt2", {{"n_layer", 0}}), "CFG_RANGE");
    EXPECT_EQ(outcome("gpt2", {{"layer_norm_epsilon", 0}}), "CFG_RANGE");
    EXPECT_EQ(outcome("gpt2", {{"scale_attn_weights", "yes"}}), "CFG_TYPE");
    EXPECT_EQ(outcome("gpt2", {{"quantization_config", {{"bits", 4}}}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("gpt_neox", {{"is_decoder", false}}), "accepted");
    EXPECT_EQ(outcome("gpt_neox", {{"rotary_pct", 1.5}}), "CFG_RANGE");
    EXPECT_EQ(outcome("gpt_neox", {{"head_dim", 128}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("gpt_neox", {{"num_key_value_heads", 8}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("gpt_neox", {{"partial_rotary_factor", 0.5}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("gpt_neox", {{"rope_scaling", {{"type", "spiral"}, {"factor", 2}}}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("opt", {{"word_embed_proj_dim", 0}}), "CFG_RANGE");
    EXPECT_EQ(outcome("bloom", {{"slow_but_exact", true}}), "accepted");
    EXPECT_EQ(outcome("bloom", {{"slow_but_exact", true}, {"pretraining_tp", 4}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("phi", {{"num_key_value_heads", 5}}), "CFG_HEADS");
    EXPECT_EQ(outcome("phi-msft", {{"tie_word_embeddings", true}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("mixformer-sequential", {{"architecture", {{"block_cls", "sequential"}}}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("stablelm", {{"rope_scaling", {{"type", "linear"}}}}), "CFG_MISSING");
    EXPECT_EQ(outcome("olmo", {{"clip_qkv", -1}}), "CFG_RANGE");
    EXPECT_EQ(outcome("olmo", {{"partial_rotary_factor", 0.5}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("olmo2", {{"clip_qkv", 8}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("olmo2", {{"sliding_window", 64}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(outcome("nemotron", {{"hidden_act", "xielu"}}), "CFG_UNSUPPORTED");
}

TEST(DecoderConfigs, switches_are_read) {
    const auto scaled = read("gpt2", {{"scale_attn_weights", false}, {"scale_attn_by_inverse_layer_idx", true}});
    EXPECT_FALSE(config_of<gpt2::Config>(*scaled).scale_by_head);
    EXPECT_TRUE(config_of<gpt2::Config>(*scaled).scale_by_layer);
    const auto serial = read("gpt_neox", {{"use_parallel_residual", false}, {"attention_bias", false}});
    EXPECT_FALSE(config_of<gpt_neox::Config>(*serial).parallel_residual);
    EXPECT_FALSE(config_of<gpt_neox::Config>(*serial).attention_bias);
    EXPECT_FALSE(config_of<opt::Config>(*read("opt", {{"do_layer_norm_before", false}})).final_norm);
    EXPECT_FALSE(config_of<opt::Config>(*read("opt", {{"_remove_final_layer_norm", true}})).final_norm);
    EXPECT_TRUE(config_of<bloom::Config>(*read("bloom", {{"apply_residual_connection_post_layernorm", true}}))
                    .residual_after_norm);
    EXPECT_TRUE(config_of<phi::Config>(*read("phi", {{"qk_layernorm", true}})).qk_norm);
    EXPECT_EQ(config_of<olmo::Config>(*read("olmo", {{"clip_qkv", 8}})).clip_qkv, 8);
    EXPECT_EQ(config_of<olmo2::Config>(*read("olmo2")).norm_epsilon, 1e-5);
    EXPECT_EQ(config_of<nemotron::Config>(*read("nemotron")).activation, Activation::relu_squared);
}

}  // namespace
}  // namespace tandem
