#include "engine/pairing/guide_reader.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "engine/generation/generate.h"

namespace tandem {

GuideReader::GuideReader(const Guide& guide, PrefixReuse reuse, std::int64_t slots, std::int64_t chunk)
    : guide_(guide),
      reuse_(reuse),
      slots_(slots),
      prefix_(reuse, chunk > 0 ? chunk : prefill_chunk_for(guide.model().shape())) {}

std::optional<at::Tensor> GuideReader::read(std::span<const TokenId> ids, const std::stop_token& stop) {
    if (reuse_ == PrefixReuse::off) {
        reused_ = 0;
        tokens_run_ += static_cast<std::int64_t>(ids.size());
        return guide_.read(ids, stop);
    }
    const auto same = std::ranges::find_if(known_, [&](const Known& one) { return std::ranges::equal(one.ids, ids); });
    if (same != known_.end()) {
        reused_ = static_cast<std::int64_t>(ids.size());
        return same->states;
    }
    std::optional<at::Tensor> states = read_new(ids, stop);
    if (states) {
        known_.push_back({{ids.begin(), ids.end()}, *states});
        if (known_.size() > remembered) {
            known_.pop_front();
        }
    }
    return states;
}

std::optional<at::Tensor> GuideReader::read_new(std::span<const TokenId> ids, const std::stop_token& stop) {
    const CausalLm* decoder = guide_.lm().decoder();
    if (decoder != nullptr) {
        return read_on(*decoder, ids, stop);
    }
    reused_ = 0;
    tokens_run_ += static_cast<std::int64_t>(ids.size());
    return guide_.read(ids, stop);
}

std::optional<at::Tensor> GuideReader::read_on(const CausalLm& model, std::span<const TokenId> ids,
                                               const std::stop_token& stop) {
    const c10::NoGradGuard no_autograd;
    make_room(model, static_cast<std::int64_t>(ids.size()));
    reused_ = prefix_.begin(ids, *cache_);
    std::span<const TokenId> rest = ids.subspan(static_cast<std::size_t>(reused_));
    while (!rest.empty()) {
        if (stop.stop_requested()) {
            return std::nullopt;
        }
        const auto part = rest.first(std::min(rest.size(), static_cast<std::size_t>(prefix_.chunk())));
        const auto count = static_cast<std::int64_t>(part.size());
        const std::int64_t first = cache_->length();
        const at::Tensor hidden = model.hidden_after(guide_.layer(), ids_row(part, model.device()), *cache_);
        states_.narrow(0, first, count).copy_(hidden.squeeze(0));
        prefix_.ran(part);
        tokens_run_ += count;
        rest = rest.subspan(part.size());
    }
    return states_.narrow(0, 0, static_cast<std::int64_t>(ids.size())).clone();
}

void GuideReader::make_room(const CausalLm& model, std::int64_t tokens) {
    if (cache_ && cache_->shape().slots >= tokens) {
        return;
    }
    slots_ = std::max(slots_, tokens);
    cache_.reset();  // the old one's memory first
    Result<KvCache> made = KvCache::create(model.cache_shape(1, slots_), model.device());
    TORCH_CHECK(made.ok(), made.error().message);
    cache_ = std::move(made).value();
    states_ = at::empty({slots_, guide_.width()}, at::TensorOptions(at::kFloat).device(model.device()));
}

std::int64_t GuideReader::bytes(const Guide& guide, std::int64_t slots) {
    const CausalLm* decoder = guide.lm().decoder();
    const std::int64_t states = slots * guide.width() * static_cast<std::int64_t>(sizeof(float));
    return (decoder == nullptr ? 0 : decoder->cache_shape(1, slots).bytes()) +
           static_cast<std::int64_t>(remembered + (decoder == nullptr ? 0 : 1)) * states;
}

}  // namespace tandem
