// Several continuations of one sequence that was read once, a token further in each pass: a model's side of beam
// search. May throw c10::Error: generate() translates once. Thread rule: one thread at a time; the model must outlive
// it.
#pragma once

#include <cstdint>
#include <span>

#include "engine/generation/decoding.h"

namespace tandem {

class BeamDecoding {
public:
    // `beams` sequences that are what `one` holds, a cache of batch 1, which stays as it is. `source` is what an
    // encoder-decoder reads, of batch 1; empty for a decoder. Errors: OUT_OF_MEMORY.
    static Result<BeamDecoding> create(const AnyLm& model, KvCache& one, const EncodedSource& source,
                                       std::int64_t beams);

    // Sequence i becomes what sequence rows[i] was, with ids[i] behind it. Logits f32 [beams, vocab] on the host.
    at::Tensor next(std::span<const TokenId> ids, std::span<const std::int64_t> rows);

private:
    BeamDecoding(const AnyLm& model, KvCache cache, EncodedSource source)
        : model_(model), cache_(std::move(cache)), source_(std::move(source)), shared_(cache_.length()) {}

    AnyLm model_;
    KvCache cache_;
    EncodedSource source_;
    std::int64_t shared_;  // positions that all sequences have in common
};

// Bytes that a search takes beside the cache of one sequence: a cache of `beams` more with as many slots, and the
// source for each. 0 for one beam.
std::int64_t beam_bytes(const AnyLm& model, std::int64_t slots, std::int64_t source, std::int64_t beams);

}  // namespace tandem
