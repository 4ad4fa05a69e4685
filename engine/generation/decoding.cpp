#include "engine/generation/decoding.h"

#include <algorithm>

#include "engine/generation/beam_decoding.h"
#include "engine/generation/prompt_prefix.h"

namespace tandem {
namespace {

class CausalDecoding : public Decoding {
public:
    CausalDecoding(const CausalLm& model, KvCache& cache, std::int64_t chunk)
        : model_(model), cache_(cache), chunk_(chunk) {}

    std::optional<at::Tensor> read(std::span<const TokenId> prompt, const std::stop_token& stop) override {
        cache_.expect(static_cast<std::int64_t>(prompt.size()));
        return run(prompt, stop);
    }

    at::Tensor next(TokenId id) override { return forward({&id, 1}); }

    std::vector<TokenId> beginning(std::span<const TokenId> prompt) const override {
        return {prompt.begin(), prompt.end()};
    }

    Result<BeamDecoding> beams(std::int64_t count) override { return BeamDecoding::create(model_, cache_, {}, count); }

protected:
    KvCache& cache() { return cache_; }

    std::optional<at::Tensor> run(std::span<const TokenId> tokens, const std::stop_token& stop) {
        at::Tensor logits;
        while (!tokens.empty()) {
            if (stop.stop_requested()) {
                return std::nullopt;
            }
            const auto taken = tokens.first(std::min(tokens.size(), static_cast<std::size_t>(chunk_)));
            logits = forward(taken);
            ran(taken);
            tokens = tokens.subspan(taken.size());
        }
        return logits;
    }

private:
    virtual void ran(std::span<const TokenId> /*tokens*/) {}

    at::Tensor forward(std::span<const TokenId> ids) {
        return logits_on_host(model_.forward(ids_row(ids, model_.device()), cache_, LogitsFor::last));
    }

    const CausalLm& model_;
    KvCache& cache_;
    std::int64_t chunk_;
};

class PrefixDecoding : public CausalDecoding {
public:
    PrefixDecoding(const CausalLm& model, KvCache& cache, PromptPrefix& prefix)
        : CausalDecoding(model, cache, prefix.chunk()), prefix_(prefix) {}

    void begin(KvCache& /*cache*/) override {}  // read() decides what stays

    std::optional<at::Tensor> read(std::span<const TokenId> prompt, const std::stop_token& stop) override {
        return run(prompt.subspan(static_cast<std::size_t>(prefix_.begin(prompt, cache()))), stop);
    }

private:
    void ran(std::span<const TokenId> tokens) override { prefix_.ran(tokens); }

    PromptPrefix& prefix_;
};

class EncoderDecoderDecoding : public Decoding {
public:
    EncoderDecoderDecoding(const EncoderDecoderLm& model, KvCache& cache) : model_(model), cache_(cache) {}

    // An encoder reads its source at once: each token of it sees all others.
    std::optional<at::Tensor> read(std::span<const TokenId> prompt, const std::stop_token& stop) override {
        if (stop.stop_requested()) {
            return std::nullopt;
        }
        source_ = model_.encode(ids_row(prompt, model_.device()), {});
        return stop.stop_requested() ? std::nullopt : std::optional(next(start()));
    }

    at::Tensor next(TokenId id) override {
        return logits_on_host(model_.forward(ids_row({&id, 1}, model_.device()), source_, cache_, LogitsFor::last));
    }

    std::vector<TokenId> beginning(std::span<const TokenId> /*prompt*/) const override { return {start()}; }

    Result<BeamDecoding> beams(std::int64_t count) override {
        return BeamDecoding::create(model_, cache_, source_, count);
    }

private:
    TokenId start() const { return static_cast<TokenId>(model_.decoder_start_id()); }

    const EncoderDecoderLm& model_;
    KvCache& cache_;
    EncodedSource source_;
};

}  // namespace

Result<BeamDecoding> Decoding::beams(std::int64_t count) {
    return Error{.code = "BEAMS_UNSUPPORTED",
                 .message = "this way of decoding goes on with one sequence, not with " + std::to_string(count) +
                            "; set beams to 1",
                 .where = "beams"};
}

const CausalLm* AnyLm::decoder() const {
    const auto* held = std::get_if<const CausalLm*>(&model_);
    return held == nullptr ? nullptr : *held;
}

const EncoderDecoderLm* AnyLm::encoder_decoder() const {
    const auto* held = std::get_if<const EncoderDecoderLm*>(&model_);
    return held == nullptr ? nullptr : *held;
}

const Model& AnyLm::model() const {
    return std::visit([](const auto* held) -> const Model& { return *held; }, model_);
}

KvCacheShape AnyLm::cache_shape(std::int64_t slots) const {
    return std::visit([&](const auto* held) { return held->cache_shape(1, slots); }, model_);
}

std::int64_t AnyLm::cross_bytes(std::int64_t source) const {
    return encoder_decoder() == nullptr ? 0 : cache_shape(source).bytes();
}

std::unique_ptr<Decoding> AnyLm::decoding(KvCache& cache, std::int64_t chunk) const {
    if (const EncoderDecoderLm* model = encoder_decoder()) {
        return std::make_unique<EncoderDecoderDecoding>(*model, cache);
    }
    return std::make_unique<CausalDecoding>(*decoder(), cache, chunk);
}

std::unique_ptr<Decoding> AnyLm::decoding(KvCache& cache, PromptPrefix& prefix) const {
    return std::make_unique<PrefixDecoding>(*decoder(), cache, prefix);
}

at::Tensor ids_row(std::span<const TokenId> ids, at::Device device) {
    at::Tensor input = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
    std::copy(ids.begin(), ids.end(), input.mutable_data_ptr<std::int64_t>());
    return input.to(device);
}

at::Tensor logits_on_host(const at::Tensor& logits) {
    return logits.to(at::kCPU, at::kFloat).contiguous().flatten();
}

std::int64_t slots_needed(const ModelShape& shape, std::int64_t prompt, std::int64_t answer) {
    return (shape.kind == ModelKind::encoder_decoder ? 1 : prompt) + answer;
}

}  // namespace tandem
