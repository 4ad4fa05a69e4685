#include "engine/generation/generate.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "engine/generation/answer_writer.h"
#include "engine/generation/beam_generate.h"
#include "engine/generation/sampler.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

class Generation {
public:
    Generation(Decoding& decoding, const GenerationRequest& request, Sampler sampler, AnswerWriter writer,
               const Clock& clock, GenerationListener& listener, const std::stop_token& stop)
        : decoding_(decoding),
          request_(request),
          sampler_(std::move(sampler)),
          writer_(std::move(writer)),
          clock_(clock),
          listener_(listener),
          stop_(stop) {}

    Result<Answer> run() {
        std::optional<at::Tensor> logits = prefill();
        for (std::int64_t index = 0; logits; ++index) {
            const TokenId id = TANDEM_TRY(choose(*logits, index));
            const std::int64_t time = clock_.now_ns();
            sampler_.see(id);
            const std::optional<StopReason> ended = writer_.take(id, time);
            if (ended) {
                if (index > 0) {
                    listener_.phase_ends(GenerationPhase::decode, time);
                }
                return writer_.finish(*ended);
            }
            if (index == 0) {
                listener_.phase_begins(GenerationPhase::decode, time);
            }
            logits = stop_.stop_requested() ? std::nullopt : std::optional(decoding_.next(id));
        }
        return writer_.finish(StopReason::cancelled);
    }

private:
    // Logits [vocab] after the prompt, on the host; none if cancelled.
    std::optional<at::Tensor> prefill() {
        listener_.phase_begins(GenerationPhase::prefill, clock_.now_ns());
        std::optional<at::Tensor> logits = decoding_.read(request_.prompt, stop_);
        if (logits) {
            listener_.phase_ends(GenerationPhase::prefill, clock_.now_ns());
            for (const TokenId id : decoding_.beginning(request_.prompt)) {
                sampler_.see(id);
            }
        }
        return logits;
    }

    Result<TokenId> choose(const at::Tensor& logits, std::int64_t index) {
        if (const std::optional<TokenId> forced = writer_.forced(index)) {
            return *forced;
        }
        const std::span<float> row{logits.mutable_data_ptr<float>(), static_cast<std::size_t>(logits.numel())};
        writer_.forbid(row);
        return sampler_.choose(row, index);
    }

    Decoding& decoding_;
    const GenerationRequest& request_;
    Sampler sampler_;
    AnswerWriter writer_;
    const Clock& clock_;
    GenerationListener& listener_;
    const std::stop_token& stop_;
};

template <class Id>
Result<void> check_each(std::span<const Id> ids, std::int64_t vocab) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0 || ids[i] >= vocab) {
            return Error{.code = "TOK_ID_RANGE",
                         .message = "token id " + std::to_string(ids[i]) + " is not in the model's vocabulary, 0 to " +
                                    std::to_string(vocab - 1) + "; nothing was run",
                         .where = "position " + std::to_string(i)};
        }
    }
    return {};
}

}  // namespace

Result<Answer> generate(const AnyLm& model, KvCache& cache, const GenerationRequest& request,
                        const std::shared_ptr<const Tokenizer>& tokenizer, const Clock& clock,
                        GenerationListener& listener, const std::stop_token& stop) {
    const ModelShape& shape = model.shape();
    const std::int64_t chunk = request.prefill_chunk > 0 ? request.prefill_chunk : prefill_chunk_for(shape);
    const auto decoding = model.decoding(cache, chunk);
    return generate(*decoding, shape, static_cast<std::int64_t>(request.prompt.size()), cache, request, tokenizer,
                    clock, listener, stop);
}

Result<Answer> generate(Decoding& decoding, const ModelShape& shape, std::int64_t positions, KvCache& cache,
                        const GenerationRequest& request, const std::shared_ptr<const Tokenizer>& tokenizer,
                        const Clock& clock, GenerationListener& listener, const std::stop_token& stop) {
    TANDEM_TRY(check_request(request, shape, positions, cache.shape().slots));
    Sampler sampler = TANDEM_TRY(Sampler::create(request.options, request.end_ids, request.random));
    if (request.options.beams > 1) {
        AnswerText text = TANDEM_TRY(AnswerText::create(tokenizer, request.options.stop));
        decoding.begin(cache);
        return translate_torch("search for an answer", [&]() -> Result<Answer> {
            return generate_by_beams(decoding, shape.target, request, std::move(text), clock, listener, stop);
        });
    }
    AnswerWriter writer = TANDEM_TRY(AnswerWriter::create(shape.target, request, tokenizer, listener));
    decoding.begin(cache);
    return translate_torch("generate an answer", [&]() -> Result<Answer> {
        return Generation(decoding, request, std::move(sampler), std::move(writer), clock, listener, stop).run();
    });
}

Result<void> check_request(const GenerationRequest& request, const ModelShape& shape, std::int64_t positions,
                           std::int64_t slots) {
    const std::int64_t answer = request.options.max_new_tokens;
    if (request.prompt.empty()) {
        return Error{.code = "PROMPT_EMPTY", .message = "the prompt has no tokens; at least one is needed"};
    }
    TANDEM_TRY(check_beams(request.options));
    TANDEM_TRY(check_ids(std::span<const TokenId>(request.prompt), source_vocabulary(shape)));
    TANDEM_TRY(check_context(positions, answer, shape, {}));
    return check_slots(slots_needed(shape, positions, answer), slots);
}

Result<void> check_context(std::int64_t prompt, std::int64_t answer, const ModelShape& shape,
                           const std::string& where) {
    const auto refuse = [&](const std::string& found, const std::string& way_out) {
        return Error{.code = "CONTEXT_TOO_LONG",
                     .message = found + "; the model was trained for " + std::to_string(shape.context) + "; " +
                                way_out + "; nothing was run",
                     .where = where};
    };
    if (shape.context == 0) {
        return {};
    }
    if (shape.kind != ModelKind::encoder_decoder) {
        if (prompt + answer > shape.context) {
            return refuse("the prompt has " + std::to_string(prompt) + " tokens and " + std::to_string(answer) +
                              " are to follow, " + std::to_string(prompt + answer) + " in all",
                          "shorten the prompt or lower the number of new tokens");
        }
        return {};
    }
    if (prompt > shape.context) {
        return refuse("the source has " + std::to_string(prompt) + " tokens", "shorten it");
    }
    if (answer > shape.context) {
        return refuse("the target may have " + std::to_string(answer) + " tokens", "lower their number");
    }
    return {};
}

std::int64_t source_vocabulary(const ModelShape& shape) {
    return shape.kind == ModelKind::encoder_decoder ? shape.source_vocab : shape.vocab;
}

Result<void> check_slots(std::int64_t needed, std::int64_t slots) {
    if (needed > slots) {
        return Error{.code = "CONTEXT_TOO_LONG",
                     .message = "prompt and answer need " + std::to_string(needed) +
                                " slots of the KV cache, which has " + std::to_string(slots) +
                                "; raise context (0 takes as many as needed) or shorten them; nothing was run",
                     .where = "context"};
    }
    return {};
}

Result<void> check_ids(std::span<const TokenId> ids, std::int64_t vocab) {
    return check_each(ids, vocab);
}

Result<void> check_ids(std::span<const std::int64_t> ids, std::int64_t vocab) {
    return check_each(ids, vocab);
}

std::int64_t prefill_chunk_for(const ModelShape& shape) {
    // A pass costs about two operations for each weight and token. 3e10 a chunk is a third of a second where a machine
    // makes 1e11 a second, as two desktop cores do.
    const double attention = static_cast<double>(shape.hidden) * static_cast<double>(shape.head_dim) *
                             static_cast<double>(2 * shape.heads + 2 * shape.kv_heads);
    const double mlp = 3.0 * static_cast<double>(shape.hidden) * static_cast<double>(shape.ffn);
    const double operations_per_token = 2 * static_cast<double>(shape.layers) * (attention + mlp);
    const double tokens = 3e10 / std::max(operations_per_token, 1.0);
    return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(std::clamp(tokens, 32.0, 512.0))));
}

}  // namespace tandem
