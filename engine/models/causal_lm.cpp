#include "engine/models/causal_lm.h"

#include <c10/core/GradMode.h>

#include "engine/nn/recording.h"

namespace tandem {

at::Tensor CausalLm::forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const {
    const NoGradUnlessRecording no_autograd;
    return forward_embeddings(embed(ids), cache, logits_for);
}

at::Tensor CausalLm::forward_embeddings(const at::Tensor& embeddings, KvCache& cache, LogitsFor logits_for) const {
    const NoGradUnlessRecording no_autograd;
    const at::Tensor hidden = through(all_layers(), placed(embeddings, cache), cache);
    cache.advance(embeddings.size(1));
    return logits(finish(wanted(hidden, logits_for)));
}

at::Tensor CausalLm::hidden_after(std::int64_t layer, const at::Tensor& ids, KvCache& cache) const {
    TORCH_CHECK(layer >= 0 && layer <= shape().layers, "there are hidden states after 0 to ", shape().layers,
                " layers, not after ", layer);
    const c10::NoGradGuard no_autograd;
    const at::Tensor hidden = through({0, static_cast<std::size_t>(layer)}, placed(embed(ids), cache), cache);
    cache.advance(ids.size(1));
    return layer == shape().layers ? finish(hidden) : hidden;
}

at::Tensor CausalLm::placed(const at::Tensor& embeddings, const KvCache& /*cache*/) const {
    return embeddings;
}

}  // namespace tandem
