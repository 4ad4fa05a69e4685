#include "engine/training/language_steps.h"

#include <algorithm>

namespace tandem {
namespace {

constexpr std::int64_t no_label = -100;

// Rows of different lengths as i64 [rows, longest], filled up on the right.
at::Tensor padded(const std::vector<std::vector<std::int64_t>>& rows, std::int64_t filler) {
    std::size_t longest = 0;
    for (const auto& row : rows) {
        longest = std::max(longest, row.size());
    }
    at::Tensor all =
        at::full({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(longest)}, filler, at::kLong);
    auto* numbers = all.mutable_data_ptr<std::int64_t>();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        std::ranges::copy(rows[row], numbers + row * longest);
    }
    return all;
}

class PairsStep : public TrainStep {
public:
    PairsStep(const TrainableModel& model, std::vector<TokenPair> pairs)
        : parameters_(model.parameters), pairs_(std::move(pairs)) {
        for (const TokenPair& pair : pairs_) {
            lengths_.push_back(static_cast<std::int64_t>(pair.source.size() + pair.target.size()));
        }
    }
    const std::vector<Parameter>& parameters() const override { return parameters_; }
    std::span<const std::int64_t> lengths() const override { return lengths_; }
    std::int64_t labels(const Batch& batch) const override {
        std::int64_t sum = 0;
        for (const std::int64_t index : batch) {
            sum += static_cast<std::int64_t>(pair(index).target.size());
        }
        return sum;
    }

protected:
    const TokenPair& pair(std::int64_t index) const { return pairs_[static_cast<std::size_t>(index)]; }

private:
    std::vector<Parameter> parameters_;
    std::vector<TokenPair> pairs_;
    std::vector<std::int64_t> lengths_;
};

class DecoderStep : public PairsStep {
public:
    DecoderStep(std::shared_ptr<const CausalLm> model, const TrainableModel& trainable, std::vector<TokenPair> pairs)
        : PairsStep(trainable, std::move(pairs)), model_(std::move(model)) {}

    at::Tensor loss_sum(const Batch& batch, CounterRandom&) override {
        std::vector<std::vector<std::int64_t>> ids;
        std::vector<std::vector<std::int64_t>> labels;
        for (const std::int64_t index : batch) {
            const auto& [source, target] = pair(index);
            std::vector<std::int64_t> row = source;
            row.insert(row.end(), target.begin(), target.end() - 1);
            std::vector<std::int64_t> label(source.size() - 1, no_label);
            label.insert(label.end(), target.begin(), target.end());
            ids.push_back(std::move(row));
            labels.push_back(std::move(label));
        }
        return cross_entropy_sum(training_logits(*model_, padded(ids, 0)), padded(labels, no_label));
    }

private:
    std::shared_ptr<const CausalLm> model_;
};

class EncoderDecoderStep : public PairsStep {
public:
    EncoderDecoderStep(std::shared_ptr<const EncoderDecoderLm> model, const TrainableModel& trainable,
                       std::vector<TokenPair> pairs)
        : PairsStep(trainable, std::move(pairs)), model_(std::move(model)) {}

    at::Tensor loss_sum(const Batch& batch, CounterRandom&) override {
        std::vector<std::vector<std::int64_t>> sources;
        std::vector<std::vector<std::int64_t>> there;
        std::vector<std::vector<std::int64_t>> ids;
        std::vector<std::vector<std::int64_t>> labels;
        for (const std::int64_t index : batch) {
            const auto& [source, target] = pair(index);
            std::vector<std::int64_t> row{model_->decoder_start_id()};
            row.insert(row.end(), target.begin(), target.end() - 1);
            sources.push_back(source);
            there.emplace_back(source.size(), 1);
            ids.push_back(std::move(row));
            labels.push_back(target);
        }
        const at::Tensor mask = padded(there, 0).to(at::kBool);
        const at::Tensor logits = training_logits(*model_, padded(sources, 0), mask, padded(ids, 0));
        return cross_entropy_sum(logits, padded(labels, no_label));
    }

private:
    std::shared_ptr<const EncoderDecoderLm> model_;
};

}  // namespace

Result<std::unique_ptr<TrainStep>> language_step(const TrainableModel& model, std::vector<TokenPair> pairs) {
    const auto decoder = std::dynamic_pointer_cast<const CausalLm>(model.model);
    const auto both = std::dynamic_pointer_cast<const EncoderDecoderLm>(model.model);
    if (!decoder && !both) {
        return Error{.code = "MODEL_KIND",
                     .message = "a language model is needed here; nothing was trained",
                     .kind = ErrorKind::unsupported};
    }
    const bool lacking =
        std::ranges::any_of(pairs, [](const TokenPair& pair) { return pair.target.empty() || pair.source.empty(); });
    if (pairs.empty() || lacking) {
        return Error{.code = "DATA_EMPTY",
                     .message = pairs.empty() ? "there are no pairs to train on"
                                              : "a pair has a source or a target of no tokens; nothing was trained"};
    }
    if (decoder) {
        return std::unique_ptr<TrainStep>(std::make_unique<DecoderStep>(decoder, model, std::move(pairs)));
    }
    return std::unique_ptr<TrainStep>(std::make_unique<EncoderDecoderStep>(both, model, std::move(pairs)));
}

}  // namespace tandem
