#include "engine/pairing/llm_to_slm.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace tandem {
namespace {

// As the norms of most families do it, without numbers to learn.
at::Tensor unit_rms(const at::Tensor& vectors) {
    constexpr double epsilon = 1e-6;
    return vectors * at::rsqrt(vectors.square().mean(-1, true) + epsilon);
}

std::int64_t target_width(const AnyLm& small) {
    return small.decoder() != nullptr ? small.shape().hidden : small.encoder_decoder()->source_width();
}

}  // namespace

std::int64_t positions_taken(const PairingSettings& settings, const GuidedPrompt& prompt) {
    const auto small = static_cast<std::int64_t>(prompt.small.size());
    const auto large = static_cast<std::int64_t>(prompt.large.size());
    return settings.one_for_each_token() ? small : settings.fusion == Fusion::prepend ? large + small : large;
}

Result<void> check_settings(const PairingSettings& settings, ModelKind small) {
    const auto refuse = [](std::string message, std::string where) {
        return Error{.code = "PAIRING_FUSION", .message = std::move(message), .where = std::move(where)};
    };
    if (settings.fusion == Fusion::add && !settings.aligned) {
        return refuse("add needs one vector for each token of the small model; set aligned, or take replace or prepend",
                      "aligned");
    }
    if (settings.place == FusionPlace::encoder_output && small == ModelKind::decoder) {
        return refuse("the small model is a decoder, which has no encoder output; its place is embeddings", "place");
    }
    return {};
}

Result<LlmToSlm> LlmToSlm::create(AnyLm large, AnyLm small, const PairingSettings& settings, std::uint64_t seed) {
    const Guide guide = TANDEM_TRY(Guide::create(large, settings.layer));
    Projector projector = TANDEM_TRY(
        Projector::create(settings.projector, {guide.width(), target_width(small)}, seed, small.model().device()));
    if (settings.fusion == Fusion::add) {
        projector.silence();
    }
    return create(large, small, settings, std::move(projector));
}

Result<LlmToSlm> LlmToSlm::create(AnyLm large, AnyLm small, const PairingSettings& settings, Projector projector) {
    TANDEM_TRY(check_settings(settings, small.shape().kind));
    const Guide guide = TANDEM_TRY(Guide::create(large, settings.layer));
    const ProjectorWidths widths = projector.widths();
    if (widths.source != guide.width() || widths.target != target_width(small)) {
        return Error{.code = "PAIRING_PROJECTOR",
                     .message = "the projector maps " + std::to_string(widths.source) + " numbers to " +
                                std::to_string(widths.target) + ", the models need " + std::to_string(guide.width()) +
                                " to " + std::to_string(target_width(small)) + "; nothing was loaded",
                     .where = "projector"};
    }
    return LlmToSlm(guide, small, settings, std::move(projector));
}

Result<void> LlmToSlm::check(const GuidedPrompt& prompt) const {
    TANDEM_TRY(guide_.check(prompt.large));
    if (!settings_.one_for_each_token()) {
        return {};
    }
    const auto tokens = static_cast<std::int32_t>(prompt.large.size());
    const bool inside = std::ranges::all_of(prompt.alignment, [&](const PositionRange& range) {
        return range.first >= 0 && range.first < range.behind && range.behind <= tokens;
    });
    if (prompt.alignment.size() != prompt.small.size() || !inside) {
        return Error{.code = "PAIRING_ALIGNMENT",
                     .message = "the alignment has " + std::to_string(prompt.alignment.size()) + " ranges for " +
                                std::to_string(prompt.small.size()) + " tokens, or leads beyond the large model's " +
                                std::to_string(tokens) + "; nothing was run",
                     .where = "alignment"};
    }
    return {};
}

std::optional<at::Tensor> LlmToSlm::vectors(const GuidedPrompt& prompt, const std::stop_token& stop) const {
    if (reader_) {
        return reader_(prompt, stop);
    }
    std::optional<at::Tensor> states = guide_.read(prompt.large, stop);
    return states ? std::optional(vectors_of(prompt, *states)) : std::nullopt;
}

std::optional<std::vector<at::Tensor>> LlmToSlm::vectors_of_all(std::span<const GuidedPrompt* const> prompts,
                                                                const std::stop_token& stop) const {
    std::vector<at::Tensor> made;
    if (reader_) {
        for (const GuidedPrompt* prompt : prompts) {
            std::optional<at::Tensor> vectors = reader_(*prompt, stop);
            if (!vectors) {
                return std::nullopt;
            }
            made.push_back(*std::move(vectors));
        }
        return made;
    }
    std::vector<std::span<const TokenId>> ids;
    for (const GuidedPrompt* prompt : prompts) {
        ids.emplace_back(prompt->large);
    }
    const auto states = guide_.read_all(ids, stop);
    if (!states) {
        return std::nullopt;
    }
    for (std::size_t number = 0; number < prompts.size(); ++number) {
        made.push_back(vectors_of(*prompts[number], (*states)[number]));
    }
    return made;
}

at::Tensor LlmToSlm::vectors_of(const GuidedPrompt& prompt, const at::Tensor& states) const {
    const c10::NoGradGuard no_autograd;
    return settings_.one_for_each_token() ? pool(states, prompt.alignment, settings_.pooling) : states;
}

LlmToSlm LlmToSlm::read_by(std::shared_ptr<GuideReader> reader) const {
    if (reader_) {
        return *this;
    }
    return with_vectors([whole = *this, reader = std::move(reader)](
                            const GuidedPrompt& prompt, const std::stop_token& stop) -> std::optional<at::Tensor> {
        const std::optional<at::Tensor> states = reader->read(prompt.large, stop);
        return states ? std::optional(whole.vectors_of(prompt, *states)) : std::nullopt;
    });
}

LlmToSlm LlmToSlm::with_vectors(VectorReader reader) const {
    LlmToSlm same = *this;
    same.reader_ = std::move(reader);
    return same;
}

Sequence LlmToSlm::projected(const Sequence& vectors) const {
    const at::Tensor& read = vectors.vectors;
    return {.vectors = projector_(settings_.vector_norm == VectorNorm::rms ? unit_rms(read) : read),
            .mask = vectors.mask};
}

FusedSequence LlmToSlm::guided_prompt(const at::Tensor& ids, const at::Tensor& mask, const Sequence& vectors) const {
    TORCH_CHECK(small_.decoder() != nullptr, "the small model is no decoder");
    return fuse(settings_, {small_.decoder()->embed(ids), mask}, projected(vectors));
}

EncodedSource LlmToSlm::guided_source(const at::Tensor& ids, const at::Tensor& mask, const Sequence& vectors) const {
    TORCH_CHECK(small_.encoder_decoder() != nullptr, "the small model is no encoder-decoder");
    const EncoderDecoderLm& small = *small_.encoder_decoder();
    const Sequence guidance = projected(vectors);
    const bool alone = settings_.fusion == Fusion::replace && !settings_.aligned;
    if (settings_.place == FusionPlace::encoder_output) {
        if (alone) {  // its own encoder has nothing to say
            return small.attach({.hidden = guidance.vectors, .mask = guidance.mask});
        }
        const EncoderOutput own = small.read({.ids = ids, .embeddings = {}, .mask = mask});
        const Sequence fused = fuse(settings_, {own.hidden, own.mask}, guidance).sequence;
        return small.attach({.hidden = fused.vectors, .mask = fused.mask});
    }
    const Sequence fused = fuse(settings_, {small.embed_source(ids), mask}, guidance).sequence;
    return small.attach(small.read(
        {.ids = settings_.one_for_each_token() ? ids : at::Tensor(), .embeddings = fused.vectors, .mask = fused.mask}));
}

std::optional<WriterInput> LlmToSlm::input(const GuidedPrompt& prompt, const std::stop_token& stop) const {
    const std::optional<at::Tensor> read = vectors(prompt, stop);
    if (!read || stop.stop_requested()) {
        return std::nullopt;
    }
    const at::Device device = small_.model().device();
    const Sequence guidance{.vectors = read->unsqueeze(0).to(device), .mask = {}};
    const at::Tensor ids = ids_row(prompt.small, device);
    if (small_.decoder() != nullptr) {
        return WriterInput{.embeddings = guided_prompt(ids, {}, guidance).sequence.vectors, .source = {}};
    }
    return WriterInput{.embeddings = {}, .source = guided_source(ids, {}, guidance)};
}

std::int64_t LlmToSlm::positions(const GuidedPrompt& prompt) const {
    return positions_taken(settings_, prompt);
}

std::int64_t LlmToSlm::slots_needed(const GuidedPrompt& prompt, std::int64_t answer) const {
    return tandem::slots_needed(small_.shape(), positions(prompt), answer);
}

std::unique_ptr<Decoding> LlmToSlm::decoding(const GuidedPrompt& prompt, KvCache& cache) const {
    return input_decoding(small_, prompt.small, cache,
                          [this, &prompt](const std::stop_token& stop) { return input(prompt, stop); });
}

Result<Answer> LlmToSlm::generate(const GuidedPrompt& prompt, KvCache& cache, GenerationRequest request,
                                  const std::shared_ptr<const Tokenizer>& tokenizer, const Clock& clock,
                                  GenerationListener& listener, const std::stop_token& stop) const {
    TANDEM_TRY(check(prompt));
    request.prompt = prompt.small;
    const auto guided = decoding(prompt, cache);
    return tandem::generate(*guided, small_.shape(), positions(prompt), cache, request, tokenizer, clock, listener,
                            stop);
}

}  // namespace tandem
