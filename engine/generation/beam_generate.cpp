#include "engine/generation/beam_generate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/generation/beam_decoding.h"
#include "engine/generation/beam_search.h"

namespace tandem {
namespace {

class BeamGeneration {
public:
    BeamGeneration(Decoding& decoding, const TargetTokens& rules, const GenerationRequest& request, AnswerText text,
                   const Clock& clock, GenerationListener& listener, const std::stop_token& stop)
        : decoding_(decoding),
          request_(request),
          search_(request.options, rules, request.end_ids, decoding.beginning(request.prompt)),
          text_(std::move(text)),
          clock_(clock),
          listener_(listener),
          stop_(stop) {}

    Result<Answer> run() {
        listener_.phase_begins(GenerationPhase::prefill, clock_.now_ns());
        const std::optional<at::Tensor> first = decoding_.read(request_.prompt, stop_);
        if (!first) {
            return Answer{.reason = StopReason::cancelled};
        }
        BeamDecoding beams = TANDEM_TRY(decoding_.beams(request_.options.beams));
        listener_.phase_ends(GenerationPhase::prefill, clock_.now_ns());
        at::Tensor log_probs = at::log_softmax(first->view({1, -1}), 1).repeat({request_.options.beams, 1});
        while (true) {
            TANDEM_TRY(
                search_.step({log_probs.mutable_data_ptr<float>(), static_cast<std::size_t>(log_probs.numel())}));
            times_.push_back(clock_.now_ns());
            listener_.searched(search_.steps());
            if (search_.over()) {
                break;
            }
            if (search_.steps() == 1) {
                listener_.phase_begins(GenerationPhase::decode, times_.back());
            }
            if (stop_.stop_requested()) {
                return answer(true);
            }
            log_probs = at::log_softmax(beams.next(search_.last(), search_.rows()), 1);
        }
        Answer found = answer(false);
        if (search_.steps() > 1) {
            listener_.phase_ends(GenerationPhase::decode, times_.back());
        }
        return found;
    }

private:
    // Tells the listener the whole answer: which tokens are in it is known only now, which is the last one's time.
    Answer answer(bool cancelled) {
        Answer answer{.tokens = search_.best()};
        const std::size_t count = answer.tokens.size();
        const bool at_end = count > 0 && !request_.options.ignore_eos &&
                            std::ranges::find(request_.end_ids, answer.tokens.back()) != request_.end_ids.end();
        for (std::size_t i = 0; i < count; ++i) {
            const bool is_last = i + 1 == count;
            std::string text = is_last && at_end ? std::string() : text_.push(answer.tokens[i]);
            if (is_last) {
                text += text_.finish();
            }
            answer.text += text;
            listener_.token({.id = answer.tokens[i],
                             .index = static_cast<std::int64_t>(i),
                             .time_ns = is_last ? times_.back() : times_[i],
                             .text = std::move(text)});
        }
        answer.reason = cancelled ? StopReason::cancelled : at_end ? StopReason::eos : StopReason::length;
        return answer;
    }

    Decoding& decoding_;
    const GenerationRequest& request_;
    BeamSearch search_;
    AnswerText text_;
    const Clock& clock_;
    GenerationListener& listener_;
    const std::stop_token& stop_;
    std::vector<std::int64_t> times_;  // of each step
};

}  // namespace

Result<void> check_beams(const GenerationOptions& options) {
    const std::string beams = "beams is " + std::to_string(options.beams);
    if (options.beams < 1) {
        return Error{.code = "OPTION_RANGE", .message = beams + "; allowed is 1 (no search) or more"};
    }
    if (options.beams == 1) {
        return {};
    }
    if (!std::isfinite(options.length_penalty)) {
        return Error{.code = "OPTION_RANGE", .message = "length_penalty is not finite; allowed is any finite number"};
    }
    if (!options.greedy) {
        return Error{.code = "OPTION_CONFLICT",
                     .message = beams +
                                ", which searches, and greedy is false, which samples; keep one; nothing was "
                                "run"};
    }
    if (!options.stop.empty()) {
        return Error{.code = "OPTION_CONFLICT",
                     .message = beams +
                                " and stop has strings, which are not looked for in a search; leave stop out "
                                "or set beams to 1; nothing was run"};
    }
    return {};
}

Result<Answer> generate_by_beams(Decoding& decoding, const TargetTokens& rules, const GenerationRequest& request,
                                 AnswerText text, const Clock& clock, GenerationListener& listener,
                                 const std::stop_token& stop) {
    return BeamGeneration(decoding, rules, request, std::move(text), clock, listener, stop).run();
}

}  // namespace tandem
