#include "engine/generation/speculative.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/generation/answer_writer.h"
#include "engine/generation/draft_check.h"
#include "engine/generation/rewindable.h"
#include "engine/generation/sampler.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

// A token with the distribution that it was drawn from.
struct Draft {
    TokenId id = 0;
    std::vector<Candidate> distribution;
};

// Chooses as the answer's options and rules say, for both models alike.
class Chooser {
public:
    Chooser(const GenerationRequest& request, Sampler sampler) : request_(request), sampler_(std::move(sampler)) {}

    Sampler& sampler() { return sampler_; }

    // What the token at place `index` is drawn from, given logits [vocab] on the host: one token alone where it is
    // forced or the largest is taken. Valid until the next call.
    Result<std::span<const Candidate>> distribution(const AnswerWriter& writer, std::span<float> logits,
                                                    std::int64_t index) {
        std::optional<TokenId> only = writer.forced(index);
        if (!only) {
            writer.forbid(logits);
            if (!request_.options.greedy) {
                return sampler_.distribution(logits, index);
            }
            only = TANDEM_TRY(sampler_.choose(logits, index));
        }
        one_ = {.id = *only, .score = 0, .weight = 1};
        return std::span<const Candidate>(&one_, 1);
    }

private:
    const GenerationRequest& request_;
    Sampler sampler_;
    Candidate one_;
};

std::span<float> row_of(const at::Tensor& logits, std::int64_t row) {
    const auto vocab = static_cast<std::size_t>(logits.size(1));
    return {logits.mutable_data_ptr<float>() + static_cast<std::size_t>(row) * vocab, vocab};
}

class Speculation {
public:
    Speculation(const SpeculativePair& pair, Rewindable large, Rewindable small, const GenerationRequest& request,
                Sampler sampler, AnswerWriter writer, const Clock& clock, GenerationListener& listener,
                const std::stop_token& stop)
        : pair_(pair),
          large_(std::move(large)),
          small_(std::move(small)),
          request_(request),
          chooser_(request, std::move(sampler)),
          writer_(std::move(writer)),
          random_(request.random),
          clock_(clock),
          listener_(listener),
          stop_(stop) {}

    Result<Answer> run() {
        const std::optional<at::Tensor> logits = prefill();
        if (!logits) {
            return finish(StopReason::cancelled);
        }
        std::optional<StopReason> ended = take(draw(TANDEM_TRY(large_choice(*logits, 0)), random_));
        if (ended) {
            return finish(*ended);
        }
        listener_.phase_begins(GenerationPhase::decode, time_);
        while (!ended) {
            TANDEM_TRY(draft());
            if (stop_.stop_requested()) {
                return finish(StopReason::cancelled);
            }
            ended = TANDEM_TRY(verify());
        }
        listener_.phase_ends(GenerationPhase::decode, time_);
        return finish(*ended);
    }

private:
    // Both models read the prompt; the large one's logits behind it, none if cancelled.
    std::optional<at::Tensor> prefill() {
        listener_.phase_begins(GenerationPhase::prefill, clock_.now_ns());
        std::optional<at::Tensor> logits = large_.begin(request_.prompt, stop_);
        if (!logits || !small_.begin(request_.prompt, stop_)) {
            return std::nullopt;
        }
        listener_.phase_ends(GenerationPhase::prefill, clock_.now_ns());
        if (const EncoderDecoderLm* model = pair_.large.encoder_decoder()) {
            chooser_.sampler().see(static_cast<TokenId>(model->decoder_start_id()));
        } else {
            for (const TokenId id : request_.prompt) {
                chooser_.sampler().see(id);
            }
        }
        return logits;
    }

    Result<std::span<const Candidate>> large_choice(const at::Tensor& logits, std::int64_t row) {
        return chooser_.distribution(writer_, row_of(logits, row), writer_.answered());
    }

    std::optional<StopReason> take(TokenId id) {
        time_ = clock_.now_ns();
        chooser_.sampler().see(id);
        return writer_.take(id, time_);
    }

    // Tokens that the small model would answer with next. The large model adds one of its own to those it accepts, so
    // that the last token of the greatest length is never drafted.
    Result<void> draft() {
        drafts_.clear();
        const std::int64_t room = request_.options.max_new_tokens - writer_.answered() - 1;
        const std::int64_t wanted = std::min(pair_.draft_tokens, room);
        std::vector<TokenId> unread(writer_.tokens().begin() + small_.answered(), writer_.tokens().end());
        const std::size_t seen = chooser_.sampler().seen();
        while (std::ssize(drafts_) < wanted && !stop_.stop_requested()) {
            const at::Tensor logits = small_.read(unread, LogitsFor::last);
            std::span<float> row = row_of(logits, 0);
            row = row.first(std::min(row.size(), static_cast<std::size_t>(pair_.large.shape().vocab)));
            const auto choice =
                TANDEM_TRY(chooser_.distribution(writer_, row, writer_.answered() + std::ssize(drafts_)));
            const TokenId id = draw(choice, random_);
            drafts_.push_back({.id = id, .distribution = {choice.begin(), choice.end()}});
            chooser_.sampler().see(id);
            unread = {id};
            if (writer_.is_end(id)) {
                break;
            }
        }
        chooser_.sampler().forget_behind(seen);
        drafted_ += std::ssize(drafts_);
        return {};
    }

    // One pass of the large model over the last token and the drafts behind it.
    Result<std::optional<StopReason>> verify() {
        std::vector<TokenId> ids{writer_.tokens().back()};
        for (const Draft& draft : drafts_) {
            ids.push_back(draft.id);
        }
        const at::Tensor logits = large_.read(ids, LogitsFor::all);
        bool accepted = true;
        for (std::int64_t row = 0; accepted && row < logits.size(0); ++row) {
            const auto choice = TANDEM_TRY(large_choice(logits, row));
            CheckedDraft next;
            if (row < std::ssize(drafts_)) {
                const Draft& draft = drafts_[static_cast<std::size_t>(row)];
                next = check_draft(draft.id, choice, draft.distribution, random_);
            } else {
                next.id = draw(choice, random_);
            }
            accepted = next.accepted;
            accepted_ += accepted ? 1 : 0;
            if (const std::optional<StopReason> ended = take(next.id)) {
                return ended;
            }
        }
        // The last token was read by neither.
        large_.keep(writer_.answered() - 1);
        small_.keep(std::min(small_.answered(), writer_.answered() - 1));
        return std::optional<StopReason>();
    }

    Answer finish(StopReason reason) {
        Answer answer = writer_.finish(reason);
        answer.drafted = drafted_;
        answer.accepted = accepted_;
        return answer;
    }

    const SpeculativePair& pair_;
    Rewindable large_;
    Rewindable small_;
    const GenerationRequest& request_;
    Chooser chooser_;
    AnswerWriter writer_;
    Random random_;
    const Clock& clock_;
    GenerationListener& listener_;
    const std::stop_token& stop_;
    std::vector<Draft> drafts_;
    std::int64_t drafted_ = 0;
    std::int64_t accepted_ = 0;
    std::int64_t time_ = 0;  // of the last token
};

std::int64_t chunk_for(const GenerationRequest& request, const AnyLm& model) {
    return request.prefill_chunk > 0 ? request.prefill_chunk : prefill_chunk_for(model.shape());
}

}  // namespace

Result<void> check_draft_kind(const ModelShape& large, const ModelShape& small) {
    if (large.kind != small.kind) {
        return Error{.code = "PAIRING_KINDS",
                     .message =
                         "one model is a decoder and the other an encoder-decoder; speculative decoding takes "
                         "two of the same kind; nothing was run",
                     .where = "models"};
    }
    return {};
}

Result<void> check_speculative(const SpeculativePair& pair) {
    TANDEM_TRY(check_draft_kind(pair.large.shape(), pair.small.shape()));
    for (const AnyLm& model : {pair.large, pair.small}) {
        if (!can_rewind(model)) {
            return Error{.code = "PAIRING_REWIND",
                         .message = "a " + model.shape().architecture +
                                    " model keeps a recurrent state, which cannot be taken back to before a rejected "
                                    "token; speculative decoding takes models with attention alone; nothing was run",
                         .where = "models"};
        }
    }
    if (pair.draft_tokens < 1 || pair.draft_tokens > 1024) {
        return Error{.code = "OPTION_RANGE",
                     .message = "draft_tokens is " + std::to_string(pair.draft_tokens) + "; allowed is 1 to 1024",
                     .where = "draft_tokens"};
    }
    return {};
}

Result<void> check_draft_context(std::int64_t prompt, std::int64_t answer, const ModelShape& small) {
    return check_context(prompt, answer, small, "the model that drafts");
}

Result<Answer> generate_speculative(const SpeculativePair& pair, KvCache& large_cache, KvCache& small_cache,
                                    const GenerationRequest& request, const std::shared_ptr<const Tokenizer>& tokenizer,
                                    const Clock& clock, GenerationListener& listener, const std::stop_token& stop) {
    TANDEM_TRY(check_speculative(pair));
    if (request.options.beams > 1) {
        return Error{.code = "OPTION_RANGE",
                     .message = "beams is " + std::to_string(request.options.beams) +
                                "; speculative decoding writes one answer: allowed is 1",
                     .where = "beams"};
    }
    const auto prompt = static_cast<std::int64_t>(request.prompt.size());
    TANDEM_TRY(check_request(request, pair.large.shape(), prompt, large_cache.shape().slots));
    // The small model reads what the large one does, ids that it does not know aside.
    const std::int64_t answer = request.options.max_new_tokens;
    TANDEM_TRY(check_draft_context(prompt, answer, pair.small.shape()));
    TANDEM_TRY(check_slots(slots_needed(pair.small.shape(), prompt, answer), small_cache.shape().slots));
    Sampler sampler = TANDEM_TRY(Sampler::create(request.options, request.end_ids, request.random));
    AnswerWriter writer = TANDEM_TRY(AnswerWriter::create(pair.large.shape().target, request, tokenizer, listener));
    return translate_torch("generate an answer", [&]() -> Result<Answer> {
        return Speculation(pair, Rewindable(pair.large, large_cache, chunk_for(request, pair.large)),
                           Rewindable(pair.small, small_cache, chunk_for(request, pair.small)), request,
                           std::move(sampler), std::move(writer), clock, listener, stop)
            .run();
    });
}

}  // namespace tandem
