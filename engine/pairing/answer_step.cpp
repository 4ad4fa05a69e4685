#include "engine/pairing/answer_step.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/nn/recording.h"

namespace tandem {
namespace {

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

class AnswerStep : public TrainStep {
public:
    AnswerStep(AnswerModel model, std::vector<Parameter> parameters, std::vector<GuidedExample> examples)
        : model_(std::move(model)), parameters_(std::move(parameters)), examples_(std::move(examples)) {
        for (const GuidedExample& example : examples_) {
            lengths_.push_back(model_.positions(example.prompt) + static_cast<std::int64_t>(example.target.size()));
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
        std::vector<std::int64_t> labels;
        for (const std::int64_t index : batch) {
            examples.push_back(&example(index));
            labels.insert(labels.end(), example(index).target.begin(), example(index).target.end());
        }
        const at::Tensor logits = model_.logits(batch, examples);
        const Recording recording;
        return cross_entropy_sum(logits.unsqueeze(0), at::tensor(labels, at::kLong).unsqueeze(0));
    }

private:
    const GuidedExample& example(std::int64_t index) const { return examples_[static_cast<std::size_t>(index)]; }

    AnswerModel model_;
    std::vector<Parameter> parameters_;
    std::vector<GuidedExample> examples_;
    std::vector<std::int64_t> lengths_;
};

at::Tensor decoder_logits(const CausalLm& model, const at::Tensor& input, const Examples& batch,
                          std::span<const std::int64_t> prompts) {
    KvCache cache = KvCache::for_one_pass(model.cache_shape(input.size(0), input.size(1)), model.device());
    const at::Tensor hidden = model.finish(model.through(model.all_layers(), model.placed(input, cache), cache));
    const at::Tensor lasts = at::tensor(at::ArrayRef<std::int64_t>(prompts.data(), prompts.size()), at::kLong) - 1;
    const at::Tensor places = label_positions(batch, lasts, input.size(1));
    // The vocabulary is wide: logits of prompts and padding would take most of a batch's memory.
    return model.logits(hidden.flatten(0, 1).index_select(0, places.to(model.device())).unsqueeze(0)).squeeze(0);
}

at::Tensor encoder_decoder_logits(const EncoderDecoderLm& model, const EncodedSource& source, const Examples& batch) {
    std::vector<std::vector<TokenId>> targets;
    for (const GuidedExample* example : batch) {
        targets.push_back(with_target({static_cast<TokenId>(model.decoder_start_id())}, *example));
    }
    const at::Tensor written = padded_ids(targets, model.device()).ids;
    KvCache cache = KvCache::for_one_pass(model.cache_shape(written.size(0), written.size(1)), model.device());
    const at::Tensor logits = model.write(written, source, cache, LogitsFor::all);
    const at::Tensor firsts = at::zeros({written.size(0)}, at::kLong);
    return logits.flatten(0, 1).index_select(0, label_positions(batch, firsts, written.size(1)).to(model.device()));
}

}  // namespace

IdRows padded_ids(const std::vector<std::vector<TokenId>>& rows, at::Device device) {
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

std::vector<TokenId> with_target(std::vector<TokenId> prompt, const GuidedExample& example) {
    prompt.insert(prompt.end(), example.target.begin(), example.target.end() - 1);
    return prompt;
}

at::Tensor answer_logits(AnyLm writer, const WriterInput& input, const Examples& batch,
                         std::span<const std::int64_t> prompts) {
    return writer.decoder() != nullptr ? decoder_logits(*writer.decoder(), input.embeddings, batch, prompts)
                                       : encoder_decoder_logits(*writer.encoder_decoder(), input.source, batch);
}

Result<std::unique_ptr<TrainStep>> answer_step(AnswerModel model, std::vector<Parameter> parameters,
                                               std::vector<GuidedExample> examples) {
    const bool lacking = std::ranges::any_of(
        examples, [](const GuidedExample& example) { return example.target.empty() || example.prompt.small.empty(); });
    if (examples.empty() || lacking) {
        return Error{.code = "DATA_EMPTY",
                     .message = examples.empty() ? "there are no examples to train on"
                                                 : "an example has a prompt or a target of no tokens; nothing was "
                                                   "trained"};
    }
    return std::unique_ptr<TrainStep>(
        std::make_unique<AnswerStep>(std::move(model), std::move(parameters), std::move(examples)));
}

}  // namespace tandem
