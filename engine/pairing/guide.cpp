#include "engine/pairing/guide.h"

#include "engine/api/pairing_options.h"
#include "engine/generation/generate.h"

namespace tandem {
namespace {

std::optional<at::Tensor> hidden_states(const CausalLm& model, std::int64_t layer, const at::Tensor& ids,
                                        const std::stop_token& stop) {
    const std::int64_t tokens = ids.size(1);
    Result<KvCache> cache = KvCache::create(model.cache_shape(1, tokens), model.device());
    TORCH_CHECK(cache.ok(), cache.error().message);
    cache->expect(tokens);
    std::vector<at::Tensor> parts;
    for (const at::Tensor& part : ids.split(prefill_chunk_for(model.shape()), 1)) {
        if (stop.stop_requested()) {
            return std::nullopt;
        }
        parts.push_back(model.hidden_after(layer, part, *cache));
    }
    return at::cat(parts, 1).squeeze(0);
}

}  // namespace

Result<std::int64_t> guide_layer(const ModelShape& large, std::int64_t layer) {
    const bool decoder = large.kind == ModelKind::decoder;
    const std::int64_t layers = decoder ? large.layers : large.encoder_layers;
    if (layer < -1 || layer > layers) {
        return Error{.code = "PAIRING_LAYER",
                     .message = "the large model has " + std::to_string(layers) + " layers; " + std::to_string(layer) +
                                " is none of 0 to " + std::to_string(layers) + " (-1: three quarters of them)",
                     .where = "layer"};
    }
    if (!decoder && layer != -1 && layer != layers) {
        return Error{.code = "PAIRING_LAYER",
                     .message = "the large model is read as an encoder, which gives the output of its last layer, " +
                                std::to_string(layers) + "; leave the layer out",
                     .where = "layer"};
    }
    return !decoder ? layers : layer == -1 ? default_guide_layer(layers) : layer;
}

Result<Guide> Guide::create(AnyLm model, std::int64_t layer) {
    return Guide(model, TANDEM_TRY(guide_layer(model.shape(), layer)));
}

std::int64_t Guide::width() const {
    return model_.decoder() != nullptr ? model_.shape().hidden : model_.encoder_decoder()->source_width();
}

Result<void> Guide::check(std::span<const TokenId> ids) const {
    if (ids.empty()) {
        return Error{.code = "PROMPT_EMPTY",
                     .message = "the large model's prompt has no tokens; at least one is needed"};
    }
    TANDEM_TRY(check_ids(ids, source_vocabulary(model_.shape())));
    return check_context(static_cast<std::int64_t>(ids.size()), 0, model_.shape(), "the large model's prompt");
}

std::optional<at::Tensor> Guide::read(std::span<const TokenId> ids, const std::stop_token& stop) const {
    const at::Tensor row = ids_row(ids, model().device());
    if (const CausalLm* decoder = model_.decoder()) {
        return hidden_states(*decoder, layer_, row, stop);
    }
    if (stop.stop_requested()) {
        return std::nullopt;
    }
    const EncoderOutput output = model_.encoder_decoder()->read_frozen({.ids = row, .embeddings = {}, .mask = {}});
    return output.hidden.squeeze(0);
}

}  // namespace tandem
