#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/models/inspect.h"
#include "engine/models/layer_types.h"
#include "engine/models/llama/config.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

const llama::Config& own(const Result<ModelShape>& shape) {
    return config_of<llama::Config>(*shape);
}

Json good() {
    return {{"model_type", "llama"},  {"hidden_size", 64},          {"intermediate_size", 128},
            {"num_hidden_layers", 2}, {"num_attention_heads", 4},   {"num_key_value_heads", 2},
            {"vocab_size", 100},      {"rms_norm_eps", 1e-5},       {"max_position_embeddings", 256},
            {"rope_theta", 5000.0},   {"tie_word_embeddings", true}};
}

std::string code_with(const char* key, const Json& value) {
    Json config = good();
    config[key] = value;
    const auto shape = shape_from_config(config.dump(), "config.json");
    return shape.ok() ? "accepted" : shape.error().code;
}

std::string code_without(const char* key) {
    Json config = good();
    config.erase(key);
    const auto shape = shape_from_config(config.dump(), "config.json");
    return shape.ok() ? "accepted" : shape.error().code;
}

TEST(Config, a_llama_is_read) {
    const auto shape = shape_from_config(good().dump(), "config.json");
    ASSERT_TRUE(shape.ok()) << shape.error().to_string();
    EXPECT_EQ(shape->architecture, "llama");
    EXPECT_EQ(shape->layers, 2);
    EXPECT_EQ(shape->head_dim, 16);
    EXPECT_EQ(shape->kv_heads, 2);
    EXPECT_EQ(shape->context, 256);
    EXPECT_EQ(own(shape).rope.theta, 5000);
    EXPECT_EQ(own(shape).norm_epsilon, 1e-5);
    EXPECT_TRUE(shape->tied_embeddings);
}

TEST(Config, dimensions_out_of_range_or_of_another_type_are_refused) {
    EXPECT_EQ(code_with("hidden_size", 0), "CFG_RANGE");
    EXPECT_EQ(code_with("hidden_size", -1), "CFG_RANGE");
    EXPECT_EQ(code_with("hidden_size", 1000000000000000000LL), "CFG_RANGE");
    EXPECT_EQ(code_with("hidden_size", 18446744073709551615ULL), "CFG_RANGE");
    EXPECT_EQ(code_with("hidden_size", 1e18), "CFG_TYPE");
    EXPECT_EQ(code_with("hidden_size", 4096.5), "CFG_TYPE");
    EXPECT_EQ(code_with("hidden_size", "4096"), "CFG_TYPE");
    EXPECT_EQ(code_without("hidden_size"), "CFG_MISSING");
    EXPECT_EQ(code_with("num_attention_heads", 0), "CFG_RANGE");
    EXPECT_EQ(code_with("rms_norm_eps", 0), "CFG_RANGE");
    EXPECT_EQ(code_with("rope_theta", "many"), "CFG_TYPE");
    EXPECT_EQ(code_with("tie_word_embeddings", 1), "CFG_TYPE");
}

TEST(Config, heads_that_do_not_fit_are_refused) {
    EXPECT_EQ(code_with("num_attention_heads", 5), "CFG_HEADS");
    EXPECT_EQ(code_with("num_key_value_heads", 8), "CFG_HEADS");
    EXPECT_EQ(code_with("num_key_value_heads", 3), "CFG_HEADS");
    EXPECT_EQ(code_with("head_dim", 15), "CFG_HEADS");
    EXPECT_EQ(code_with("head_dim", 32), "accepted");
}

TEST(Config, absent_keys_have_the_defaults_of_the_reference) {
    Json config = good();
    for (const char* key : {"num_key_value_heads", "rope_theta", "rms_norm_eps", "tie_word_embeddings"}) {
        config.erase(key);
    }
    const auto shape = shape_from_config(config.dump(), "config.json");
    ASSERT_TRUE(shape.ok());
    EXPECT_EQ(shape->kv_heads, 4);
    EXPECT_EQ(own(shape).rope.theta, 10000);
    EXPECT_EQ(own(shape).norm_epsilon, 1e-6);
    EXPECT_FALSE(shape->tied_embeddings);
}

TEST(Config, variants_that_would_be_computed_wrongly_are_refused) {
    EXPECT_EQ(code_with("hidden_act", "spiral"), "CFG_UNSUPPORTED");
    EXPECT_EQ(code_with("sliding_window", 4096), "CFG_UNSUPPORTED");  // a llama has none
    EXPECT_EQ(code_with("quantization_config", {{"quant_method", "gptq"}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code_with("partial_rotary_factor", 1.5), "CFG_RANGE");
    EXPECT_EQ(code_with("rope_scaling", {{"type", "spiral"}, {"factor", 2.0}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code_with("rope_scaling", {{"type", "longrope"}, {"factor", 2.0}}), "CFG_RANGE");
    EXPECT_EQ(code_with("rope_scaling", 2), "CFG_TYPE");
    EXPECT_EQ(code_with("rope_scaling", {{"type", "linear"}}), "CFG_MISSING");
    EXPECT_EQ(code_with("rope_scaling", nullptr), "accepted");
}

TEST(Config, keys_that_change_what_is_computed_are_refused_by_name) {
    const std::pair<const char*, Json> changes[] = {
        {"attention_multiplier", 0.25}, {"logit_scale", 0.0625},
        {"logits_scaling", 8.0},        {"embedding_multiplier", 12},
        {"residual_multiplier", 0.22},  {"final_logit_softcapping", 30.0},
        {"no_rope_layers", {1, 1, 0}},  {"use_qk_norm", true},
        {"is_causal", false},           {"layer_types", {"full_attention", "sliding_attention"}}};
    for (const auto& [key, value] : changes) {
        Json config = good();
        config[key] = value;
        const auto shape = shape_from_config(config.dump(), "config.json");
        ASSERT_FALSE(shape.ok()) << key;
        EXPECT_EQ(shape.error().code, "CFG_UNSUPPORTED") << key;
        EXPECT_NE(shape.error().message.find(key), std::string::npos) << shape.error().message;
    }
    EXPECT_EQ(code_with("logit_scale", 1.0), "accepted");
    EXPECT_EQ(code_with("residual_multiplier", nullptr), "accepted");
    EXPECT_EQ(code_with("layer_types", {"full_attention", "full_attention"}), "accepted");
    EXPECT_EQ(code_with("layer_types", 3), "CFG_UNSUPPORTED");
    EXPECT_EQ(code_with("pretraining_tp", 2), "accepted");  // a way of computing the same
}

TEST(Config, biases_are_part_of_the_shape_and_counted) {
    Json config = good();
    const auto plain = shape_from_config(config.dump(), "config.json");
    config["attention_bias"] = true;
    config["mlp_bias"] = true;
    const auto biased = shape_from_config(config.dump(), "config.json");
    ASSERT_TRUE(plain.ok() && biased.ok());
    EXPECT_FALSE(own(plain).attention_bias || own(plain).mlp_bias);
    EXPECT_TRUE(own(biased).attention_bias && own(biased).mlp_bias);
    const std::int64_t attention = biased->heads * biased->head_dim + 2 * biased->kv_heads * biased->head_dim;
    EXPECT_EQ(parameter_count(*biased) - parameter_count(*plain),
              biased->layers * (attention + 2 * biased->hidden + 2 * biased->ffn));
    EXPECT_EQ(code_with("attention_bias", 1), "CFG_TYPE");
}

TEST(Config, mistral_is_a_llama_with_a_window_unless_it_says_null) {
    Json config = good();
    config["model_type"] = "mistral";
    const auto usual = shape_from_config(config.dump(), "c");
    ASSERT_TRUE(usual.ok());
    EXPECT_EQ(usual->architecture, "llama");
    EXPECT_EQ(own(usual).windows, std::vector<std::int64_t>(2, 4096));
    config["sliding_window"] = nullptr;
    const auto whole = shape_from_config(config.dump(), "c");
    EXPECT_EQ(window_of(own(whole).windows, 1), 0);
}

TEST(Config, llama3_rotary_scaling_is_read_in_both_spellings) {
    const Json scaling{{"rope_type", "llama3"},   {"factor", 32.0},         {"low_freq_factor", 1.0},
                       {"high_freq_factor", 4.0}, {"rope_theta", 500000.0}, {"original_max_position_embeddings", 8192}};
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
        Json config = good();
        config[key] = scaling;
        const auto shape = shape_from_config(config.dump(), "c");
        ASSERT_TRUE(shape.ok()) << shape.error().to_string();
        EXPECT_EQ(own(shape).rope.kind, RopeSettings::Kind::llama3);
        EXPECT_EQ(own(shape).rope.factor, 32);
        EXPECT_EQ(own(shape).rope.original_context, 8192);
        EXPECT_EQ(own(shape).rope.theta, 500000);
    }
}

TEST(Config, an_unknown_family_is_answered_with_what_is_near) {
    Json config = good();
    config["model_type"] = "lama";
    const auto shape = shape_from_config(config.dump(), "c");
    ASSERT_FALSE(shape.ok());
    EXPECT_EQ(shape.error().code, "MODEL_UNKNOWN_FAMILY");
    EXPECT_NE(shape.error().message.find("did you mean llama"), std::string::npos) << shape.error().message;
    EXPECT_EQ(shape.error().kind, ErrorKind::unsupported);
    const auto said = [&](const char* family) {
        config["model_type"] = family;
        return shape_from_config(config.dump(), "c").error().message;
    };
    EXPECT_EQ(said("wholly_new").find("did you mean"), std::string::npos) << said("wholly_new");
    EXPECT_NE(said("mixtral").find("mixtures of experts are not computed; nearest to it are models of mistral"),
              std::string::npos);
    EXPECT_NE(said("deepseek_v3").find("mixtures of experts"), std::string::npos);
    EXPECT_NE(said("xlm-roberta").find("only encode text"), std::string::npos);
    EXPECT_NE(said("mamba2").find("docs/formats/models.md"), std::string::npos);
}

TEST(Config, quantised_folders_are_refused_with_the_name_of_the_method) {
    Json config = good();
    config["quantization_config"] = {{"quant_method", "awq"}, {"bits", 4}, {"modules_to_not_convert", {"a", "b"}}};
    const auto awq = shape_from_config(config.dump(), "c");
    ASSERT_FALSE(awq.ok());
    EXPECT_EQ(awq.error().code, "CFG_UNSUPPORTED");
    EXPECT_NE(awq.error().message.find("quantised by awq, 4 bits"), std::string::npos) << awq.error().message;
    EXPECT_EQ(awq.error().message.find('{'), std::string::npos) << awq.error().message;
    config["quantization_config"] = {{"load_in_8bit", true}};
    EXPECT_EQ(shape_from_config(config.dump(), "c").error().code, "CFG_UNSUPPORTED");
}

TEST(Config, what_is_not_a_json_object_is_refused) {
    EXPECT_EQ(shape_from_config("", "c").error().code, "CFG_NOT_JSON");
    EXPECT_EQ(shape_from_config("[]", "c").error().code, "CFG_NOT_JSON");
    EXPECT_EQ(shape_from_config("{\"a\":", "c").error().code, "CFG_NOT_JSON");
    EXPECT_EQ(shape_from_config("{}", "c").error().code, "CFG_MISSING");
    EXPECT_EQ(shape_from_config("{\"a\":" + std::string(1000, '['), "c").error().code, "JSON_TOO_DEEP");
    EXPECT_EQ(shape_from_config(std::string(5U << 20, ' '), "c").error().code, "CFG_TOO_LARGE");
}

}  // namespace
}  // namespace tandem
