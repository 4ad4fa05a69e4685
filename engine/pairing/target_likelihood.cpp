#include "engine/pairing/target_likelihood.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "engine/generation/generate.h"

namespace tandem {
namespace {

// Of logits [1, tokens, vocab] and the tokens i64 [1, tokens] that followed.
double likelihood(const at::Tensor& logits, const at::Tensor& chosen) {
    const at::Tensor each = at::log_softmax(logits.to(at::kFloat), -1).gather(-1, chosen.unsqueeze(-1));
    return each.to(at::kDouble).sum().item<double>();
}

Error cancelled() {
    return {.code = "CANCELLED", .message = "scoring was cancelled", .kind = ErrorKind::cancelled};
}

}  // namespace

Result<double> target_likelihood(const CausalLm& model, const at::Tensor& prompt, std::span<const TokenId> target,
                                 const std::stop_token& stop) {
    if (target.empty()) {
        return 0.0;
    }
    const c10::NoGradGuard no_autograd;
    const at::Tensor chosen = ids_row(target, model.device());
    const auto count = static_cast<std::int64_t>(target.size());
    const std::int64_t before = prompt.size(1) - 1;  // positions that say nothing of the target
    const at::Tensor read = at::cat({prompt, model.embed(chosen.narrow(1, 0, count - 1))}, 1);
    KvCache cache = TANDEM_TRY(KvCache::create(model.cache_shape(1, read.size(1)), model.device()));
    cache.expect(prompt.size(1));
    double sum = 0;
    for (const at::Tensor& part : read.split(prefill_chunk_for(model.shape()), 1)) {
        if (stop.stop_requested()) {
            return cancelled();
        }
        const std::int64_t begin = cache.length();
        const at::Tensor hidden = model.through(model.all_layers(), model.placed(part, cache), cache);
        cache.advance(part.size(1));
        const std::int64_t first = std::max(before - begin, std::int64_t{0});
        const std::int64_t scored = part.size(1) - first;
        if (scored > 0) {
            sum += likelihood(model.logits(model.finish(hidden.narrow(1, first, scored))),
                              chosen.narrow(1, begin + first - before, scored));
        }
    }
    return sum;
}

Result<double> target_likelihood(const EncoderDecoderLm& model, const EncodedSource& source,
                                 std::span<const TokenId> target, const std::stop_token& stop) {
    if (target.empty()) {
        return 0.0;
    }
    const c10::NoGradGuard no_autograd;
    const at::Tensor chosen = ids_row(target, model.device());
    const auto count = static_cast<std::int64_t>(target.size());
    const auto start = static_cast<TokenId>(model.decoder_start_id());
    const at::Tensor read = at::cat({ids_row({&start, 1}, model.device()), chosen.narrow(1, 0, count - 1)}, 1);
    KvCache cache = TANDEM_TRY(KvCache::create(model.cache_shape(1, count), model.device()));
    double sum = 0;
    for (const at::Tensor& part : read.split(prefill_chunk_for(model.shape()), 1)) {
        if (stop.stop_requested()) {
            return cancelled();
        }
        const std::int64_t begin = cache.length();
        const at::Tensor logits = model.forward(part, source, cache, LogitsFor::all);
        sum += likelihood(logits, chosen.narrow(1, begin, part.size(1)));
    }
    return sum;
}

}  // namespace tandem
