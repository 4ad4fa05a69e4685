#include "engine/run_workloads.h"

#include "engine/generation/beam_decoding.h"

namespace tandem {

Result<KvCache> make_cache(const RunContext& context) {
    const KvCacheShape shape = context.model.cache_shape(context.cache_slots);
    KvCache cache = TANDEM_TRY(KvCache::create(shape, context.model.model().device()));
    const std::int64_t bytes = shape.bytes() + context.model.cross_bytes(context.source);
    context.recorder.sample("kv_cache_bytes", 0, static_cast<double>(bytes));
    context.recorder.fact("kv_cache_slots", std::to_string(shape.slots));
    return cache;
}

namespace {

// What the search of the model that writes keeps beside its cache.
std::int64_t search_bytes(const SystemContext& context, std::int64_t beams) {
    const Model* writer = context.system.models().front();
    const Positions& room = context.room;
    if (const auto* decoder = dynamic_cast<const CausalLm*>(writer)) {
        return beam_bytes(*decoder, room.cache, room.source, beams);
    }
    const auto* encoder_decoder = dynamic_cast<const EncoderDecoderLm*>(writer);
    return encoder_decoder == nullptr ? 0 : beam_bytes(*encoder_decoder, room.cache, room.source, beams);
}

}  // namespace

Result<std::unique_ptr<Session>> open_session(const SystemContext& context, std::int64_t beams, PrefixReuse reuse) {
    auto session = TANDEM_TRY(context.system.open_with(context.room, reuse));
    const std::int64_t bytes = session->cache_bytes() + search_bytes(context, beams);
    context.recorder.sample("kv_cache_bytes", 0, static_cast<double>(bytes));
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

void record_drafts(const SystemContext& context, const Answer& answer, std::int64_t repetition) {
    if (context.system.method() == PairingMethod::speculative) {
        context.recorder.sample("draft_tokens", repetition, static_cast<double>(answer.drafted));
        context.recorder.sample("accepted_tokens", repetition, static_cast<double>(answer.accepted));
    }
}

void record_reuse(PrefixReuse reuse, const Session& session, std::int64_t repetition, TrialRecorder& recorder) {
    if (reuse != PrefixReuse::off) {
        recorder.sample("reused_tokens", repetition, static_cast<double>(session.reused_tokens()));
    }
}

Error cancelled_error() {
    return {.code = "CANCELLED",
            .message = "the trial was cancelled; what it had observed until then is kept",
            .kind = ErrorKind::cancelled};
}

}  // namespace tandem
