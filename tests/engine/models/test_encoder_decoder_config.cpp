// How the configurations of encoder-decoders read: defaults, spellings of older files, ids of targets, refusals.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/models/bart/config.h"
#include "engine/models/inspect.h"
#include "engine/models/t5/config.h"
#include "engine/models/t5gemma/config.h"
#include "engine/models/tandem_encoder_decoder/config.h"
#include "engine/models/vision_config.h"
#include "tests/engine/tensor/gguf_builder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path fixtures = TANDEM_SOURCE_DIR "/tests/data/models";

Result<ModelShape> read(Json config) {
    return shape_from_config(config.dump(), "config.json");
}

std::string code(const Json& config) {
    const auto shape = read(config);
    return shape.ok() ? "accepted" : shape.error().code;
}

template <class Config>
const Config& own(const Result<ModelShape>& shape) {
    return config_of<Config>(shape.value());
}

TEST(EncoderDecoderConfig, without_sizes_each_type_has_its_published_default_shape) {
    EXPECT_EQ(parameter_count(read({{"model_type", "tandem_encoder_decoder"}}).value()), 332'042'240);
    EXPECT_EQ(parameter_count(read({{"model_type", "t5"}}).value()), 60'506'624);     // T5-small
    EXPECT_EQ(parameter_count(read({{"model_type", "bart"}}).value()), 406'291'456);  // BART-large
    for (const char* type :
         {"mt5", "umt5", "mbart", "plbart", "marian", "pegasus", "m2m_100", "blenderbot", "t5gemma"}) {
        const auto shape = read({{"model_type", type}});
        ASSERT_TRUE(shape.ok()) << type << ": " << shape.error().to_string();
        EXPECT_EQ(shape->kind, ModelKind::encoder_decoder);
        EXPECT_GT(parameter_count(*shape), 100'000'000) << type;
    }
}

TEST(EncoderDecoderConfig, the_output_of_t5_is_scaled_unless_its_file_says_that_it_is_not_tied) {
    const auto scaled = [](Json config) { return own<t5::Config>(read(std::move(config))).scaled_output; };
    EXPECT_TRUE(scaled({{"model_type", "t5"}}));
    EXPECT_FALSE(scaled({{"model_type", "t5"}, {"tie_word_embeddings", false}}));
    EXPECT_FALSE(scaled({{"model_type", "t5"}, {"tie_word_embeddings", true}, {"scale_decoder_outputs", false}}));
    EXPECT_FALSE(scaled({{"model_type", "mt5"}}));
    EXPECT_TRUE(scaled({{"model_type", "umt5"}, {"tie_word_embeddings", false}}));
}

TEST(EncoderDecoderConfig, feed_forward_proj_names_function_and_gate) {
    const auto block = [](Json config) {
        const auto shape = read(std::move(config));
        return std::pair{own<t5::Config>(shape).activation, own<t5::Config>(shape).gated};
    };
    EXPECT_EQ(block({{"model_type", "t5"}}), std::pair(Activation::relu, false));
    EXPECT_EQ(block({{"model_type", "mt5"}}), std::pair(Activation::gelu_tanh, true));
    EXPECT_EQ(block({{"model_type", "t5"}, {"feed_forward_proj", "gated-gelu"}}),
              std::pair(Activation::gelu_tanh, true));
    EXPECT_EQ(block({{"model_type", "t5"}, {"feed_forward_proj", "gated-silu"}}), std::pair(Activation::silu, true));
    EXPECT_EQ(block({{"model_type", "t5"}, {"feed_forward_proj", "gelu"}}), std::pair(Activation::gelu, false));
    EXPECT_EQ(code({{"model_type", "t5"}, {"feed_forward_proj", "gated-swiglu"}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code({{"model_type", "t5"}, {"feed_forward_proj", 3}}), "CFG_TYPE");
}

TEST(EncoderDecoderConfig, depths_and_ids_that_are_absent_follow_from_others) {
    const auto shape = read({{"model_type", "t5"}, {"num_layers", 4}, {"pad_token_id", 3}});
    EXPECT_EQ(shape->encoder_layers, 4);
    EXPECT_EQ(shape->layers, 4);
    EXPECT_EQ(shape->target.start, 3);
    EXPECT_EQ(shape->context, 0);
    EXPECT_EQ(read({{"model_type", "t5"}, {"num_layers", 4}, {"num_decoder_layers", 1}})->layers, 1);
    EXPECT_EQ(read({{"model_type", "mbart"}, {"bos_token_id", 5}})->target.start, 5);
    EXPECT_EQ(read({{"model_type", "bart"}, {"bos_token_id", 4}})->target.start, 4);
    EXPECT_EQ(read({{"model_type", "bart"}})->target.forced_last, -1);
    EXPECT_EQ(read({{"model_type", "pegasus"}, {"forced_eos_token_id", nullptr}})->target.forced_last, -1);
    EXPECT_EQ(read({{"model_type", "marian"}, {"forced_eos_token_id", 0}})->target.forced_last, 0);
    EXPECT_EQ(read({{"model_type", "mbart"}, {"forced_bos_token_id", 9}})->target.forced_first, 9);
    EXPECT_EQ(read({{"model_type", "t5gemma"}})->target.start, 2);
    EXPECT_EQ(read({{"model_type", "marian"}, {"bad_words_ids", {{58100}, {1, 2}}}})->target.never,
              std::vector<std::int64_t>{58100});
}

TEST(EncoderDecoderConfig, what_would_be_computed_wrongly_is_refused) {
    EXPECT_EQ(code({{"model_type", "t5"}, {"is_encoder_decoder", false}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code({{"model_type", "t5"}, {"is_decoder", true}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code({{"model_type", "bart"}, {"is_encoder_decoder", false}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code({{"model_type", "bart"}, {"activation_function", "softsign"}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code({{"model_type", "t5gemma"}, {"decoder", {{"layer_types", {"full_attention"}}}}}), "CFG_SHAPE");
    EXPECT_EQ(code({{"model_type", "t5gemma"}, {"encoder", {{"num_hidden_layers", 1}, {"layer_types", {"ring"}}}}}),
              "CFG_UNSUPPORTED");
    EXPECT_EQ(code({{"model_type", "t5gemma"}, {"encoder", {{"use_qk_norm", true}}}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code({{"model_type", "tandem_encoder_decoder"}, {"tie_word_embeddings", false}}), "CFG_UNSUPPORTED");
}

TEST(EncoderDecoderConfig, numbers_out_of_range_are_refused_before_any_product) {
    EXPECT_EQ(code({{"model_type", "t5"}, {"relative_attention_num_buckets", 3}}), "CFG_RANGE");
    EXPECT_EQ(code({{"model_type", "t5"}, {"relative_attention_max_distance", 16}}), "CFG_RANGE");
    EXPECT_EQ(code({{"model_type", "t5"}, {"decoder_start_token_id", 32128}}), "CFG_RANGE");
    EXPECT_EQ(code({{"model_type", "t5"}, {"num_layers", 0}}), "CFG_RANGE");
    EXPECT_EQ(code({{"model_type", "t5"}, {"d_kv", 1 << 20}}), "CFG_RANGE");
    EXPECT_EQ(code({{"model_type", "bart"}, {"encoder_attention_heads", 3}}), "CFG_HEADS");
    EXPECT_EQ(code({{"model_type", "bart"}, {"encoder_ffn_dim", 1LL << 40}}), "CFG_RANGE");
    EXPECT_EQ(
        code({{"model_type", "bart"}, {"d_model", 2}, {"decoder_attention_heads", 2}, {"encoder_attention_heads", 2}}),
        "CFG_RANGE");
    EXPECT_EQ(code({{"model_type", "t5gemma"}, {"encoder", {{"hidden_size", 1LL << 40}}}}), "CFG_RANGE");
    EXPECT_EQ(code({{"model_type", "t5gemma"}, {"encoder", {{"query_pre_attn_scalar", 0}}}}), "CFG_RANGE");
    EXPECT_EQ(code({{"model_type", "t5gemma"}, {"encoder", "big"}}), "CFG_TYPE");
    EXPECT_EQ(code({{"model_type", "tandem_encoder_decoder"}, {"n_head", 5}}), "CFG_HEADS");
    EXPECT_EQ(code({{"model_type", "tandem_encoder_decoder"}, {"n_kv_head", 4}}), "CFG_HEADS");
    EXPECT_EQ(code({{"model_type", "tandem_encoder_decoder"}, {"block_size", 0}}), "CFG_RANGE");
}

TEST(EncoderDecoderConfig, the_stretched_context_is_as_long_as_its_factor_says) {
    const auto shape = read({{"model_type", "tandem_encoder_decoder"}, {"rope_factor", 4.0}});
    EXPECT_EQ(shape->context, 4096);
    EXPECT_TRUE(own<tandem_encoder_decoder::Config>(shape).rope.depends_on_length());
    EXPECT_EQ(read({{"model_type", "tandem_encoder_decoder"}})->context, 1024);
}

TEST(EncoderDecoderConfig, generation_config_says_it_better_than_config) {
    const fs::path folder = fs::temp_directory_path() / ("tandem-generation-config-" + std::to_string(::getpid()));
    fs::create_directory(folder);
    for (const char* name : {"config.json", "model.safetensors"}) {
        fs::copy_file(fixtures / "bart" / name, folder / name);
    }
    const auto say = [&](const char* text) { std::ofstream(folder / "generation_config.json") << text; };
    EXPECT_EQ(inspect_model(folder)->shape.target.start, 2);
    say(R"({"decoder_start_token_id": 7, "forced_bos_token_id": 8, "forced_eos_token_id": [6, 5]})");
    const TargetTokens target = inspect_model(folder)->shape.target;
    EXPECT_EQ(target.start, 7);
    EXPECT_EQ(target.forced_first, 8);
    EXPECT_EQ(target.forced_last, 5);
    say(R"({"bos_token_id": 3})");  // what config.json forces does not count beside it
    EXPECT_EQ(inspect_model(folder)->shape.target.start, 3);
    EXPECT_EQ(inspect_model(folder)->shape.target.forced_last, -1);
    say(R"({"decoder_start_token_id": 32})");
    EXPECT_EQ(inspect_model(folder).error().code, "CFG_RANGE");
    say("[1]");
    EXPECT_EQ(inspect_model(folder).error().code, "CFG_NOT_JSON");
    fs::remove_all(folder);
}

TEST(EncoderDecoderConfig, an_output_of_its_own_counts_and_a_copy_of_the_embedding_does_not) {
    const auto with = inspect_model(fixtures / "t5_gated_own_output");
    ASSERT_TRUE(with.ok()) << with.error().to_string();
    EXPECT_FALSE(with->shape.tied_embeddings);
    EXPECT_TRUE(with->warnings.empty());
    const auto without = inspect_model(fixtures / "t5_first");
    EXPECT_TRUE(without->shape.tied_embeddings);
    EXPECT_EQ(without->parameters, inspect_model(fixtures / "t5_first" / "model.gguf")->parameters);
}

TEST(EncoderDecoderConfig, fixed_positions_count_as_the_reference_counts_them_in_the_file_or_not) {
    EXPECT_EQ(parameter_count(read({{"model_type", "marian"}}).value()), 414'307'328);
    for (const auto& [name, parameters] :
         {std::pair("pegasus", 11032), std::pair("marian_shared", 10968), std::pair("marian_untied", 10742)}) {
        const auto facts = inspect_model(fixtures / name);
        ASSERT_TRUE(facts.ok()) << facts.error().to_string();
        EXPECT_EQ(facts->parameters, parameters) << name;
        EXPECT_TRUE(facts->warnings.empty()) << name;
    }
}

TEST(VisionConfig, the_token_of_hidden_patches_counts_where_a_file_has_it) {
    EXPECT_EQ(inspect_model(fixtures / "dinov2")->parameters, 5632);
    EXPECT_EQ(inspect_model(fixtures / "dinov2_registers")->parameters, 5680);
    EXPECT_TRUE(inspect_model(fixtures / "dinov2_no_registers")->warnings.empty());
}

TEST(VisionConfig, a_size_that_the_reference_refuses_is_refused) {
    const auto accepts = [](Json config, std::int64_t height, std::int64_t width) {
        const auto shape = read(std::move(config));
        return check_picture_size(own<VisionConfig>(shape), height, width).ok();
    };
    const Json clip{{"model_type", "clip_vision_model"}, {"image_size", 24}, {"patch_size", 8}};
    EXPECT_TRUE(accepts(clip, 24, 24));
    EXPECT_FALSE(accepts(clip, 29, 24));
    const Json siglip{{"model_type", "siglip_vision_model"}, {"image_size", 24}, {"patch_size", 8}};
    EXPECT_TRUE(accepts(siglip, 29, 24));
    EXPECT_FALSE(accepts(siglip, 32, 24));
    const Json square{{"model_type", "dinov2"}, {"image_size", 28}};
    EXPECT_TRUE(accepts(square, 42, 15));
    EXPECT_FALSE(accepts(square, 42, 13));
    // Positions of a rectangle cannot be stretched.
    EXPECT_FALSE(accepts({{"model_type", "dinov2"}, {"image_size", {14, 28}}}, 14, 28));
}

TEST(EncoderDecoderConfig, a_gguf_of_an_encoder_alone_is_refused_by_name) {
    test::Bytes bytes;
    bytes.header(0, 1).entry("general.architecture", std::string("t5encoder"));
    const auto file = GgufFile::parse(bytes.span(), "m.gguf").value();
    const auto facts = shape_from_gguf(*file);
    ASSERT_FALSE(facts.ok());
    EXPECT_EQ(facts.error().code, "CFG_UNSUPPORTED");
    EXPECT_NE(facts.error().message.find("encoder without its decoder"), std::string::npos);
}

}  // namespace
}  // namespace tandem
