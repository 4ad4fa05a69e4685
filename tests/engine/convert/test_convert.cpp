// Models converted to every kind of file and back, on the tiny Llama checkpoints of tests/data/llama. That llama.cpp
// and transformers compute the same from them is shown by tests/bench/peer_convert.py.
#include "engine/convert/convert.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/models/inspect.h"
#include "engine/tensor/gguf_write.h"
#include "engine/tensor/safetensors.h"
#include "engine/tensor/safetensors_write.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = TANDEM_SOURCE_DIR "/tests/data/llama";

WeightTarget to(const char* name) {
    return weight_target(name).value();
}

ConvertReport convert(const fs::path& source, const fs::path& target, const char* type, ConvertOptions options = {}) {
    options.to = to(type);
    options.threads = 2;
    const auto report = convert_model(source, target, options);
    EXPECT_TRUE(report.ok()) << report.error().to_string();
    return report.ok() ? *report : ConvertReport{};
}

std::string code_of(const fs::path& source, const fs::path& target, const char* type, ConvertOptions options = {}) {
    options.to = to(type);
    const auto report = convert_model(source, target, options);
    return report.ok() ? "accepted" : report.error().code;
}

std::vector<float> numbers_of(const TensorView& tensor) {
    std::vector<float> numbers(static_cast<std::size_t>(tensor.elements()));
    dequantise(tensor.type, tensor.data, numbers).value();
    return numbers;
}

void expect_same_numbers(const WeightFile& found, const WeightFile& expected) {
    std::size_t compared = 0;
    for (const TensorView& tensor : expected.tensors()) {
        const TensorView* other = found.find(tensor.name);
        ASSERT_NE(other, nullptr) << tensor.name;
        EXPECT_EQ(other->shape, tensor.shape) << tensor.name;
        EXPECT_EQ(numbers_of(*other), numbers_of(tensor)) << tensor.name;
        ++compared;
    }
    EXPECT_EQ(compared, found.tensors().size());
}

class Checkpoint : public testing::TestWithParam<const char*> {};

TEST_P(Checkpoint, a_folder_comes_back_from_a_gguf_with_the_same_numbers_and_shape) {
    const TemporaryFolder folder;
    const fs::path source = fixtures / GetParam();
    convert(source, folder / "a.gguf", "f32");
    convert(folder / "a.gguf", folder / "back", "f32");
    expect_same_numbers(**SafetensorsFile::open(folder / "back"), **SafetensorsFile::open(source));
    const auto first = inspect_model(source.string());
    const auto second = inspect_model((folder / "back").string());
    ASSERT_TRUE(second.ok()) << second.error().to_string();
    EXPECT_EQ(second->parameters, first->parameters);
    EXPECT_EQ(second->shape.kv_heads, first->shape.kv_heads);
    EXPECT_EQ(second->shape.head_dim, first->shape.head_dim);
    EXPECT_EQ(second->shape.context, first->shape.context);
    EXPECT_EQ(second->shape.tied_embeddings, first->shape.tied_embeddings);
}

TEST_P(Checkpoint, the_same_input_gives_the_same_bytes) {
    const TemporaryFolder folder;
    const fs::path source = fixtures / GetParam();
    ConvertOptions alone;
    alone.threads = 1;
    alone.to = to("q8_0");
    ASSERT_TRUE(convert_model(source, folder / "a", alone).error().code == "CONVERT_UNSUPPORTED");
    ASSERT_TRUE(convert_model(source, folder / "a.gguf", alone).ok());
    alone.threads = 3;
    ASSERT_TRUE(convert_model(source, folder / "b.gguf", alone).ok());
    EXPECT_EQ(read_file(folder / "a.gguf"), read_file(folder / "b.gguf"));
}

INSTANTIATE_TEST_SUITE_P(Llama, Checkpoint,
                         testing::Values("multi_head_linear", "grouped_tied_bf16", "multi_query_wide_sharded", "biases",
                                         "rope_llama3"),
                         [](const auto& of) { return std::string(of.param); });

TEST(Convert, a_gguf_kept_as_it_is_has_the_same_bytes) {
    const TemporaryFolder folder;
    for (const char* name : {"F32.gguf", "F16.gguf", "Q8_0.gguf"}) {
        convert(fixtures / "gguf" / name, folder / name, "keep");
        EXPECT_EQ(read_file(folder / name), read_file(fixtures / "gguf" / name)) << name;
    }
}

TEST(Convert, a_gguf_to_another_type_keeps_everything_else) {
    const TemporaryFolder folder;
    const auto report = convert(fixtures / "gguf/F32.gguf", folder / "a.gguf", "q8_0");
    const auto before = *GgufFile::open(fixtures / "gguf/F32.gguf");
    const auto after = *GgufFile::open(folder / "a.gguf");
    for (const auto& [key, value] : before->metadata()) {
        if (key != "general.file_type") {
            EXPECT_EQ(after->metadata().find(key)->second, value) << key;
        }
    }
    EXPECT_EQ(*after->integer("general.file_type"), 7);
    EXPECT_EQ(*after->integer("general.quantization_version"), 2);
    ASSERT_EQ(after->tensors().size(), before->tensors().size());
    for (std::size_t i = 0; i < before->tensors().size(); ++i) {
        EXPECT_EQ(after->tensors()[i].name, before->tensors()[i].name);
        EXPECT_EQ(after->tensors()[i].shape, before->tensors()[i].shape);
        EXPECT_EQ(after->tensors()[i].type, before->tensors()[i].shape.size() < 2 ? TensorType::f32 : TensorType::q8_0)
            << after->tensors()[i].name;
    }
    EXPECT_EQ(report.tensors_by_type.at("Q8_0") + report.tensors_by_type.at("F32"), report.tensors);
    // The reference made its own of the same weights.
    const auto reference = *GgufFile::open(fixtures / "gguf/Q8_0.gguf");
    for (const TensorView& tensor : reference->tensors()) {
        EXPECT_EQ(numbers_of(*after->find(tensor.name)), numbers_of(tensor)) << tensor.name;
    }
}

// Rows of 256 numbers, so that every format has whole blocks.
fs::path wide_gguf(const TemporaryFolder& folder) {
    const fs::path path = folder / "wide.gguf";
    const std::vector<TensorPlan> plans{{"token_embd.weight", TensorType::f32, {4, 256}},
                                        {"blk.0.attn_q.weight", TensorType::f32, {4, 256}},
                                        {"blk.0.attn_norm.weight", TensorType::f32, {256}},
                                        {"blk.0.ffn_up.weight", TensorType::f32, {2, 96}}};
    std::vector<float> numbers(4 * 256 * 2 + 256 + 192);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        numbers[i] = std::sin(static_cast<float>(i));
    }
    const std::vector<GgufEntry> entries{
        make_gguf_entry("general.architecture", GgufKind::string, std::string("anything")).value()};
    auto writer = GgufWriter::create(path, entries, plans).value();
    writer.append(std::as_bytes(std::span(numbers))).value();
    writer.finish().value();
    return path;
}

TEST(Convert, types_follow_what_a_row_holds_and_what_a_tensor_is_for) {
    const TemporaryFolder folder;
    const fs::path source = wide_gguf(folder);
    const auto type = [&](const char* name, const char* tensor, bool pure = false) {
        ConvertOptions options;
        options.pure = pure;
        options.existing = Existing::replace;
        convert(source, folder / "out.gguf", name, options);
        return (*GgufFile::open(folder / "out.gguf"))->find(tensor)->type;
    };
    EXPECT_EQ(type("q4_k", "blk.0.attn_q.weight"), TensorType::q4_k);
    EXPECT_EQ(type("q4_k", "token_embd.weight"), TensorType::q6_k);
    EXPECT_EQ(type("q4_k", "token_embd.weight", true), TensorType::q4_k);
    EXPECT_EQ(type("q8_0", "token_embd.weight"), TensorType::q8_0);
    EXPECT_EQ(type("q4_k", "blk.0.attn_norm.weight"), TensorType::f32);
    EXPECT_EQ(type("q4_k", "blk.0.ffn_up.weight"), TensorType::q5_0);
    EXPECT_EQ(type("q5_k", "blk.0.ffn_up.weight"), TensorType::q5_1);
    EXPECT_EQ(type("q6_k", "blk.0.ffn_up.weight"), TensorType::q8_0);
    EXPECT_EQ(type("q2_k", "blk.0.ffn_up.weight"), TensorType::q4_0);
    EXPECT_EQ(type("bf16", "token_embd.weight"), TensorType::bf16);
    EXPECT_EQ(fitting_type(TensorType::q4_k, 33, false, false), TensorType::f16);
}

TEST(Convert, quantising_what_is_quantised_is_said) {
    const TemporaryFolder folder;
    const auto report = convert(fixtures / "gguf/Q8_0.gguf", folder / "a.gguf", "q4_0");
    ASSERT_EQ(report.notes.size(), 1U);
    EXPECT_TRUE(report.notes[0].starts_with("W_REQUANTISED: "));
    EXPECT_TRUE(convert(fixtures / "gguf/Q8_0.gguf", folder / "b.gguf", "f16").notes.empty());
}

TEST(Convert, a_folder_in_half_precision_keeps_its_other_files) {
    const TemporaryFolder folder;
    const fs::path source = folder / "source";
    fs::copy(fixtures / "multi_query_wide_sharded", source);
    write_file(source / "README.md", "---\nlicense: mit\n---\n");
    write_file(source / "pytorch_model.bin", "not copied");
    write_file(source / ".hidden", "not copied");
    ConvertOptions options;
    options.shard_bytes = 4000;
    const auto report = convert(source, folder / "half", "f16", options);
    EXPECT_EQ(read_file(folder / "half/README.md"), read_file(source / "README.md"));
    EXPECT_FALSE(fs::exists(folder / "half/pytorch_model.bin"));
    EXPECT_FALSE(fs::exists(folder / "half/.hidden"));
    EXPECT_GT(std::count_if(report.files.begin(), report.files.end(),
                            [](const std::string& name) { return name.ends_with(".safetensors"); }),
              1);
    const auto config = nlohmann::json::parse(read_file(folder / "half/config.json"));
    EXPECT_EQ(config.contains("dtype") ? config["dtype"] : config["torch_dtype"], "float16");
    const auto before = *SafetensorsFile::open(source);
    const auto after = *SafetensorsFile::open(folder / "half");
    for (const TensorView& tensor : before->tensors()) {
        const TensorView* half = after->find(tensor.name);
        ASSERT_NE(half, nullptr);
        EXPECT_EQ(half->type, TensorType::f16);
        const auto wide = numbers_of(tensor);
        const auto narrow = numbers_of(*half);
        for (std::size_t i = 0; i < wide.size(); ++i) {
            EXPECT_EQ(narrow[i], f16_to_f32(f32_to_f16(wide[i])));
        }
    }
    EXPECT_TRUE(inspect_model((folder / "half").string()).ok());
}

TEST(Convert, int8_has_the_documented_scale_and_codes) {
    const TemporaryFolder folder;
    const fs::path source = fixtures / "biases";
    convert(source, folder / "int8", "int8");
    const auto before = *SafetensorsFile::open(source);
    const auto after = *SafetensorsFile::open(folder / "int8");
    const std::string name = "model.layers.0.mlp.down_proj.weight";
    const TensorView* codes = after->find(name);
    const TensorView* scales = after->find(name + "_scale");
    ASSERT_NE(scales, nullptr);
    EXPECT_EQ(codes->type, TensorType::i8);
    EXPECT_EQ(scales->shape, (std::vector<std::int64_t>{codes->shape[0], 1}));
    const auto wide = numbers_of(*before->find(name));
    const auto scale = numbers_of(*scales);
    const auto columns = static_cast<std::size_t>(codes->shape[1]);
    for (std::size_t row = 0; row < scale.size(); ++row) {
        float largest = 0;
        for (std::size_t i = 0; i < columns; ++i) {
            largest = std::max(largest, std::fabs(wide[row * columns + i]));
        }
        EXPECT_EQ(scale[row], largest / 127);
        for (std::size_t i = 0; i < columns; ++i) {
            const auto code = static_cast<std::int8_t>(codes->data[row * columns + i]);
            EXPECT_EQ(static_cast<float>(code), std::nearbyint(wide[row * columns + i] / scale[row]));
        }
    }
    EXPECT_EQ(after->find("model.embed_tokens.weight")->type, before->find("model.embed_tokens.weight")->type);
    EXPECT_TRUE(inspect_model((folder / "int8").string()).ok());
    // And back: the numbers that the codes stand for.
    convert(folder / "int8", folder / "wide", "f32");
    const auto back = *SafetensorsFile::open(folder / "wide");
    EXPECT_EQ(back->find(name + "_scale"), nullptr);
    const auto expanded = numbers_of(*back->find(name));
    for (std::size_t i = 0; i < expanded.size(); ++i) {
        EXPECT_NEAR(expanded[i], wide[i], scale[i / columns] * 0.5F);
    }
    EXPECT_FALSE(nlohmann::json::parse(read_file(folder / "wide/config.json")).contains("quantization_config"));
}

TEST(ConvertRefusal, places_that_are_taken_or_wrong) {
    const TemporaryFolder folder;
    const fs::path source = fixtures / "gguf/F32.gguf";
    write_file(folder / "there.gguf", "something");
    EXPECT_EQ(code_of(source, folder / "there.gguf", "f16"), "CONVERT_EXISTS");
    EXPECT_EQ(read_file(folder / "there.gguf"), "something");
    fs::copy(source, folder / "own.gguf");
    ConvertOptions force;
    force.existing = Existing::replace;
    EXPECT_EQ(code_of(folder / "own.gguf", folder / "own.gguf", "f16", force), "CONVERT_SAME_PLACE");
    EXPECT_EQ(code_of(source, folder / "no/such/a.gguf", "f16"), "FILE_NOT_FOUND");
    EXPECT_EQ(code_of(folder / "nothing", folder / "a.gguf", "f16"), "MODEL_NOT_FOUND");
    write_file(folder / "papers/thesis.txt", "years of work");
    EXPECT_EQ(code_of(source, folder / "papers", "f32", force), "CONVERT_EXISTS");
    EXPECT_EQ(read_file(folder / "papers/thesis.txt"), "years of work");
    EXPECT_EQ(code_of(source, folder / "there.gguf", "f16", force), "accepted");
    EXPECT_EQ(code_of(source, folder / "model", "f32"), "accepted");
    EXPECT_EQ(code_of(source, folder / "model", "f16", force), "accepted");
    EXPECT_EQ((*SafetensorsFile::open(folder / "model"))->find("model.norm.weight")->type, TensorType::f16);
}

TEST(ConvertRefusal, a_pipe_stays_what_it_is) {
    const TemporaryFolder folder;
    ConvertOptions force;
    force.existing = Existing::replace;
    for (const char* name : {"pipe.gguf", "pipe"}) {
        ASSERT_EQ(::mkfifo((folder / name).c_str(), 0600), 0);
        EXPECT_EQ(code_of(fixtures / "gguf/F32.gguf", folder / name, "f16", force), "FILE_NOT_REGULAR");
        EXPECT_TRUE(fs::is_fifo(folder / name));
    }
}

TEST(Convert, the_licence_goes_from_folder_to_gguf_and_back) {
    const TemporaryFolder folder;
    for (const char* licence : {"apache-2.0", "MIT, but: ask first"}) {
        fs::remove_all(folder / "source");
        fs::copy(fixtures / "multi_head_linear", folder / "source", fs::copy_options::recursive);
        write_file(folder / "source/README.md", "---\nlicense: " + std::string(licence) + "\n---\n");
        ConvertOptions force;
        force.existing = Existing::replace;
        convert(folder / "source", folder / "a.gguf", "f32", force);
        convert(folder / "a.gguf", folder / "back", "f32", force);
        EXPECT_EQ(inspect_model((folder / "back").string())->licence, licence);
    }
    convert(fixtures / "gguf/F32.gguf", folder / "none", "f32");
    EXPECT_FALSE(fs::exists(folder / "none/README.md"));
}

TEST(Convert, a_symbolic_link_stays_and_what_it_points_to_is_written) {
    const TemporaryFolder folder;
    fs::create_directory(folder / "elsewhere");
    ConvertOptions force;
    force.existing = Existing::replace;
    for (const char* name : {"a.gguf", "model"}) {
        fs::create_symlink(fs::path("elsewhere") / name, folder / name);  // of nothing yet
        for (int time = 0; time < 2; ++time) {
            EXPECT_EQ(code_of(fixtures / "gguf/F32.gguf", folder / name, "f32", force), "accepted");
            EXPECT_TRUE(fs::is_symlink(folder / name));
            EXPECT_TRUE(inspect_model((folder / "elsewhere" / name).string()).ok());
        }
    }
    fs::create_symlink("round", folder / "round");
    EXPECT_EQ(code_of(fixtures / "gguf/F32.gguf", folder / "round", "f32", force), "FILE_NOT_FOUND");
}

TEST(Convert, removes_what_a_killed_conversion_to_the_same_place_left) {
    const TemporaryFolder folder;
    const pid_t gone = fork();
    if (gone == 0) {
        _exit(0);
    }
    waitpid(gone, nullptr, 0);
    const auto left = [&](const std::string& name, pid_t process) {
        return folder / (name + ".partial-" + std::to_string(process));
    };
    write_file(left("m", gone) / "config.json", "{}");
    write_file(left("m", getppid()) / "config.json", "{}");  // of a process that runs
    write_file(left("other", gone), "x");
    EXPECT_EQ(code_of(fixtures / "gguf/F32.gguf", folder / "m", "f32"), "accepted");
    EXPECT_FALSE(fs::exists(left("m", gone)));
    EXPECT_TRUE(fs::exists(left("m", getppid())));
    EXPECT_TRUE(fs::exists(left("other", gone)));
}

TEST(ConvertRefusal, formats_that_the_target_does_not_have) {
    const TemporaryFolder folder;
    EXPECT_EQ(code_of(fixtures / "biases", folder / "a", "q4_k"), "CONVERT_UNSUPPORTED");
    EXPECT_EQ(code_of(fixtures / "biases", folder / "a.gguf", "int8"), "CONVERT_UNSUPPORTED");
    EXPECT_EQ(code_of(fixtures / "gguf/F32.gguf", folder / "a.gguf", "int8"), "CONVERT_UNSUPPORTED");
    EXPECT_EQ(code_of(fixtures / "gguf/Q8_0.gguf", folder / "a", "keep"), "CONVERT_UNSUPPORTED");
    EXPECT_EQ(weight_target("q9_z").error().code, "CONVERT_TYPE");
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(ConvertRefusal, numbers_that_no_scale_fits) {
    const TemporaryFolder folder;
    const auto make = [&](float bad) {
        const std::vector<TensorPlan> plans{{"blk.0.attn_q.weight", TensorType::f32, {2, 32}}};
        std::vector<float> numbers(64, 1);
        numbers[40] = bad;
        auto writer = GgufWriter::create(folder / "bad.gguf", {}, plans).value();
        writer.append(std::as_bytes(std::span(numbers))).value();
        writer.finish().value();
    };
    make(INFINITY);
    EXPECT_EQ(code_of(folder / "bad.gguf", folder / "a.gguf", "q8_0"), "CONVERT_NONFINITE");
    EXPECT_EQ(code_of(folder / "bad.gguf", folder / "bf16.gguf", "bf16"), "accepted");
    make(NAN);
    EXPECT_EQ(code_of(folder / "bad.gguf", folder / "a.gguf", "q4_0"), "CONVERT_NONFINITE");
    make(1e6F);
    EXPECT_EQ(code_of(folder / "bad.gguf", folder / "a.gguf", "f16"), "CONVERT_RANGE");
    EXPECT_EQ(code_of(folder / "bad.gguf", folder / "a.gguf", "q8_0"), "CONVERT_RANGE");
    EXPECT_EQ(code_of(folder / "bad.gguf", folder / "f32.gguf", "f32"), "accepted");
    EXPECT_FALSE(fs::exists(folder / "a.gguf"));
}

TEST(ConvertStop, leaves_nothing_behind) {
    const TemporaryFolder folder;
    for (const char* target : {"a.gguf", "model"}) {
        std::stop_source stop;
        ConvertOptions options;
        options.stop = stop.get_token();
        options.progress = [&](std::string_view, std::int64_t, std::int64_t) { stop.request_stop(); };
        const char* type = std::string_view(target) == "model" ? "f32" : "f16";
        EXPECT_EQ(code_of(fixtures / "gguf/F32.gguf", folder / target, type, options), "CANCELLED");
        EXPECT_TRUE(fs::is_empty(folder.path())) << target;
    }
}

TEST(ConvertProgress, ends_with_all_bytes) {
    const TemporaryFolder folder;
    std::int64_t done = 0;
    std::int64_t total = 0;
    ConvertOptions options;
    options.progress = [&](std::string_view, std::int64_t now, std::int64_t all) {
        EXPECT_GT(now, done);
        done = now;
        total = all;
    };
    const auto report = convert(fixtures / "biases", folder / "half", "bf16", options);
    EXPECT_EQ(done, total);
    EXPECT_EQ(total, report.target_bytes);
}

}  // namespace
}  // namespace tandem::test
