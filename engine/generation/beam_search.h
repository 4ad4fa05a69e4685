// Beam search over log-probabilities, as transformers' generate(num_beams=k, do_sample=False) searches:
//   each step continues all running beams by every token, takes the best (1 + ends of text, at least 2) * k sums of
//   log-probabilities, and keeps the best k that did not end as the running beams. Of those that ended (by an end of
//   text or at the last token) the ones among the best k become finished answers, their sums divided by
//   length ^ length_penalty; the best k of these are kept. Over when k answers are finished and early_stopping is set,
//   when the best running beam, divided in the same way, does not exceed the worst finished one, or when nothing goes
//   on.
// Log-probabilities are adjusted before they are added: repetition_penalty over the beam's own tokens, min_new_tokens,
// and what the model's configuration forces and forbids. Sums are kept in f32, as there; of equal ones the lower beam
// and then the lower id comes first. No torch. Errors: LOGITS_NOT_FINITE. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/api/options.h"
#include "engine/api/result.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class BeamSearch {
public:
    // `beginning` is what every answer follows and what counts as seen.
    BeamSearch(const GenerationOptions& options, TargetTokens rules, std::vector<TokenId> end_ids,
               std::vector<TokenId> beginning);

    // Log-probabilities [beams, vocab] of what follows each running beam; changed. All rows are the same at first.
    Result<void> step(std::span<float> log_probs);
    bool over() const { return over_; }
    std::int64_t steps() const { return steps_; }

    // Of the running beams after a step: the last token, and which of the beams before the step each continues.
    const std::vector<TokenId>& last() const { return last_; }
    const std::vector<std::int64_t>& rows() const { return rows_; }

    // The best finished answer; the best running one while none is.
    const std::vector<TokenId>& best() const;

private:
    struct Beam {
        std::vector<TokenId> tokens;
        float score = 0;
        bool finished = false;
    };
    struct Continuation {
        float score = 0;
        std::int64_t row = 0;
        TokenId id = 0;
        bool ends = false;
    };

    void adjust(std::span<float> row, const Beam& beam);
    void penalise(std::span<float> row, const Beam& beam);
    TokenId forced() const;
    bool is_end(TokenId id) const;
    Result<std::vector<Continuation>> best_continuations(std::span<const float> log_probs, std::size_t vocab) const;
    Beam continued(const Continuation& by, float score) const;
    std::vector<Beam> finish(const std::vector<Continuation>& continuations, float divisor);
    std::vector<Beam> run_on(const std::vector<Continuation>& continuations);

    GenerationOptions options_;
    TargetTokens rules_;
    std::vector<TokenId> end_ids_;
    std::vector<TokenId> beginning_;
    std::vector<Beam> running_;
    std::vector<Beam> finished_;  // best first; those that are not finished hold a place
    std::vector<TokenId> last_;
    std::vector<std::int64_t> rows_;
    std::vector<bool> seen_;  // scratch
    std::int64_t steps_ = 0;
    bool over_ = false;
};

}  // namespace tandem
