#include "engine/run_workloads.h"

namespace tandem {

Result<KvCache> make_cache(const RunContext& context) {
    const KvCacheShape shape = context.model.cache_shape(1, context.cache_slots);
    KvCache cache = TANDEM_TRY(KvCache::create(shape, context.model.device()));
    context.recorder.sample("kv_cache_bytes", 0, static_cast<double>(shape.bytes()));
    context.recorder.fact("kv_cache_slots", std::to_string(shape.slots));
    return cache;
}

Error cancelled_error() {
    return {.code = "CANCELLED",
            .message = "the trial was cancelled; what it had observed until then is kept",
            .kind = ErrorKind::cancelled};
}

}  // namespace tandem
