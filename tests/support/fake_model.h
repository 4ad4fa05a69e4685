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

    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const override {
        const std::int64_t tokens = ids.size(1);
        passes.push_back(tokens);
        if (before_pass) {
            before_pass();
        }
        const std::int64_t before = cache.length();
        const at::Tensor written = ids.to(at::kFloat).view({1, 1, tokens, 1});
        const at::Tensor read = cache.append(0, written, written).first.reshape({-1}).contiguous();
        cache.advance(tokens);
        const std::int64_t rows = logits_for == LogitsFor::all ? tokens : 1;
        at::Tensor logits = at::empty({1, rows, vocab}, at::kFloat);
        for (std::int64_t row = 0; row < rows; ++row) {
            const std::int64_t length = before + tokens - rows + row + 1;
            std::vector<std::int64_t> text;
            for (std::int64_t i = 0; i < length; ++i) {
                text.push_back(static_cast<std::int64_t>(read.const_data_ptr<float>()[i]));
            }
            const std::vector<float> values = rule_(text);
            std::copy(values.begin(), values.end(), logits.mutable_data_ptr<float>() + row * vocab);
        }
        return logits;
    }

    mutable std::vector<std::int64_t> passes;  // tokens of each forward pass
    std::function<void()> before_pass;

private:
    Rule rule_;
    ModelShape shape_;
};

}  // namespace tandem::test
