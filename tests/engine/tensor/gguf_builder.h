// Writes GGUF files byte by byte, right or wrong, for the tests. Thread rule: one thread at a time.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tensor/gguf.h"

namespace tandem::test {

enum Kv : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, str, arr, u64, i64, f64 };

class Bytes {
public:
    template <class T>
    Bytes& number(T value) {
        const auto* at = reinterpret_cast<const std::byte*>(&value);
        data_.insert(data_.end(), at, at + sizeof value);
        return *this;
    }
    Bytes& raw(std::string_view text) {
        const auto* at = reinterpret_cast<const std::byte*>(text.data());
        data_.insert(data_.end(), at, at + text.size());
        return *this;
    }
    Bytes& text(std::string_view value) { return number<std::uint64_t>(value.size()).raw(value); }
    Bytes& zeros(std::size_t count) {
        data_.resize(data_.size() + count);
        return *this;
    }
    Bytes& align(std::size_t to) { return zeros((to - data_.size() % to) % to); }

    Bytes& header(std::uint64_t tensors, std::uint64_t entries, std::uint32_t version = 3) {
        return raw("GGUF").number(version).number(tensors).number(entries);
    }
    template <class T>
    Bytes& entry(std::string_view key, Kv type, T value) {
        return text(key).number<std::uint32_t>(type).number(value);
    }
    Bytes& entry(std::string_view key, std::string_view value) {
        return text(key).number<std::uint32_t>(str).text(value);
    }
    Bytes& array(std::string_view key, std::uint32_t type, std::uint64_t count) {
        return text(key).number<std::uint32_t>(arr).number(type).number(count);
    }
    Bytes& tensor(std::string_view name, const std::vector<std::uint64_t>& ne, std::uint32_t type,
                  std::uint64_t offset) {
        text(name).number(static_cast<std::uint32_t>(ne.size()));
        for (const std::uint64_t size : ne) {
            number(size);
        }
        return number(type).number(offset);
    }

    std::span<const std::byte> span() const { return data_; }
    std::size_t size() const { return data_.size(); }

private:
    std::vector<std::byte> data_;
};

inline std::string code_of(const Bytes& bytes) {
    auto file = GgufFile::parse(bytes.span(), "test.gguf");
    return file.ok() ? "accepted" : file.error().code;
}

}  // namespace tandem::test
