#include "engine/pairing/guide.h"

#include <algorithm>

#include "engine/api/pairing_options.h"
#include "engine/generation/generate.h"

namespace tandem {
namespace {

// Tokens of one pass over several rows, together. Each pass packs the weights anew, which costs as much as a few
// hundred tokens' products.
constexpr std::int64_t tokens_of_pass = 2048;

// [rows, tokens, width] of ids i64 [rows, tokens]; none if cancelled. Rows that end earlier have anything behind: no
// position of a decoder sees what is behind it.
std::optional<at::Tensor> hidden_states(const CausalLm& model, std::int64_t layer, const at::Tensor& ids,
                                        const std::stop_token& stop) {
    const std::int64_t tokens = ids.size(1);
    Result<KvCache> cache = KvCache::create(model.cache_shape(ids.size(0), tokens), model.device());
    TORCH_CHECK(cache.ok(), cache.error().message);
    cache->expect(tokens);
    const std::int64_t chunk = prefill_chunk_for(model.shape());
    const std::int64_t shared = std::max<std::int64_t>(tokens_of_pass / ids.size(0), 32);
    std::vector<at::Tensor> parts;
    for (const at::Tensor& part : ids.split(ids.size(0) == 1 ? chunk : std::min(chunk, shared), 1)) {
        if (stop.stop_requested()) {
            return std::nullopt;
        }
        parts.push_back(model.hidden_after(layer, part, *cache));
    }
    return at::cat(parts, 1);
}

// Whether the positions of a prompt go by its length, so that a row of another length would be read otherwise.
bool goes_by_length(const CausalLm& model, std::int64_t layer, std::span<const TokenId> ids) {
    KvCache cache = KvCache::create(model.cache_shape(1, 1), model.device()).value();
    cache.expect(1);
    model.hidden_after(layer, ids_row(ids.first(1), model.device()), cache);
    return cache.depends_on_prompt();
}

struct PaddedPrompts {
    at::Tensor ids;   // i64 [rows, tokens], padded on the right with the row's first token
    at::Tensor mask;  // bool [rows, tokens]
};

PaddedPrompts padded(std::span<const std::span<const TokenId>> prompts) {
    std::size_t longest = 0;
    for (const std::span<const TokenId>& prompt : prompts) {
        longest = std::max(longest, prompt.size());
    }
    const auto rows = static_cast<std::int64_t>(prompts.size());
    const auto tokens = static_cast<std::int64_t>(longest);
    PaddedPrompts made{at::empty({rows, tokens}, at::kLong), at::zeros({rows, tokens}, at::kBool)};
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::span<const TokenId> prompt = prompts[static_cast<std::size_t>(row)];
        std::int64_t* ids = made.ids.mutable_data_ptr<std::int64_t>() + row * tokens;
        std::fill_n(std::ranges::copy(prompt, ids).out, longest - prompt.size(), prompt.front());
        made.mask[row].narrow(0, 0, static_cast<std::int64_t>(prompt.size())).fill_(true);
    }
    return made;
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
        const std::optional<at::Tensor> states = hidden_states(*decoder, layer_, row, stop);
        return states ? std::optional(states->squeeze(0)) : std::nullopt;
    }
    if (stop.stop_requested()) {
        return std::nullopt;
    }
    const EncoderOutput output = model_.encoder_decoder()->read_frozen({.ids = row, .embeddings = {}, .mask = {}});
    return output.hidden.squeeze(0);
}

std::optional<std::vector<at::Tensor>> Guide::read_all(std::span<const std::span<const TokenId>> prompts,
                                                       const std::stop_token& stop) const {
    std::vector<at::Tensor> read;
    const CausalLm* decoder = model_.decoder();
    if (prompts.size() < 2 || (decoder != nullptr && goes_by_length(*decoder, layer_, prompts.front()))) {
        for (const std::span<const TokenId>& prompt : prompts) {
            std::optional<at::Tensor> states = this->read(prompt, stop);
            if (!states) {
                return std::nullopt;
            }
            read.push_back(*std::move(states));
        }
        return read;
    }
    const auto [ids, mask] = padded(prompts);
    const at::Device device = model().device();
    std::optional<at::Tensor> states;
    if (decoder != nullptr) {
        states = hidden_states(*decoder, layer_, ids.to(device), stop);
    } else if (!stop.stop_requested()) {
        states = model_.encoder_decoder()
                     ->read_frozen({.ids = ids.to(device), .embeddings = {}, .mask = mask.to(device)})
                     .hidden;
    }
    if (!states) {
        return std::nullopt;
    }
    for (std::size_t row = 0; row < prompts.size(); ++row) {
        read.push_back(
            (*states)[static_cast<std::int64_t>(row)].narrow(0, 0, static_cast<std::int64_t>(prompts[row].size())));
    }
    return read;
}

}  // namespace tandem
