#include "engine/models/encoder_decoder_lm.h"

#include <c10/core/GradMode.h>

#include "engine/nn/recording.h"

namespace tandem {

std::int64_t EncodedSource::bytes() const {
    std::int64_t sum = static_cast<std::int64_t>(hidden.nbytes());
    for (const auto& [keys, values] : cross) {
        sum += static_cast<std::int64_t>(keys.nbytes() + values.nbytes());
    }
    return sum;
}

EncodedSource EncoderDecoderLm::encode(const at::Tensor& ids, const at::Tensor& mask) const {
    return encode(Source{.ids = ids, .embeddings = {}, .mask = mask});
}

EncodedSource EncoderDecoderLm::encode(const Source& source) const {
    const NoGradUnlessRecording no_autograd;
    return attach(read(source));
}

EncoderOutput EncoderDecoderLm::read_frozen(const Source& source) const {
    const c10::NoGradGuard no_autograd;
    return read(source);
}

EncodedSource EncoderDecoderLm::attach(EncoderOutput output) const {
    std::vector<KeysValues> seen = cross(output.hidden);
    return {.hidden = std::move(output.hidden), .mask = std::move(output.mask), .cross = std::move(seen)};
}

at::Tensor EncoderDecoderLm::forward(const at::Tensor& ids, const EncodedSource& source, KvCache& cache,
                                     LogitsFor logits_for) const {
    const NoGradUnlessRecording no_autograd;
    const at::Tensor logits = write(ids, source, cache, logits_for);
    cache.advance(ids.size(1));
    return logits;
}

}  // namespace tandem
