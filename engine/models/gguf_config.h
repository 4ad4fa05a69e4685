// A GGUF's metadata as a family reads it: keys "ARCHITECTURE.*", with those that nobody looked up and that change what
// is computed refused. Errors: GGUF_KV_*, CFG_*. Thread rule: one thread at a time; the file must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/api/result.h"
#include "engine/tensor/gguf.h"

namespace tandem {

class GgufConfig {
public:
    GgufConfig(const GgufFile& file, std::string architecture);

    const GgufFile& file() const { return file_; }
    const std::string& architecture() const { return architecture_; }
    bool has(std::string_view key) const;  // key without the architecture; counts as a look-up
    // Without `absent` the key must be there.
    Result<std::int64_t> integer(std::string_view key, std::optional<std::int64_t> absent = std::nullopt) const;
    Result<double> real(std::string_view key, std::optional<double> absent = std::nullopt) const;
    Result<bool> truth(std::string_view key, std::optional<bool> absent = std::nullopt) const;
    Result<std::string> text(std::string_view key, std::optional<std::string> absent = std::nullopt) const;
    // One number for all layers or one for each, as llama.cpp allows for head_count, head_count_kv and
    // feed_forward_length: `layers` numbers. Empty where the key is absent.
    Result<std::vector<std::int64_t>> integers_by_layer(std::string_view key, std::int64_t layers) const;
    // A list of truth values or integers, one a layer; empty where the key is absent.
    Result<std::vector<bool>> truths(std::string_view key) const;

    bool has_tensor(std::string_view name) const { return file_.find(name) != nullptr; }
    // Rows of token_embd.weight, which must have `hidden` columns; without weights the vocabulary's own size.
    Result<std::int64_t> vocabulary(std::int64_t hidden) const;
    // True where the file has weights and none of its own for the output.
    bool tied_embeddings() const;
    // attention.key_length, else hidden / heads; value_length and rope.dimension_count must agree unless the family
    // looks them up itself.
    Result<std::int64_t> head_dim(std::int64_t hidden, std::int64_t heads) const;

    // What the keys that all decoders share say, with `head_dim`, `vocabulary` and `tied_embeddings` as above.
    Result<ModelShape> sizes() const;
    // "attention.layer_norm_epsilon" or, of RMS norms, "attention.layer_norm_rms_epsilon", in range.
    Result<double> epsilon(std::string_view key) const;

    // Call once, after everything has been read.
    Result<void> refuse_unread() const;

    Error fault(const char* code, const std::string& message) const;
    Error unsupported(const std::string& what) const;

private:
    std::string full(std::string_view key) const { return architecture_ + "." + std::string(key); }
    std::optional<double> number(std::string_view key) const;

    const GgufFile& file_;
    std::string architecture_;
    std::shared_ptr<std::set<std::string, std::less<>>> asked_;
};

}  // namespace tandem
