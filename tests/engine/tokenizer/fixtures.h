// Loads tests/data/tokenizer and builds GGUF files around small vocabularies. Thread rule: stateless.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/tokenizer/tokenizer.h"
#include "tests/engine/tensor/gguf_builder.h"

namespace tandem::test {

using Json = nlohmann::json;

inline Json load_fixture(const std::string& name) {
    std::ifstream stream(TANDEM_SOURCE_DIR "/tests/data/tokenizer/" + name);
    return Json::parse(stream, nullptr, false);
}

// The metadata of a tokenizer; `parse` makes a file of it.
class GgufVocabulary {
public:
    GgufVocabulary& text(const std::string& key, const std::string& value) {
        bytes_.entry("tokenizer." + key, value);
        ++entries_;
        return *this;
    }
    GgufVocabulary& flag(const std::string& key, bool value) {
        bytes_.entry("tokenizer.ggml." + key, boolean, std::uint8_t{value});
        ++entries_;
        return *this;
    }
    GgufVocabulary& id(const std::string& key, std::uint32_t value) {
        bytes_.entry("tokenizer.ggml." + key, u32, value);
        ++entries_;
        return *this;
    }
    GgufVocabulary& texts(const std::string& key, const std::vector<std::string>& values) {
        bytes_.array("tokenizer.ggml." + key, str, values.size());
        for (const std::string& value : values) {
            bytes_.text(value);
        }
        ++entries_;
        return *this;
    }
    template <class T>
    GgufVocabulary& numbers(const std::string& key, Kv type, const std::vector<T>& values) {
        bytes_.array("tokenizer.ggml." + key, type, values.size());
        for (const T value : values) {
            bytes_.number(value);
        }
        ++entries_;
        return *this;
    }

    Result<std::shared_ptr<const Tokenizer>> parse() const {
        Bytes whole;
        whole.header(0, entries_);
        whole.raw({reinterpret_cast<const char*>(bytes_.span().data()), bytes_.size()});
        const auto file = GgufFile::parse(whole.span(), "test.gguf");
        if (!file.ok()) {
            return file.error();
        }
        return Tokenizer::from_gguf(**file);
    }

private:
    Bytes bytes_;
    std::uint64_t entries_ = 0;
};

inline std::string code_of(const Result<std::shared_ptr<const Tokenizer>>& tokenizer) {
    return tokenizer.ok() ? "accepted" : tokenizer.error().code;
}

}  // namespace tandem::test
