// A language model that reads an answer several tokens at a time and can forget the last ones again: how speculative
// decoding uses both its models. May throw c10::Error. Thread rule: one thread at a time; model and cache must outlive
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>

#include "engine/generation/decoding.h"

namespace tandem {

// A recurrent state is all of the past in one and has no way back.
bool can_rewind(const AnyLm& model);

class Rewindable {
public:
    // can_rewind(model); `chunk` tokens of a decoder's prompt at a time.
    Rewindable(AnyLm model, KvCache& cache, std::int64_t chunk) : model_(model), cache_(cache), chunk_(chunk) {}

    // Clears the cache and reads the prompt. Logits f32 [1, vocab] of the answer's first token, on the host; none if
    // cancelled on the way.
    std::optional<at::Tensor> begin(std::span<const TokenId> prompt, const std::stop_token& stop);
    // The same, [1 or tokens, vocab], after more tokens of the answer.
    at::Tensor read(std::span<const TokenId> ids, LogitsFor logits_for);

    // Tokens of the answer that were read, and back to that.
    std::int64_t answered() const { return cache_.length() - begun_; }
    void keep(std::int64_t answered) { cache_.truncate(begun_ + answered); }

private:
    AnyLm model_;
    KvCache& cache_;
    std::int64_t chunk_;
    EncodedSource source_;  // of an encoder-decoder
    std::int64_t begun_ = 0;
};

}  // namespace tandem
