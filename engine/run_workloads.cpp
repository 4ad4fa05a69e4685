#include "engine/run_workloads.h"

#include "engine/generation/beam_decoding.h"

namespace tandem {

Result<KvCache> make_cache(const RunContext& context, std::int64_t beams) {
    const KvCacheShape shape = context.model.cache_shape(context.cache_slots);
    KvCache cache = TANDEM_TRY(KvCache::create(shape, context.model.model().device()));
    const std::int64_t bytes = shape.bytes() + context.model.cross_bytes(context.source) +
                               beam_bytes(context.model, context.cache_slots, context.source, beams);
    context.recorder.sample("kv_cache_bytes", 0, static_cast<double>(bytes));
    context.recorder.fact("kv_cache_slots", std::to_string(shape.slots));
    return cache;
}

Error cancelled_error() {
    return {.code = "CANCELLED",
            .message = "the trial was cancelled; what it had observed until then is kept",
            .kind = ErrorKind::cancelled};
}

}  // namespace tandem
