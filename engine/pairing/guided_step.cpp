#include "engine/pairing/guided_step.h"

#include <algorithm>

#include "engine/nn/recording.h"

namespace tandem {
namespace {

// f32 [batch, positions, width], `positions` at least the longest; the mask says which are vectors.
Sequence padded(const std::vector<at::Tensor>& rows, std::int64_t positions, at::Device device) {
    std::vector<at::Tensor> vectors;
    std::vector<at::Tensor> masks;
    for (const at::Tensor& row : rows) {
        const std::int64_t behind = positions - row.size(0);
        vectors.push_back(at::constant_pad_nd(row, {0, 0, 0, behind}));
        masks.push_back(at::constant_pad_nd(at::ones({row.size(0)}, at::kBool), {0, behind}));
    }
    return {.vectors = at::stack(vectors).to(device, at::kFloat), .mask = at::stack(masks).to(device)};
}

std::int64_t longest_of(const std::vector<at::Tensor>& rows) {
    std::int64_t longest = 0;
    for (const at::Tensor& row : rows) {
        longest = std::max(longest, row.size(0));
    }
    return longest;
}

// A decoder's positions: the guided prompt with all but the last token of the target behind.
FusedSequence decoder_input(const LlmToSlm& pairing, const Examples& batch, const std::vector<at::Tensor>& vectors) {
    const PairingSettings& settings = pairing.settings();
    const at::Device device = pairing.small().model().device();
    // What replaces a whole prompt in its own number leaves the target as the only tokens of the model's own.
    const bool alone = settings.fusion == Fusion::replace && !settings.one_for_each_token();
    std::vector<std::vector<TokenId>> rows;
    for (const GuidedExample* example : batch) {
        rows.push_back(with_target(alone ? std::vector<TokenId>() : example->prompt.small, *example));
    }
    const auto [ids, mask] = padded_ids(rows, device);
    const std::int64_t positions = settings.one_for_each_token() ? ids.size(1) : longest_of(vectors);
    const Sequence guidance = padded(vectors, positions, device);
    if (!alone) {
        return pairing.guided_prompt(ids, mask, guidance);
    }
    PairingSettings before = settings;
    before.fusion = Fusion::prepend;
    return fuse(before, {pairing.small().decoder()->embed(ids), mask}, pairing.projected(guidance));
}

EncodedSource encoder_input(const LlmToSlm& pairing, const Examples& batch, const std::vector<at::Tensor>& vectors) {
    const at::Device device = pairing.small().model().device();
    std::vector<std::vector<TokenId>> sources;
    for (const GuidedExample* example : batch) {
        sources.push_back(example->prompt.small);
    }
    const auto [ids, mask] = padded_ids(sources, device);
    const std::int64_t positions = pairing.settings().one_for_each_token() ? ids.size(1) : longest_of(vectors);
    return pairing.guided_source(ids, mask, padded(vectors, positions, device));
}

}  // namespace

at::Tensor guided_logits(const LlmToSlm& pairing, const Examples& batch, const std::vector<at::Tensor>& vectors) {
    WriterInput input;
    if (pairing.small().decoder() != nullptr) {
        input.embeddings = decoder_input(pairing, batch, vectors).sequence.vectors;
    } else {
        input.source = encoder_input(pairing, batch, vectors);
    }
    std::vector<std::int64_t> prompts;
    for (const GuidedExample* example : batch) {
        prompts.push_back(pairing.positions(example->prompt));
    }
    return answer_logits(pairing.small(), input, batch, prompts);
}

Result<std::unique_ptr<TrainStep>> guided_step(const LlmToSlm& pairing, std::vector<Parameter> small,
                                               std::vector<GuidedExample> examples, VectorSource vectors) {
    for (const GuidedExample& example : examples) {
        if (!example.prompt.small.empty()) {  // an empty one is refused as such
            TANDEM_TRY(pairing.check(example.prompt));
        }
    }
    for (const NamedTensor& parameter : pairing.projector().parameters()) {
        at::Tensor leaf = parameter.tensor;  // the same storage and node
        leaf.requires_grad_(true);
        small.push_back({.name = "projector." + parameter.name, .value = leaf, .is_matrix = leaf.dim() == 2});
    }
    AnswerModel model{.logits =
                          [&pairing, vectors = std::move(vectors)](const Batch& batch, const Examples& rows) {
                              std::vector<at::Tensor> read = vectors(batch);
                              for (at::Tensor& vector : read) {
                                  vector = vector.detach();
                              }
                              const Recording recording;
                              return guided_logits(pairing, rows, read);
                          },
                      .positions = [&pairing](const GuidedPrompt& prompt) { return pairing.positions(prompt); }};
    return answer_step(std::move(model), std::move(small), std::move(examples));
}

}  // namespace tandem
