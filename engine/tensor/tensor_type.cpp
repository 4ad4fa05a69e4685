#include "engine/tensor/tensor_type.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "engine/tensor/block_codecs.h"
#include "engine/tensor/checked.h"

namespace tandem {
namespace {

static_assert(std::endian::native == std::endian::little, "model files are little-endian and are used where they lie");

using Expand = void (*)(const std::byte*, std::size_t, float*);
using Pack = void (*)(const float*, std::size_t, std::byte*);

struct TypeRow {
    TensorTypeInfo info;
    Expand expand;  // null for what is not a number to compute with
    Pack pack;      // null for what is only read
};

// In the order of the enumeration.
constexpr std::array<TypeRow, 27> rows{{
    {{"F32", 1, 4}, blocks::widen_f32, blocks::pack_f32},
    {{"F16", 1, 2}, blocks::widen_f16, blocks::pack_f16},
    {{"BF16", 1, 2}, blocks::widen_bf16, blocks::pack_bf16},
    {{"F64", 1, 8}, blocks::narrow_f64, nullptr},
    {{"I8", 1, 1}, nullptr, nullptr},
    {{"I16", 1, 2}, nullptr, nullptr},
    {{"I32", 1, 4}, nullptr, nullptr},
    {{"I64", 1, 8}, nullptr, nullptr},
    {{"U8", 1, 1}, nullptr, nullptr},
    {{"U16", 1, 2}, nullptr, nullptr},
    {{"U32", 1, 4}, nullptr, nullptr},
    {{"U64", 1, 8}, nullptr, nullptr},
    {{"BOOL", 1, 1}, nullptr, nullptr},
    {{"Q4_0", 32, 18}, blocks::expand_q4_0, blocks::pack_q4_0},
    {{"Q4_1", 32, 20}, blocks::expand_q4_1, blocks::pack_q4_1},
    {{"Q5_0", 32, 22}, blocks::expand_q5_0, blocks::pack_q5_0},
    {{"Q5_1", 32, 24}, blocks::expand_q5_1, blocks::pack_q5_1},
    {{"Q8_0", 32, 34}, blocks::expand_q8_0, blocks::pack_q8_0},
    {{"Q4_K", 256, 144}, blocks::expand_q4_k, blocks::pack_q4_k},
    {{"Q5_K", 256, 176}, blocks::expand_q5_k, blocks::pack_q5_k},
    {{"Q6_K", 256, 210}, blocks::expand_q6_k, blocks::pack_q6_k},
    {{"Q2_K", 256, 84}, blocks::expand_q2_k, blocks::pack_q2_k},
    {{"Q3_K", 256, 110}, blocks::expand_q3_k, blocks::pack_q3_k},
    {{"IQ4_NL", 32, 18}, blocks::expand_iq4_nl, nullptr},
    {{"IQ4_XS", 256, 136}, blocks::expand_iq4_xs, nullptr},
    {{"TQ1_0", 256, 54}, blocks::expand_tq1_0, nullptr},
    {{"TQ2_0", 256, 66}, blocks::expand_tq2_0, nullptr},
}};
static_assert(rows.size() == static_cast<std::size_t>(TensorType::tq2_0) + 1);

const TypeRow& row_of(TensorType type) {
    return rows[static_cast<std::size_t>(type)];
}

// `stored` bytes are exactly `elements` elements in whole blocks.
Result<void> check_sizes(TensorType type, std::size_t stored, std::size_t elements) {
    const TensorTypeInfo& info = tensor_type_info(type);
    const auto block_elements = static_cast<std::size_t>(info.block_elements);
    const auto needed = checked::mul(elements / block_elements, static_cast<std::uint64_t>(info.block_bytes));
    if (elements % block_elements != 0 || needed != stored) {
        return Error{.code = "TENSOR_SIZE",
                     .message = std::to_string(stored) + " bytes of " + std::string(info.name) + " do not hold " +
                                std::to_string(elements) + " elements: a block of " +
                                std::to_string(info.block_elements) + " takes " + std::to_string(info.block_bytes) +
                                " bytes",
                     .kind = ErrorKind::internal};
    }
    return {};
}

std::string writable_type_names() {
    std::string names;
    for (const TypeRow& row : rows) {
        if (row.pack != nullptr) {
            names += (names.empty() ? "" : ", ") + std::string(row.info.name);
        }
    }
    return names;
}

}  // namespace

const TensorTypeInfo& tensor_type_info(TensorType type) {
    return row_of(type).info;
}

Result<void> dequantise(TensorType type, std::span<const std::byte> blocks, std::span<float> out) {
    const TypeRow& row = row_of(type);
    if (row.expand == nullptr) {
        return Error{.code = "TENSOR_TYPE",
                     .message = "a tensor of type " + std::string(row.info.name) +
                                " cannot be used as numbers; need a floating-point or quantised type",
                     .kind = ErrorKind::bad_input};
    }
    TANDEM_TRY(check_sizes(type, blocks.size(), out.size()));
    if (!out.empty()) {
        row.expand(blocks.data(), out.size(), out.data());
    }
    return {};
}

Result<void> quantise(TensorType type, std::span<const float> values, std::span<std::byte> blocks) {
    const TypeRow& row = row_of(type);
    if (row.pack == nullptr) {
        return Error{.code = "TENSOR_TYPE",
                     .message = "numbers cannot be stored as " + std::string(row.info.name) + "; there are " +
                                writable_type_names(),
                     .kind = ErrorKind::unsupported};
    }
    TANDEM_TRY(check_sizes(type, blocks.size(), values.size()));
    if (!values.empty()) {
        row.pack(values.data(), values.size(), blocks.data());
    }
    return {};
}

bool can_quantise(TensorType type) {
    return row_of(type).pack != nullptr;
}

std::optional<TensorType> tensor_type_of(std::string_view name) {
    const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string_view known = rows[i].info.name;
        if (std::equal(known.begin(), known.end(), name.begin(), name.end(), same) || known == name) {
            return static_cast<TensorType>(i);
        }
    }
    return std::nullopt;
}

}  // namespace tandem
