#include "engine/run_workloads.h"

namespace tandem {

Result<KvCache> make_cache(const RunContext& context) {
    const KvCacheShape shape = context.model.cache_shape(context.cache_slots);
    KvCache cache = TANDEM_TRY(KvCache::create(shape, context.model.model().device()));
    const std::int64_t bytes = shape.bytes() + context.model.cross_bytes(context.source);
    context.recorder.sample("kv_cache_bytes", 0, static_cast<double>(bytes));
    context.recorder.fact("kv_cache_slots", std::to_string(shape.slots));
    return cache;
}

Result<std::unique_ptr<Session>> open_session(const SystemContext& context) {
    auto session = TANDEM_TRY(context.system.open(context.room));
    context.recorder.sample("kv_cache_bytes", 0, static_cast<double>(session->cache_bytes()));
    context.recorder.fact("kv_cache_slots", std::to_string(context.room.cache));
    return session;
}

void record_drafts(const SystemContext& context, const Answer& answer, std::int64_t repetition) {
    if (context.system.method() == PairingMethod::speculative) {
        context.recorder.sample("draft_tokens", repetition, static_cast<double>(answer.drafted));
        context.recorder.sample("accepted_tokens", repetition, static_cast<double>(answer.accepted));
    }
}

Error cancelled_error() {
    return {.code = "CANCELLED",
            .message = "the trial was cancelled; what it had observed until then is kept",
            .kind = ErrorKind::cancelled};
}

}  // namespace tandem
