#include "engine/tensor/gguf_write.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

GgufEntry entry(const std::string& key, GgufKind kind, const GgufValue& value) {
    return make_gguf_entry(key, kind, value).value();
}

std::vector<std::byte> counting(std::size_t count) {
    std::vector<std::byte> bytes(count);
    for (std::size_t i = 0; i < count; ++i) {
        bytes[i] = static_cast<std::byte>(i * 7 + 1);
    }
    return bytes;
}

TEST(GgufWrite, metadata_of_every_type_is_read_back) {
    const TemporaryFolder folder;
    const auto path = folder / "a.gguf";
    std::vector<GgufEntry> entries;
    std::map<std::string, GgufValue> expected;
    const auto add = [&](const std::string& key, GgufKind kind, GgufValue value) {
        entries.push_back(entry(key, kind, value));
        expected[key] = std::move(value);
    };
    add("u8", GgufKind::u8, std::int64_t{255});
    add("i8", GgufKind::i8, std::int64_t{-128});
    add("u16", GgufKind::u16, std::int64_t{65535});
    add("i16", GgufKind::i16, std::int64_t{-32768});
    add("u32", GgufKind::u32, std::int64_t{4294967295});
    add("i32", GgufKind::i32, std::int64_t{-2147483648});
    add("f32", GgufKind::f32, 1.5);
    add("truth", GgufKind::boolean, true);
    add("text", GgufKind::string, std::string("a\0b", 3));
    add("u64", GgufKind::u64, std::int64_t{1} << 62);
    add("i64", GgufKind::i64, std::int64_t{-1} << 62);
    add("f64", GgufKind::f64, 0.1);
    add("i32s", GgufKind::i32, std::vector<std::int64_t>{1, -1});
    add("f32s", GgufKind::f32, std::vector<double>{0.25, -1});
    add("truths", GgufKind::boolean, std::vector<bool>{true, false, true});
    add("texts", GgufKind::string, std::vector<std::string>{"", "x"});
    add("none", GgufKind::u8, std::vector<std::int64_t>{});
    auto writer = GgufWriter::create(path, entries, {});
    ASSERT_TRUE(writer.ok()) << writer.error().to_string();
    ASSERT_TRUE(writer->finish().ok());
    const auto file = GgufFile::open(path);
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    for (const auto& [key, value] : expected) {
        EXPECT_EQ((*file)->metadata().find(key)->second, value) << key;
    }
    // A copy of what is stored is exact, kinds and order included.
    ASSERT_EQ((*file)->stored().size(), entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const GgufEntry copied = copy_of((*file)->stored()[i]);
        EXPECT_EQ(copied.key, entries[i].key);
        EXPECT_EQ(copied.kind, entries[i].kind) << copied.key;
        EXPECT_EQ(copied.bytes, entries[i].bytes) << copied.key;
    }
}

TEST(GgufWrite, tensors_are_aligned_and_whole_however_they_come) {
    const TemporaryFolder folder;
    const std::vector<TensorPlan> plans{{"a", TensorType::f32, {3}},
                                        {"none", TensorType::f16, {0, 4}},
                                        {"scalar", TensorType::f32, {}},
                                        {"b", TensorType::q4_k, {2, 256}},
                                        {"c", TensorType::i8, {5}}};
    const auto bytes = counting(12 + 4 + 288 + 5);
    for (const std::int64_t alignment : {32, 64, 8192}) {
        const std::vector<GgufEntry> entries{entry("general.alignment", GgufKind::u32, alignment)};
        std::string first;
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
            const auto path = folder / "t.gguf";
            auto writer = GgufWriter::create(path, entries, plans);
            ASSERT_TRUE(writer.ok()) << writer.error().to_string();
            for (std::size_t at = 0; at < bytes.size(); at += piece) {
                ASSERT_TRUE(writer->append(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at))).ok());
            }
            EXPECT_FALSE(std::filesystem::exists(path)) << "not before it is whole";
            ASSERT_TRUE(writer->finish().ok());
            const std::string text = read_file(path);
            EXPECT_EQ(static_cast<std::int64_t>(text.size()), gguf_file_bytes(entries, plans).value());
            first = first.empty() ? text : first;
            EXPECT_EQ(text, first) << "the same bytes in pieces of " << piece;
            const auto file = GgufFile::open(path);
            ASSERT_TRUE(file.ok()) << file.error().to_string();
            std::size_t at = 0;
            for (const TensorPlan& plan : plans) {
                const TensorView* found = (*file)->find(plan.name);
                ASSERT_NE(found, nullptr) << plan.name;
                EXPECT_EQ(found->shape, plan.shape) << plan.name;
                EXPECT_EQ(found->type, plan.type) << plan.name;
                EXPECT_TRUE(std::equal(found->data.begin(), found->data.end(), bytes.begin() + static_cast<long>(at)))
                    << plan.name;
                at += found->data.size();
            }
            EXPECT_EQ(at, bytes.size());
            std::filesystem::remove(path);
        }
    }
}

TEST(GgufWrite, what_is_not_finished_leaves_nothing) {
    const TemporaryFolder folder;
    const std::vector<TensorPlan> plans{{"a", TensorType::f32, {4}}};
    {
        auto writer = GgufWriter::create(folder / "a.gguf", {}, plans);
        ASSERT_TRUE(writer.ok());
        ASSERT_TRUE(writer->append(counting(15)).ok());
        EXPECT_EQ(writer->finish().error().code, "TENSOR_SIZE");
        EXPECT_EQ(writer->append(counting(2)).error().code, "TENSOR_SIZE");
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(GgufWrite, a_file_that_was_there_stays_until_the_new_one_is_whole) {
    const TemporaryFolder folder;
    write_file(folder / "a.gguf", "old");
    { ASSERT_TRUE(GgufWriter::create(folder / "a.gguf", {}, {}).ok()); }
    EXPECT_EQ(read_file(folder / "a.gguf"), "old");
    auto writer = GgufWriter::create(folder / "a.gguf", {}, {});
    ASSERT_TRUE(writer->finish().ok());
    EXPECT_TRUE(GgufFile::open(folder / "a.gguf").ok());
}

TEST(GgufWrite, what_no_reader_would_take_is_refused) {
    const TemporaryFolder folder;
    const auto code = [&](const std::vector<GgufEntry>& entries, const std::vector<TensorPlan>& plans) {
        const auto writer = GgufWriter::create(folder / "a.gguf", entries, plans);
        return writer.ok() ? std::string("accepted") : writer.error().code;
    };
    const GgufEntry one = entry("k", GgufKind::u8, std::int64_t{1});
    EXPECT_EQ(code({one, one}, {}), "GGUF_KV_DUPLICATE");
    EXPECT_EQ(code({entry("general.alignment", GgufKind::u32, std::int64_t{48})}, {}), "GGUF_ALIGNMENT");
    EXPECT_EQ(code({entry("general.alignment", GgufKind::u64, std::int64_t{64})}, {}), "GGUF_ALIGNMENT");
    EXPECT_EQ(code({}, {{"", TensorType::f32, {1}}}), "GGUF_TENSOR_NAME");
    EXPECT_EQ(code({}, {{std::string(64, 'x'), TensorType::f32, {1}}}), "GGUF_TENSOR_NAME");
    EXPECT_EQ(code({}, {{"a", TensorType::f32, {1}}, {"a", TensorType::f32, {1}}}), "GGUF_TENSOR_DUPLICATE");
    EXPECT_EQ(code({}, {{"a", TensorType::f32, {1, 1, 1, 1, 1}}}), "GGUF_TENSOR_DIMS");
    EXPECT_EQ(code({}, {{"a", TensorType::u16, {1}}}), "GGUF_TYPE");
    EXPECT_EQ(code({}, {{"a", TensorType::q4_k, {2, 128}}}), "TENSOR_SIZE");
    EXPECT_EQ(code({}, {{"a", TensorType::f32, {1LL << 62, 4}}}), "TENSOR_SIZE");
    EXPECT_EQ(code({}, {{"a", TensorType::i8, {1LL << 62}}, {"b", TensorType::i8, {1LL << 62}}}), "TENSOR_SIZE");
    EXPECT_EQ(make_gguf_entry("k", GgufKind::u8, std::int64_t{256}).error().code, "GGUF_KV_RANGE");
    EXPECT_EQ(make_gguf_entry("k", GgufKind::u64, std::int64_t{-1}).error().code, "GGUF_KV_RANGE");
    EXPECT_EQ(make_gguf_entry("k", GgufKind::f32, std::int64_t{1}).error().code, "GGUF_KV_TYPE");
    EXPECT_EQ(make_gguf_entry("k", GgufKind::i32, std::string("1")).error().code, "GGUF_KV_TYPE");
    EXPECT_EQ(make_gguf_entry("", GgufKind::u8, std::int64_t{1}).error().code, "GGUF_KV_NAME");
    EXPECT_EQ(GgufWriter::create(folder / "no/such/a.gguf", {}, {}).error().code, "FILE_NOT_FOUND");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace tandem::test
