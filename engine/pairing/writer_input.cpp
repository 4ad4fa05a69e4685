#include "engine/pairing/writer_input.h"

#include <c10/core/GradMode.h>

#include "engine/generation/beam_decoding.h"
#include "engine/generation/generate.h"
#include "engine/pairing/target_likelihood.h"

namespace tandem {
namespace {

class InputDecoding : public Decoding {
public:
    InputDecoding(AnyLm writer, std::vector<TokenId> prompt, KvCache& cache, InputMaker make)
        : writer_(writer), prompt_(std::move(prompt)), cache_(cache), make_(std::move(make)) {}

    std::optional<at::Tensor> read(std::span<const TokenId> /*prompt*/, const std::stop_token& stop) override {
        const c10::NoGradGuard no_autograd;
        std::optional<WriterInput> input = make_(stop);
        if (!input || stop.stop_requested()) {
            return std::nullopt;
        }
        if (const CausalLm* decoder = writer_.decoder()) {
            return prefill(*decoder, input->embeddings, stop);
        }
        source_ = std::move(input->source);
        return next(start());
    }

    Result<BeamDecoding> beams(std::int64_t count) override {
        return BeamDecoding::create(writer_, cache_, source_, count);
    }

    at::Tensor next(TokenId id) override {
        const at::Tensor ids = ids_row({&id, 1}, writer_.model().device());
        if (const CausalLm* decoder = writer_.decoder()) {
            return logits_on_host(decoder->forward(ids, cache_, LogitsFor::last));
        }
        return logits_on_host(writer_.encoder_decoder()->forward(ids, source_, cache_, LogitsFor::last));
    }

    std::vector<TokenId> beginning(std::span<const TokenId> /*prompt*/) const override {
        return writer_.decoder() != nullptr ? prompt_ : std::vector<TokenId>{start()};
    }

private:
    TokenId start() const { return static_cast<TokenId>(writer_.encoder_decoder()->decoder_start_id()); }

    std::optional<at::Tensor> prefill(const CausalLm& decoder, const at::Tensor& embeddings,
                                      const std::stop_token& stop) {
        at::Tensor logits;
        cache_.expect(embeddings.size(1));
        for (const at::Tensor& part : embeddings.split(prefill_chunk_for(decoder.shape()), 1)) {
            if (stop.stop_requested()) {
                return std::nullopt;
            }
            logits = decoder.forward_embeddings(part, cache_, LogitsFor::last);
        }
        return logits_on_host(logits);
    }

    AnyLm writer_;
    std::vector<TokenId> prompt_;
    KvCache& cache_;
    InputMaker make_;
    EncodedSource source_;
};

}  // namespace

std::unique_ptr<Decoding> input_decoding(AnyLm writer, std::vector<TokenId> prompt, KvCache& cache, InputMaker make) {
    return std::make_unique<InputDecoding>(writer, std::move(prompt), cache, std::move(make));
}

Result<double> target_likelihood(AnyLm writer, const WriterInput& input, std::span<const TokenId> target,
                                 const std::stop_token& stop) {
    return writer.decoder() != nullptr ? target_likelihood(*writer.decoder(), input.embeddings, target, stop)
                                       : target_likelihood(*writer.encoder_decoder(), input.source, target, stop);
}

}  // namespace tandem
