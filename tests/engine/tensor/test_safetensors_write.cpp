#include "engine/tensor/safetensors_write.h"

#include <gtest/gtest.h>

#include "engine/tensor/safetensors.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

std::vector<std::byte> filled(const TensorPlan& plan) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(stored_bytes(plan).value()));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>(plan.name[0] + static_cast<char>(i));
    }
    return bytes;
}

TEST(SafetensorsWrite, shards_and_their_index_are_read_as_one_model) {
    const TemporaryFolder folder;
    const std::vector<TensorPlan> plans{{"a", TensorType::f16, {10}},
                                        {"b", TensorType::f32, {10}},
                                        {"c", TensorType::i8, {50}},
                                        {"d", TensorType::f32, {1}},
                                        {"e", TensorType::bf16, {0}}};
    const auto shards = plan_shards(plans, 60);
    ASSERT_TRUE(shards.ok());
    ASSERT_EQ(shards->size(), 2U);
    EXPECT_EQ((*shards)[0].file, "model-00001-of-00002.safetensors");
    EXPECT_EQ((*shards)[0].tensors[0].name, "b") << "wider numbers first";
    EXPECT_EQ((*shards)[1].tensors[0].name, "d");
    for (const SafetensorsShard& shard : *shards) {
        auto writer = SafetensorsWriter::create(folder / shard.file, shard.tensors, {{"format", "pt"}});
        ASSERT_TRUE(writer.ok()) << writer.error().to_string();
        for (const TensorPlan& plan : shard.tensors) {
            ASSERT_TRUE(writer->append(filled(plan)).ok());
        }
        ASSERT_TRUE(writer->finish().ok());
    }
    write_file(folder / "model.safetensors.index.json", shard_index(*shards));
    const auto file = SafetensorsFile::open(folder.path());
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    EXPECT_EQ((*file)->metadata().at("format"), "pt");
    for (const TensorPlan& plan : plans) {
        const TensorView* found = (*file)->find(plan.name);
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->type, plan.type);
        EXPECT_EQ(found->shape, plan.shape);
        const auto expected = filled(plan);
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), found->data.begin(), found->data.end())) << plan.name;
    }
}

TEST(SafetensorsWrite, a_model_that_fits_is_one_file_and_the_bytes_are_those_of_the_whole_writer) {
    const TemporaryFolder folder;
    const std::vector<TensorPlan> plans{{"a", TensorType::f32, {2, 2}}, {"b", TensorType::f16, {3}}};
    const auto shards = plan_shards(plans, 1000);
    ASSERT_EQ(shards->size(), 1U);
    EXPECT_EQ((*shards)[0].file, "model.safetensors");
    std::vector<std::vector<std::byte>> numbers;
    std::vector<TensorView> views;
    for (const TensorPlan& plan : plans) {
        numbers.push_back(filled(plan));
    }
    for (std::size_t i = 0; i < plans.size(); ++i) {
        views.push_back({plans[i].name, plans[i].type, plans[i].shape, numbers[i]});
    }
    auto writer = SafetensorsWriter::create(folder / "m.safetensors", plans, {{"k", "v"}});
    ASSERT_TRUE(writer->append(numbers[0]).ok());
    ASSERT_TRUE(writer->append(numbers[1]).ok());
    ASSERT_TRUE(writer->finish().ok());
    const auto whole = write_safetensors(views, {{"k", "v"}});
    EXPECT_EQ(read_file(folder / "m.safetensors"),
              std::string(reinterpret_cast<const char*>(whole.data()), whole.size()));
}

TEST(SafetensorsWrite, a_tensor_larger_than_a_shard_has_a_file_of_its_own) {
    const auto shards = plan_shards(
        std::vector<TensorPlan>{
            {"a", TensorType::f32, {100}}, {"b", TensorType::f32, {1}}, {"c", TensorType::f32, {1}}},
        10);
    ASSERT_EQ(shards->size(), 2U);
    EXPECT_EQ((*shards)[1].bytes, 8);
    EXPECT_TRUE(plan_shards({}, 10)->empty());
}

TEST(SafetensorsWrite, what_cannot_be_stored_is_refused_and_leaves_nothing) {
    const TemporaryFolder folder;
    const auto code = [&](const std::vector<TensorPlan>& plans) {
        const auto writer = SafetensorsWriter::create(folder / "a.safetensors", plans, {});
        return writer.ok() ? std::string("accepted") : writer.error().code;
    };
    EXPECT_EQ(code({{"a", TensorType::q8_0, {32}}}), "ST_WRITE_TYPE");
    EXPECT_EQ(code({{"a", TensorType::f32, {1}}, {"a", TensorType::f32, {1}}}), "ST_WRITE_NAME");
    EXPECT_EQ(code({{"__metadata__", TensorType::f32, {1}}}), "ST_WRITE_NAME");
    EXPECT_EQ(code({{"a", TensorType::f32, {-1}}}), "TENSOR_SIZE");
    {
        auto writer = SafetensorsWriter::create(folder / "a.safetensors",
                                                std::vector<TensorPlan>{{"a", TensorType::f32, {2}}}, {});
        EXPECT_EQ(writer->finish().error().code, "TENSOR_SIZE");
        EXPECT_EQ(writer->append(std::vector<std::byte>(9)).error().code, "TENSOR_SIZE");
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace tandem::test
