// Chooses the next token from logits. The steps and their order are those of transformers' generate():
//   1. repetition penalty  logits of tokens seen before (prompt and answer): divided if positive, multiplied if not
//   2. min_new_tokens      before that many tokens, ends of text get -inf
//   and, unless greedy,
//   3. temperature         logits are divided by it
//   4. top_k               keeps the k largest, and every one equal to the k-th
//   5. top_p               keeps the fewest of the most probable whose sum reaches p (of equal ones the lower id first)
//   6. min_p               keeps those at least p times as probable as the best
// At least one token is always kept. Greedy takes the largest logit, of equal ones the lowest id. Sampling draws one
// number of Random per token and inverts the cumulative distribution over the kept tokens in the order of their ids, so
// that one seed gives one text. No torch. Errors: OPTION_RANGE, LOGITS_NOT_FINITE. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/api/options.h"
#include "engine/api/result.h"
#include "engine/generation/random.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

struct Candidate {
    TokenId id = 0;
    float score = 0;
    double weight = 0;  // exp(score - largest score): the probability, but for the common divisor
};

// One of the candidates by their weights: one number is drawn and the cumulative distribution is inverted. They must
// not be empty.
TokenId draw(std::span<const Candidate> candidates, Random& random);

class Sampler {
public:
    // `end_ids` are the ends of text that min_new_tokens keeps away.
    static Result<Sampler> create(const GenerationOptions& options, std::vector<TokenId> end_ids, Random random);

    // A token that counts as seen: of the prompt, and each chosen one.
    void see(TokenId id);
    // How many different tokens were seen, and back to that: for tokens that were seen on trial.
    std::size_t seen() const { return seen_.size(); }
    void forget_behind(std::size_t seen);

    // The next token, given f32 logits [vocab] and how many tokens the answer has so far. Does not call see().
    Result<TokenId> choose(std::span<const float> logits, std::int64_t answered);

    // What choose() draws from when sampling: the kept tokens in the order of their ids, with their weights. Valid
    // until the next call.
    Result<std::span<const Candidate>> distribution(std::span<const float> logits, std::int64_t answered);

private:
    Sampler(const GenerationOptions& options, std::vector<TokenId> end_ids, Random random)
        : options_(options), end_ids_(std::move(end_ids)), random_(random) {}

    // Steps 1 and 2; the span is either `logits` or scores_.
    std::span<const float> adjust(std::span<const float> logits, std::int64_t answered);
    void keep_top_k(std::span<const float> scores);
    void keep_top_p();

    GenerationOptions options_;
    std::vector<TokenId> end_ids_;
    Random random_;
    std::vector<bool> seen_flags_;
    std::vector<TokenId> seen_;
    std::vector<float> scores_;  // scratch, kept so that a token costs no allocation
    std::vector<float> largest_;
    std::vector<Candidate> kept_;
};

}  // namespace tandem
