#include "engine/generation/beam_decoding.h"

#include "engine/nn/kv_rows.h"

namespace tandem {
namespace {

// Cross-attention joins rows and heads, which a view of one row would copy in each pass: here it is copied once.
EncodedSource repeated(const EncodedSource& source, std::int64_t rows) {
    if (!source.hidden.defined()) {
        return {};
    }
    EncodedSource many{.hidden = source.hidden.expand({rows, -1, -1}), .mask = source.mask, .cross = {}};
    if (many.mask.defined()) {
        many.mask = many.mask.repeat({rows, 1});
    }
    for (const auto& [keys, values] : source.cross) {
        many.cross.emplace_back(keys.repeat({rows, 1, 1, 1}), values.repeat({rows, 1, 1, 1}));
    }
    return many;
}

}  // namespace

Result<BeamDecoding> BeamDecoding::create(const AnyLm& model, KvCache& one, const EncodedSource& source,
                                          std::int64_t beams) {
    KvCache many = TANDEM_TRY(spread_rows(one, beams));
    return BeamDecoding(model, std::move(many), repeated(source, beams));
}

at::Tensor BeamDecoding::next(std::span<const TokenId> ids, std::span<const std::int64_t> rows) {
    select_rows(cache_, rows, shared_);
    const at::Tensor column = ids_row(ids, model_.model().device()).t();
    const at::Tensor logits = model_.decoder() != nullptr
                                  ? model_.decoder()->forward(column, cache_, LogitsFor::last)
                                  : model_.encoder_decoder()->forward(column, source_, cache_, LogitsFor::last);
    return logits_on_host(logits).view({static_cast<std::int64_t>(ids.size()), -1});
}

std::int64_t beam_bytes(const AnyLm& model, std::int64_t slots, std::int64_t source, std::int64_t beams) {
    return beams > 1 ? beams * (model.cache_shape(slots).bytes() + model.cross_bytes(source)) : 0;
}

}  // namespace tandem
