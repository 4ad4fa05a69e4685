#include "engine/pairing/guided_prompt.h"

#include <algorithm>

namespace tandem {
namespace {

Result<Encoding> framed(const PromptEncoder& encoder, std::string_view prompt, const PromptFrame& frame) {
    Encoding encoding = TANDEM_TRY(encoder.encode_with_spans(frame.before + std::string(prompt) + frame.after));
    encoding.spans = within(encoding.spans, frame.before.size(), prompt.size());
    return encoding;
}

}  // namespace

Result<GuidedPrompt> guided_prompt(const PromptEncoder& small, const PromptEncoder& large, std::string_view prompt,
                                   const PromptFrame& small_frame, const PromptFrame& large_frame) {
    Encoding of_small = TANDEM_TRY(framed(small, prompt, small_frame));
    Encoding of_large = TANDEM_TRY(framed(large, prompt, large_frame));
    if (of_small.ids.empty() || of_large.ids.empty()) {
        return Error{.code = "PROMPT_EMPTY", .message = "the prompt has no tokens; at least one is needed"};
    }
    std::vector<PositionRange> alignment = align(of_small.spans, of_large.spans);
    return GuidedPrompt{
        .small = std::move(of_small.ids), .large = std::move(of_large.ids), .alignment = std::move(alignment)};
}

std::int64_t longest_for_guide(std::span<const GuidedPrompt* const> prompts) {
    std::size_t longest = 0;
    for (const GuidedPrompt* prompt : prompts) {
        longest = std::max(longest, prompt->large.size());
    }
    return static_cast<std::int64_t>(longest);
}

}  // namespace tandem
