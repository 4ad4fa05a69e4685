// generate() with more than one beam. The caller has checked prompt, options and room, has cleared the cache and
// translates what libtorch throws. Thread rule and errors: those of generate().
#pragma once

#include "engine/generation/answer_text.h"
#include "engine/generation/generate.h"

namespace tandem {

// Refused is what does not go with a search: OPTION_CONFLICT for sampling and stop strings, OPTION_RANGE.
Result<void> check_beams(const GenerationOptions& options);

Result<Answer> generate_by_beams(Decoding& decoding, const TargetTokens& rules, const GenerationRequest& request,
                                 AnswerText text, const Clock& clock, GenerationListener& listener,
                                 const std::stop_token& stop);

}  // namespace tandem
