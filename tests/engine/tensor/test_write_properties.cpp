// Whatever the writers accept, the readers read back: names, shapes, types, metadata and every byte.
#include <gtest/gtest.h>
// rapidcheck/gtest.h needs gtest before it.
#include <rapidcheck/gtest.h>

#include <random>
#include <set>

#include "engine/tensor/gguf_write.h"
#include "engine/tensor/safetensors.h"
#include "engine/tensor/safetensors_write.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

std::vector<TensorPlan> any_plans(bool blocks) {
    std::vector<TensorType> types{TensorType::f32, TensorType::f16, TensorType::bf16, TensorType::i8, TensorType::i64};
    if (blocks) {
        types.insert(types.end(), {TensorType::q4_0, TensorType::q8_0, TensorType::q2_k, TensorType::tq1_0});
    }
    std::vector<TensorPlan> plans;
    const int count = *rc::gen::inRange(0, 9);
    for (int i = 0; i < count; ++i) {
        TensorPlan plan{.name = "t" + std::to_string(i), .type = *rc::gen::elementOf(types)};
        const int rank = *rc::gen::inRange(0, 4);
        for (int axis = 0; axis < rank; ++axis) {
            plan.shape.push_back(*rc::gen::inRange(0, 6));
        }
        const std::int64_t block = tensor_type_info(plan.type).block_elements;
        if (block > 1) {
            plan.shape.push_back(block * *rc::gen::inRange(0, 3));
        }
        plans.push_back(std::move(plan));
    }
    return plans;
}

std::vector<std::byte> any_bytes(const std::vector<TensorPlan>& plans) {
    std::size_t sum = 0;
    for (const TensorPlan& plan : plans) {
        sum += static_cast<std::size_t>(stored_bytes(plan).value());
    }
    std::mt19937 random(static_cast<unsigned>(sum));
    std::vector<std::byte> bytes(sum);
    for (std::byte& byte : bytes) {
        byte = static_cast<std::byte>(random());
    }
    return bytes;
}

void check_read_back(const WeightFile& file, const std::vector<TensorPlan>& plans, std::span<const std::byte> bytes) {
    RC_ASSERT(file.tensors().size() == plans.size());
    for (const TensorPlan& plan : plans) {
        const TensorView* found = file.find(plan.name);
        RC_ASSERT(found != nullptr);
        RC_ASSERT(found->type == plan.type);
        RC_ASSERT(found->shape == plan.shape);
        const auto part = bytes.first(found->data.size());
        RC_ASSERT(std::equal(part.begin(), part.end(), found->data.begin(), found->data.end()));
        bytes = bytes.subspan(part.size());
    }
    RC_ASSERT(bytes.empty());
}

template <class Writer>
void write_in_pieces(Writer& writer, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto piece = bytes.first(*rc::gen::inRange<std::size_t>(1, bytes.size() + 1));
        RC_ASSERT(writer.append(piece).ok());
        bytes = bytes.subspan(piece.size());
    }
    RC_ASSERT(writer.finish().ok());
}

RC_GTEST_PROP(WriteProperty, a_gguf_is_read_back, ()) {
    const TemporaryFolder folder;
    const auto plans = any_plans(true);
    const auto bytes = any_bytes(plans);
    std::vector<GgufEntry> entries;
    std::map<std::string, GgufValue, std::less<>> expected;
    for (const std::string& text : *rc::gen::arbitrary<std::set<std::string>>()) {
        const std::string key = "key." + std::to_string(entries.size());
        const GgufValue value = entries.size() % 2 == 0
                                    ? GgufValue(text)
                                    : GgufValue(std::vector<std::string>{text, *rc::gen::arbitrary<std::string>()});
        entries.push_back(make_gguf_entry(key, GgufKind::string, value).value());
        expected[key] = value;
    }
    const auto numbers = *rc::gen::arbitrary<std::vector<std::int64_t>>();
    entries.push_back(make_gguf_entry("numbers", GgufKind::i64, numbers).value());
    expected["numbers"] = numbers;
    auto writer = GgufWriter::create(folder / "a.gguf", entries, plans);
    RC_ASSERT(writer.ok());
    write_in_pieces(*writer, bytes);
    const auto file = GgufFile::open(folder / "a.gguf");
    RC_ASSERT(file.ok());
    RC_ASSERT((*file)->metadata() == expected);
    check_read_back(**file, plans, bytes);
}

RC_GTEST_PROP(WriteProperty, a_safetensors_file_is_read_back, ()) {
    const TemporaryFolder folder;
    const auto shards = plan_shards(any_plans(false), 1LL << 40).value();
    const auto plans = shards.empty() ? std::vector<TensorPlan>{} : shards[0].tensors;
    const auto bytes = any_bytes(plans);
    auto writer = SafetensorsWriter::create(folder / "a.safetensors", plans, {});
    RC_ASSERT(writer.ok());
    write_in_pieces(*writer, bytes);
    const auto file = SafetensorsFile::open(folder / "a.safetensors");
    RC_ASSERT(file.ok());
    check_read_back(**file, plans, bytes);
}

}  // namespace
}  // namespace tandem::test
