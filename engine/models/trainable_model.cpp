#include "engine/models/trainable_model.h"

#include <algorithm>

#include "engine/nn/recording.h"

namespace tandem {

at::Tensor training_logits(const CausalLm& model, const at::Tensor& ids, const at::Tensor& padding) {
    const Recording recording;
    KvCache cache = KvCache::for_one_pass(model.cache_shape(ids.size(0), ids.size(1)), model.device());
    if (padding.defined()) {
        cache.set_starts(padding);
    }
    return model.forward(ids, cache, LogitsFor::all);
}

at::Tensor training_logits(const EncoderDecoderLm& model, const at::Tensor& source, const at::Tensor& mask,
                           const at::Tensor& target) {
    const Recording recording;
    KvCache cache = KvCache::for_one_pass(model.cache_shape(target.size(0), target.size(1)), model.device());
    return model.forward(target, model.encode(source, mask), cache, LogitsFor::all);
}

}  // namespace tandem
