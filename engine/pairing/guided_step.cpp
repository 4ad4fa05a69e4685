#include "engine/pairing/guided_step.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/nn/recording.h"

namespace tandem {
namespace {

using Examples = std::vector<const GuidedExample*>;

// Rows of ids, and which of them are there.
struct IdRows {
    at::Tensor ids;   // i64 [batch, tokens]
    at::Tensor mask;  // bool [batch, tokens]
};

IdRows padded(const std::vector<std::vector<TokenId>>& rows, at::Device device) {
    std::size_t longest = 0;
    for (const auto& row : rows) {
        longest = std::max(longest, row.size());
    }
    const std::array<std::int64_t, 2> sizes{static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(longest)};
    at::Tensor ids = at::zeros(sizes, at::kLong);
    at::Tensor mask = at::zeros(sizes, at::kBool);
    auto* numbers = ids.mutable_data_ptr<std::int64_t>();
    auto* there = mask.mutable_data_ptr<bool>();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        std::ranges::copy(rows[row], numbers + row * longest);
        std::fill_n(there + row * longest, rows[row].size(), true);
    }
    return {ids.to(device), mask.to(device)};
}

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

// Where in [batch, positions] the logits of each target are, flat: `firsts` has each row's first.
at::Tensor label_positions(const Examples& batch, const at::Tensor& firsts, std::int64_t positions) {
    const at::Tensor on_host = firsts.to(at::kCPU).contiguous();
    const auto* first = on_host.const_data_ptr<std::int64_t>();
    std::vector<std::int64_t> flat;
    for (std::size_t row = 0; row < batch.size(); ++row) {
        for (std::size_t label = 0; label < batch[row]->target.size(); ++label) {
            flat.push_back(static_cast<std::int64_t>(row) * positions + first[row] + static_cast<std::int64_t>(label));
        }
    }
    return at::tensor(flat, at::kLong);
}

// A decoder's positions: the guided prompt with all but the last token of the target behind.
FusedSequence decoder_input(const LlmToSlm& pairing, const Examples& batch, const std::vector<at::Tensor>& vectors) {
    const PairingSettings& settings = pairing.settings();
    const at::Device device = pairing.small().model().device();
    // What replaces a whole prompt in its own number leaves the target as the only tokens of the model's own.
    const bool alone = settings.fusion == Fusion::replace && !settings.one_for_each_token();
    std::vector<std::vector<TokenId>> rows;
    for (const GuidedExample* example : batch) {
        std::vector<TokenId> row = alone ? std::vector<TokenId>() : example->prompt.small;
        row.insert(row.end(), example->target.begin(), example->target.end() - 1);
        rows.push_back(std::move(row));
    }
    const auto [ids, mask] = padded(rows, device);
    const std::int64_t positions = settings.one_for_each_token() ? ids.size(1) : longest_of(vectors);
    const Sequence guidance = padded(vectors, positions, device);
    if (!alone) {
        return pairing.guided_prompt(ids, mask, guidance);
    }
    PairingSettings before = settings;
    before.fusion = Fusion::prepend;
    return fuse(before, {pairing.small().decoder()->embed(ids), mask},
                {pairing.projector()(guidance.vectors), guidance.mask});
}

at::Tensor decoder_logits(const LlmToSlm& pairing, const Examples& batch, const std::vector<at::Tensor>& vectors) {
    const CausalLm& small = *pairing.small().decoder();
    const FusedSequence fused = decoder_input(pairing, batch, vectors);
    const at::Tensor& input = fused.sequence.vectors;
    KvCache cache = KvCache::for_one_pass(small.cache_shape(input.size(0), input.size(1)), small.device());
    const at::Tensor hidden = small.finish(small.through(small.all_layers(), small.placed(input, cache), cache));
    std::vector<std::int64_t> prompts;
    for (const GuidedExample* example : batch) {
        prompts.push_back(pairing.positions(example->prompt) - 1);
    }
    const at::Tensor places = label_positions(batch, at::tensor(prompts, at::kLong), input.size(1));
    // The vocabulary is wide: logits of prompts and padding would take most of a batch's memory.
    return small.logits(hidden.flatten(0, 1).index_select(0, places.to(small.device())).unsqueeze(0)).squeeze(0);
}

at::Tensor encoder_decoder_logits(const LlmToSlm& pairing, const Examples& batch,
                                  const std::vector<at::Tensor>& vectors) {
    const EncoderDecoderLm& small = *pairing.small().encoder_decoder();
    std::vector<std::vector<TokenId>> sources;
    std::vector<std::vector<TokenId>> targets;
    for (const GuidedExample* example : batch) {
        sources.push_back(example->prompt.small);
        std::vector<TokenId> row{static_cast<TokenId>(small.decoder_start_id())};
        row.insert(row.end(), example->target.begin(), example->target.end() - 1);
        targets.push_back(std::move(row));
    }
    const auto [ids, mask] = padded(sources, small.device());
    const std::int64_t positions = pairing.settings().one_for_each_token() ? ids.size(1) : longest_of(vectors);
    const EncodedSource source = pairing.guided_source(ids, mask, padded(vectors, positions, small.device()));
    const at::Tensor written = padded(targets, small.device()).ids;
    KvCache cache = KvCache::for_one_pass(small.cache_shape(written.size(0), written.size(1)), small.device());
    const at::Tensor logits = small.write(written, source, cache, LogitsFor::all);
    const at::Tensor firsts = at::zeros({written.size(0)}, at::kLong);
    return logits.flatten(0, 1).index_select(0, label_positions(batch, firsts, written.size(1)).to(small.device()));
}

class GuidedStep : public TrainStep {
public:
    GuidedStep(const LlmToSlm& pairing, std::vector<Parameter> parameters, std::vector<GuidedExample> examples,
               VectorSource vectors)
        : pairing_(pairing),
          parameters_(std::move(parameters)),
          examples_(std::move(examples)),
          vectors_(std::move(vectors)) {
        for (const GuidedExample& example : examples_) {
            lengths_.push_back(pairing.positions(example.prompt) + static_cast<std::int64_t>(example.target.size()));
        }
    }

    const std::vector<Parameter>& parameters() const override { return parameters_; }
    std::span<const std::int64_t> lengths() const override { return lengths_; }
    std::int64_t labels(const Batch& batch) const override {
        return std::accumulate(batch.begin(), batch.end(), std::int64_t{0}, [&](std::int64_t sum, std::int64_t index) {
            return sum + static_cast<std::int64_t>(example(index).target.size());
        });
    }

    at::Tensor loss_sum(const Batch& batch, CounterRandom& /*random*/) override {
        Examples examples;
        std::vector<at::Tensor> vectors;
        std::vector<std::int64_t> labels;
        for (const std::int64_t index : batch) {
            examples.push_back(&example(index));
            vectors.push_back(vectors_(index).detach());
            labels.insert(labels.end(), example(index).target.begin(), example(index).target.end());
        }
        const Recording recording;
        return cross_entropy_sum(guided_logits(pairing_, examples, vectors).unsqueeze(0),
                                 at::tensor(labels, at::kLong).unsqueeze(0));
    }

private:
    const GuidedExample& example(std::int64_t index) const { return examples_[static_cast<std::size_t>(index)]; }

    const LlmToSlm& pairing_;
    std::vector<Parameter> parameters_;
    std::vector<GuidedExample> examples_;
    VectorSource vectors_;
    std::vector<std::int64_t> lengths_;
};

}  // namespace

at::Tensor guided_logits(const LlmToSlm& pairing, const std::vector<const GuidedExample*>& batch,
                         const std::vector<at::Tensor>& vectors) {
    return pairing.small().decoder() != nullptr ? decoder_logits(pairing, batch, vectors)
                                                : encoder_decoder_logits(pairing, batch, vectors);
}

Result<std::unique_ptr<TrainStep>> guided_step(const LlmToSlm& pairing, std::vector<Parameter> small,
                                               std::vector<GuidedExample> examples, VectorSource vectors) {
    const bool lacking = std::ranges::any_of(
        examples, [](const GuidedExample& example) { return example.target.empty() || example.prompt.small.empty(); });
    if (examples.empty() || lacking) {
        return Error{.code = "DATA_EMPTY",
                     .message = examples.empty() ? "there are no examples to train on"
                                                 : "an example has a prompt or a target of no tokens; nothing was "
                                                   "trained"};
    }
    for (const GuidedExample& example : examples) {
        TANDEM_TRY(pairing.check(example.prompt));
    }
    for (const NamedTensor& parameter : pairing.projector().parameters()) {
        at::Tensor leaf = parameter.tensor;  // the same storage and node
        leaf.requires_grad_(true);
        small.push_back({.name = "projector." + parameter.name, .value = leaf, .is_matrix = leaf.dim() == 2});
    }
    return std::unique_ptr<TrainStep>(
        std::make_unique<GuidedStep>(pairing, std::move(small), std::move(examples), std::move(vectors)));
}

}  // namespace tandem
