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

void note_templates(bool chat, const std::string& system, const SystemPrompts& prompts, TrialRecorder& recorder) {
    const auto used = [&](bool uses) { return uses ? "used" : chat ? "none in the model" : "off"; };
    recorder.fact("chat_template", used(prompts.uses_template()));
    if (prompts.partner_tokenizer()) {
        recorder.fact("partner_chat_template", used(prompts.partner_uses_template()));
    }
    if (chat && !prompts.uses_template()) {
        recorder.note("no_chat_template", "the model has no chat template: prompts were continued as plain text");
    }
    if (!system.empty() && !prompts.uses_template() && !prompts.partner_uses_template()) {
        recorder.note("system_unused", "the system message needs a chat template and was left out");
    }
}

Error cancelled_error() {
    return {.code = "CANCELLED",
            .message = "the trial was cancelled; what it had observed until then is kept",
            .kind = ErrorKind::cancelled};
}

}  // namespace tandem
