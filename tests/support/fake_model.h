// A language model whose next token is a function of all tokens before it, for tests of generation. What it has read
// comes back out of the KV cache, so a wrong use of the cache shows in its answers. Thread rule: one thread at a time.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "engine/models/causal_lm.h"

namespace tandem::test {

class FakeModel : public CausalLm {
public:
    static constexpr std::int64_t vocab = 300;

    // Logits [vocab] after a text, given its ids.
    using Rule = std::function<std::vector<float>(const std::vector<std::int64_t>& text)>;

    explicit FakeModel(Rule rule, std::int64_t context = 4096) : rule_(std::move(rule)) {
        shape_.architecture = "fake";
        shape_.layers = 1;
        shape_.vocab = vocab;
        shape_.context = context;
    }

    // Says `script` after whatever prompt of `prompt_length` tokens it is given.
    static FakeModel saying(std::vector<std::int64_t> script, std::size_t prompt_length) {
        return FakeModel([script = std::move(script), prompt_length](const std::vector<std::int64_t>& text) {
            std::vector<float> logits(vocab, 0.0F);
            const std::size_t said = text.size() - prompt_length;
            logits[static_cast<std::size_t>(said < script.size() ? script[said] : 'x')] = 5;
            return logits;
        });
    }

    // Every token of the text moves every logit.
    static FakeModel mixing() {
        return FakeModel([](const std::vector<std::int64_t>& text) {
            double mixed = 0;
            for (const std::int64_t id : text) {
                mixed = std::fmod(mixed * 1.7 + static_cast<double>(id) + 0.3, 1000.0);
            }
            std::vector<float> logits(vocab);
            for (std::size_t i = 0; i < logits.size(); ++i) {
                logits[i] = static_cast<float>(3 * std::sin(mixed + 0.7 * static_cast<double>(i * i)));
            }
            return logits;
        });
    }

    const ModelShape& shape() const override { return shape_; }
    std::int64_t weights_bytes() const override { return 12345; }
    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(1, batch, 1, slots, 1);
    }
    at::Device device() const override { return at::kCPU; }

    // A token's vector is its number.
    at::Tensor embed(const at::Tensor& ids) const override { return ids.to(at::kFloat).unsqueeze(-1); }

    // What a token's hidden state says is how much of the text comes up to it; the text is in the cache.
    at::Tensor through(LayerRange /*range*/, at::Tensor hidden, KvCache& cache) const override {
        const std::int64_t tokens = hidden.size(1);
        passes.push_back(tokens);
        if (before_pass) {
            before_pass();
        }
        const at::Tensor written = hidden.view({1, 1, tokens, 1});
        read_ = cache.append(0, written, written).first.reshape({-1}).contiguous();
        return at::arange(cache.length() + 1, cache.length() + tokens + 1, at::kFloat).view({1, tokens, 1});
    }

    at::Tensor finish(const at::Tensor& hidden) const override { return hidden; }

    at::Tensor logits(const at::Tensor& finished) const override {
        const std::int64_t rows = finished.size(1);
        at::Tensor logits = at::empty({1, rows, vocab}, at::kFloat);
        for (std::int64_t row = 0; row < rows; ++row) {
            const auto length = finished[0][row].item<std::int64_t>();
            std::vector<std::int64_t> text;
            for (std::int64_t i = 0; i < length; ++i) {
                text.push_back(static_cast<std::int64_t>(read_.const_data_ptr<float>()[i]));
            }
            const std::vector<float> values = rule_(text);
            std::copy(values.begin(), values.end(), logits.mutable_data_ptr<float>() + row * vocab);
        }
        return logits;
    }

    mutable std::vector<std::int64_t> passes;  // tokens of each forward pass
    std::function<void()> before_pass;

private:
    mutable at::Tensor read_;  // f32 [text]
    Rule rule_;
    ModelShape shape_;
};

}  // namespace tandem::test
