// LLM-to-SLM (Bergner et al. 2024, arXiv 2402.16844): a frozen large model reads the prompt once, a projector maps what
// it made of it, and a small model reads that with its own prompt and writes the answer at its own speed.
// Thread rule: const, shared freely; the projector's numbers belong to whoever trains. Refers to both models, which
// must outlive it. Errors: PAIRING_*, those of Guide and of generate(); exceptions of libtorch where a call says so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/generation/generate.h"
#include "engine/pairing/fuse.h"
#include "engine/pairing/guide_reader.h"
#include "engine/pairing/guided_prompt.h"
#include "engine/pairing/projector.h"
#include "engine/pairing/writer_input.h"

namespace tandem {

// What LlmToSlm::vectors is called with, and gives.
using VectorReader = std::function<std::optional<at::Tensor>(const GuidedPrompt& prompt, const std::stop_token& stop)>;

class LlmToSlm {
public:
    // A projector of the models' widths is drawn by `seed`. What is added begins at zero, as the update of LoRA does
    // (Hu et al. 2021): the pairing begins as the small model alone, whose answers a random addition would ruin.
    static Result<LlmToSlm> create(AnyLm large, AnyLm small, const PairingSettings& settings, std::uint64_t seed);
    // With a given projector, whose widths must be the models'.
    static Result<LlmToSlm> create(AnyLm large, AnyLm small, const PairingSettings& settings, Projector projector);

    const PairingSettings& settings() const { return settings_; }
    const Guide& guide() const { return guide_; }
    const AnyLm& small() const { return small_; }
    const Projector& projector() const { return projector_; }

    Result<void> check(const GuidedPrompt& prompt) const;
    // What the large model says of a prompt: f32 [tokens of `small`, guide().width()], or [tokens of `large`, ...]
    // where the settings do not align. Depends on neither projector nor small model, so it can be kept while those are
    // trained. None if cancelled. Runs without autograd; may throw c10::Error.
    std::optional<at::Tensor> vectors(const GuidedPrompt& prompt, const std::stop_token& stop) const;

    // The same pairing, whose large model reads by `reader`, which keeps of a prompt what serves the next: one thread's
    // at a time then. One whose vectors are given stays as it is.
    LlmToSlm read_by(std::shared_ptr<GuideReader> reader) const;

    // The same of several prompts, read together where this pairing's own large model reads: Guide::read_all.
    std::optional<std::vector<at::Tensor>> vectors_of_all(std::span<const GuidedPrompt* const> prompts,
                                                          const std::stop_token& stop) const;

    // The same pairing, with vectors that `reader` gives, as it kept them.
    LlmToSlm with_vectors(VectorReader reader) const;

    // In the small model's space, which is what is fused.
    Sequence projected(const Sequence& vectors) const;

    // The rest of a forward pass, differentiable, as training and use both run it; may throw c10::Error.
    // ids i64 [batch, tokens] of a decoder's prompt, in training with its answer behind; mask bool [batch, tokens] or
    // undefined; vectors f32 [batch, tokens or source, width], their mask true for prompt tokens only.
    // Gives what small().decoder()->placed() takes.
    FusedSequence guided_prompt(const at::Tensor& ids, const at::Tensor& mask, const Sequence& vectors) const;
    // The same for the source of an encoder-decoder: what its decoder takes.
    EncodedSource guided_source(const at::Tensor& ids, const at::Tensor& mask, const Sequence& vectors) const;

    // Both of one prompt, with what the large model says of it. None if cancelled.
    std::optional<WriterInput> input(const GuidedPrompt& prompt, const std::stop_token& stop) const;

    // Positions that a prompt takes in the small model: of a decoder's cache, or of a source.
    std::int64_t positions(const GuidedPrompt& prompt) const;
    // Slots of the small model's cache for a prompt and an answer.
    std::int64_t slots_needed(const GuidedPrompt& prompt, std::int64_t answer) const;
    // The small model's side of generate(), guided: its read() is the whole prefill. Decoding is the small model's own.
    std::unique_ptr<Decoding> decoding(const GuidedPrompt& prompt, KvCache& cache) const;
    // generate() by that decoding; request.prompt is left aside.
    Result<Answer> generate(const GuidedPrompt& prompt, KvCache& cache, GenerationRequest request,
                            const std::shared_ptr<const Tokenizer>& tokenizer, const Clock& clock,
                            GenerationListener& listener, const std::stop_token& stop) const;

private:
    LlmToSlm(Guide guide, AnyLm small, const PairingSettings& settings, Projector projector)
        : guide_(guide), small_(small), settings_(settings), projector_(std::move(projector)) {}

    // What states of a prompt become: pooled where the settings align.
    at::Tensor vectors_of(const GuidedPrompt& prompt, const at::Tensor& states) const;

    Guide guide_;
    AnyLm small_;
    PairingSettings settings_;
    Projector projector_;
    VectorReader reader_;  // empty: the large model reads
};

// Positions that a prompt takes in the small model: of a decoder's cache, or of a source.
std::int64_t positions_taken(const PairingSettings& settings, const GuidedPrompt& prompt);

// Refused: what cannot run, whatever the models (PAIRING_FUSION).
Result<void> check_settings(const PairingSettings& settings, ModelKind small);

}  // namespace tandem
