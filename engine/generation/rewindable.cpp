#include "engine/generation/rewindable.h"

#include <algorithm>
#include <vector>

#include "engine/generation/generate.h"

namespace tandem {
namespace {

// Ids that a model has no embedding of stand as its first: it may have fewer rows of padding than the other one.
at::Tensor readable(std::span<const TokenId> ids, std::int64_t vocab, at::Device device) {
    std::vector<TokenId> known(ids.begin(), ids.end());
    std::ranges::replace_if(
        known, [&](TokenId id) { return id >= vocab; }, 0);
    return ids_row(known, device);
}

}  // namespace

bool can_rewind(const AnyLm& model) {
    return std::ranges::all_of(model.cache_shape(1).layers, [](const KvLayer& layer) { return layer.states.empty(); });
}

std::optional<at::Tensor> Rewindable::begin(std::span<const TokenId> prompt, const std::stop_token& stop) {
    cache_.clear();
    cache_.count_each();
    at::Tensor logits;
    if (const EncoderDecoderLm* model = model_.encoder_decoder()) {
        if (stop.stop_requested()) {
            return std::nullopt;
        }
        source_ = model->encode(readable(prompt, source_vocabulary(model_.shape()), model->device()), {});
        if (stop.stop_requested()) {
            return std::nullopt;
        }
        const auto start = static_cast<TokenId>(model->decoder_start_id());
        logits = read({&start, 1}, LogitsFor::last);
    } else {
        cache_.expect(static_cast<std::int64_t>(prompt.size()));
        while (!prompt.empty()) {
            if (stop.stop_requested()) {
                return std::nullopt;
            }
            const auto taken = std::min(prompt.size(), static_cast<std::size_t>(chunk_));
            logits = read(prompt.first(taken), LogitsFor::last);
            prompt = prompt.subspan(taken);
        }
    }
    begun_ = cache_.length();
    return logits;
}

at::Tensor Rewindable::read(std::span<const TokenId> ids, LogitsFor logits_for) {
    const at::Tensor input = readable(ids, model_.shape().vocab, model_.model().device());
    const at::Tensor logits = model_.decoder() != nullptr
                                  ? model_.decoder()->forward(input, cache_, logits_for)
                                  : model_.encoder_decoder()->forward(input, source_, cache_, logits_for);
    return logits.select(0, 0).to(at::kCPU, at::kFloat).contiguous();
}

}  // namespace tandem
