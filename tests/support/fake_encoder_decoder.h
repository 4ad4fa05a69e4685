// An encoder-decoder that says a script, whatever its source, and notes what it was given. Thread rule: one thread at a
// time.
#pragma once

#include <vector>

#include "engine/models/encoder_decoder_lm.h"

namespace tandem::test {

class FakeEncoderDecoder : public EncoderDecoderLm {
public:
    static constexpr std::int64_t vocab = 300;

    explicit FakeEncoderDecoder(std::vector<std::int64_t> script, TargetTokens target = {.start = 7})
        : script_(std::move(script)) {
        shape_.kind = ModelKind::encoder_decoder;
        shape_.architecture = "fake";
        shape_.layers = 2;
        shape_.encoder_layers = 1;
        shape_.vocab = vocab;
        shape_.source_vocab = vocab;
        shape_.context = 50;
        shape_.target = std::move(target);
    }

    const ModelShape& shape() const override { return shape_; }
    std::int64_t weights_bytes() const override { return 12345; }
    at::Device device() const override { return at::kCPU; }
    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(2, batch, 1, slots, 1);
    }

    at::Tensor embed_source(const at::Tensor& ids) const override { return ids.to(at::kFloat).unsqueeze(-1); }

    EncoderOutput read(const Source& source) const override {
        ++encoded;
        return {.hidden = embed_source(source.ids), .mask = {}};
    }

    std::vector<KeysValues> cross(const at::Tensor& /*hidden*/) const override { return {}; }

    // The next word of the script is the most probable, the one behind it the second.
    at::Tensor write(const at::Tensor& ids, const EncodedSource& /*source*/, KvCache& cache,
                     LogitsFor /*logits_for*/) const override {
        const std::int64_t tokens = ids.size(1);
        for (std::int64_t i = 0; i < tokens; ++i) {
            given.push_back(ids[0][i].item<std::int64_t>());
        }
        at::Tensor logits = at::zeros({1, 1, vocab});
        const auto said = static_cast<std::size_t>(cache.length() + tokens - 1);
        logits[0][0][script_.at(said)] = 5;
        logits[0][0][script_.at(said + 1)] = 4;
        return logits;
    }

    mutable int encoded = 0;
    mutable std::vector<std::int64_t> given;  // to the decoder

private:
    ModelShape shape_;
    std::vector<std::int64_t> script_;
};

}  // namespace tandem::test
