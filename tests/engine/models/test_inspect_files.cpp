// Folders and files as they lie on a disk.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/models/inspect.h"
#include "engine/tensor/safetensors.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

class InspectFiles : public testing::Test {
protected:
    void SetUp() override {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::path(testing::TempDir()) / ("tandem_inspect_" + std::string(test->name()));
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    void write(const std::string& name, std::string_view text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }

    void write_config(const std::string& extra = "") const {
        write("config.json",
              R"({"model_type":"llama","hidden_size":8,"intermediate_size":16,"num_hidden_layers":1,)" + extra +
                  R"("num_attention_heads":2,"vocab_size":10,"rms_norm_eps":1e-5,"tie_word_embeddings":true})");
    }

    void write_weights(const char* more = nullptr) const {
        const std::vector<float> numbers(200);
        const auto view = [&](const char* name, std::vector<std::int64_t> shape) {
            TensorView tensor{.name = name, .type = TensorType::f32, .shape = std::move(shape)};
            tensor.data = std::as_bytes(std::span(numbers)).first(static_cast<std::size_t>(tensor.elements()) * 4);
            return tensor;
        };
        std::vector<TensorView> tensors{
            view("model.embed_tokens.weight", {10, 8}),
            view("model.norm.weight", {8}),
            view("model.layers.0.input_layernorm.weight", {8}),
            view("model.layers.0.post_attention_layernorm.weight", {8}),
            view("model.layers.0.self_attn.q_proj.weight", {8, 8}),
            view("model.layers.0.self_attn.k_proj.weight", {8, 8}),
            view("model.layers.0.self_attn.v_proj.weight", {8, 8}),
            view("model.layers.0.self_attn.o_proj.weight", {8, 8}),
            view("model.layers.0.mlp.gate_proj.weight", {16, 8}),
            view("model.layers.0.mlp.up_proj.weight", {16, 8}),
            view("model.layers.0.mlp.down_proj.weight", {8, 16}),
        };
        if (more != nullptr) {
            tensors.push_back(view(more, {8}));
        }
        const auto bytes = write_safetensors(tensors, {});
        write("model.safetensors", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }

    std::string code() const {
        const auto facts = inspect_model(folder_.string());
        return facts.ok() ? "accepted" : facts.error().code;
    }

    fs::path folder_;
};

TEST_F(InspectFiles, a_folder_is_described_whole) {
    write_config();
    write_weights();
    write("tokenizer.json", "{}");
    write("chat_template.jinja", "x");
    write("README.md", "---\nlanguage: en\nlicense: apache-2.0\n---\n# Model\nlicense: other\n");
    const auto facts = inspect_model(folder_.string());
    ASSERT_TRUE(facts.ok()) << facts.error().to_string();
    EXPECT_EQ(facts->format, "safetensors");
    EXPECT_EQ(facts->parameters, parameter_count(facts->shape));
    EXPECT_EQ(facts->parameters, 744);
    EXPECT_EQ(facts->weights_bytes, 744 * 4);
    EXPECT_EQ(facts->bytes_by_part.at("attention"), 4 * 64 * 4);
    EXPECT_EQ(facts->bytes_by_part.at("norm"), 24 * 4);
    EXPECT_EQ(facts->tensors_by_type.at("F32"), 11);
    EXPECT_EQ(facts->licence, "apache-2.0");
    EXPECT_EQ(facts->tokenizer, "tokenizer.json");
    EXPECT_TRUE(facts->has_chat_template);
    EXPECT_TRUE(facts->warnings.empty());
}

TEST_F(InspectFiles, code_of_the_model_is_ignored_with_a_warning) {
    write_config(R"("auto_map":{"AutoModel":"evil.Model"},)");
    write_weights();
    const auto facts = inspect_model(folder_.string());
    ASSERT_TRUE(facts.ok());
    ASSERT_EQ(facts->warnings.size(), 1U);
    EXPECT_TRUE(facts->warnings[0].starts_with("W_AUTO_MAP"));
}

TEST_F(InspectFiles, weights_that_can_never_be_loaded_are_warned_of_as_loading_refuses_them) {
    const auto code = [&] {
        const auto facts = inspect_model(folder_.string());
        constexpr std::string_view begin = "W_TENSORS: loading will be refused: ";
        for (const std::string& warning : facts->warnings) {
            if (warning.starts_with(begin)) {
                return warning.substr(begin.size(), warning.find(':', begin.size()) - begin.size());
            }
        }
        return std::string("accepted");
    };
    write_weights();
    write_config(R"("head_dim":8,)");
    EXPECT_EQ(code(), "MODEL_TENSOR_SHAPE");
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string config =
            R"({"model_type":"llama","hidden_size":8,"intermediate_size":16,"num_hidden_layers":1,)"
            R"("num_attention_heads":2,"vocab_size":10,"rms_norm_eps":1e-5,"tie_word_embeddings":true})";
        write("config.json", config.replace(config.find(from), from.size(), to));
        return code();
    };
    EXPECT_EQ(with("\"num_hidden_layers\":1", "\"num_hidden_layers\":2"), "MODEL_TENSOR_MISSING");
    EXPECT_EQ(with("\"vocab_size\":10", "\"vocab_size\":11"), "MODEL_TENSOR_SHAPE");
    EXPECT_EQ(with("\"tie_word_embeddings\":true", "\"tie_word_embeddings\":false"), "MODEL_TENSOR_MISSING");
    write_weights("model.layers.1.mlp.up_proj.weight");
    EXPECT_EQ(with("\"vocab_size\":10", "\"vocab_size\":10"), "MODEL_TENSOR_UNKNOWN");
}

TEST_F(InspectFiles, every_model_that_loads_is_accepted) {
    int seen = 0;
    for (const auto& entry : fs::directory_iterator(TANDEM_SOURCE_DIR "/tests/data/models")) {
        for (const fs::path& path : {entry.path(), entry.path() / "model.gguf"}) {
            if (fs::exists(path) && (path.extension() == ".gguf" || fs::exists(path / "config.json"))) {
                const auto facts = inspect_model(path.string());
                EXPECT_TRUE(facts.ok()) << path << ": " << facts.error().to_string();
                ++seen;
            }
        }
    }
    EXPECT_GE(seen, 100);
}

TEST_F(InspectFiles, an_end_that_is_no_id_is_a_warning) {
    write_config(R"("eos_token_id":[9,10],)");
    write_weights();
    write("generation_config.json", R"({"eos_token_id": 3})");
    const auto facts = inspect_model(folder_.string());
    ASSERT_TRUE(facts.ok()) << facts.error().to_string();
    ASSERT_EQ(facts->warnings.size(), 1U);
    EXPECT_TRUE(facts->warnings[0].starts_with("W_EOS_RANGE: eos_token_id 10 of config.json")) << facts->warnings[0];
}

TEST_F(InspectFiles, a_licence_file_speaks_where_the_card_does_not) {
    write_config();
    write_weights();
    write("README.md", "# no front matter\nlicense: other\n");
    write("LICENSE", "\n   MIT License\n\nCopyright\n");
    EXPECT_EQ(inspect_model(folder_.string())->licence, "MIT License");
}

TEST_F(InspectFiles, what_a_folder_holds_instead_of_a_model_is_said) {
    const auto message = [&] { return inspect_model(folder_.string()).error().message; };
    EXPECT_NE(message().find("no config.json"), std::string::npos) << message();
    write("model.onnx", "x");
    EXPECT_NE(message().find("ONNX graph ('model.onnx')"), std::string::npos) << message();
    write("adapter_config.json", "{}");
    EXPECT_NE(message().find("--adapter"), std::string::npos) << message();
    write("x.gguf", "x");
    EXPECT_NE(message().find((folder_ / "x.gguf").string()), std::string::npos) << message();
    write_config();
    EXPECT_NE(message().find((folder_ / "x.gguf").string()), std::string::npos) << message();
}

TEST_F(InspectFiles, what_is_missing_is_named) {
    EXPECT_EQ(code(), "MODEL_NOT_FOUND");
    write_config();
    EXPECT_EQ(code(), "MODEL_NOT_FOUND");
    write("pytorch_model.bin", "x");
    EXPECT_EQ(code(), "PICKLE_REFUSED");
    EXPECT_EQ(inspect_model((folder_ / "none").string()).error().code, "MODEL_NOT_FOUND");
    EXPECT_EQ(inspect_model((folder_ / "pytorch_model.bin").string()).error().code, "PICKLE_REFUSED");
    write_weights();
    EXPECT_EQ(inspect_model((folder_ / "model.safetensors").string()).error().code, "MODEL_NOT_FOUND");
    EXPECT_EQ(inspect_model((folder_ / "config.json").string()).error().code, "MODEL_NOT_FOUND");
    write("broken.gguf", "GGUF");
    EXPECT_EQ(inspect_model((folder_ / "broken.gguf").string()).error().code, "GGUF_TRUNCATED");
    write("empty.gguf", "");
    EXPECT_EQ(inspect_model((folder_ / "empty.gguf").string()).error().code, "FILE_EMPTY");
}

}  // namespace
}  // namespace tandem
