#include "app/studio/experiment/knob_values.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace tandem::studio {

bool is_common_knob(const std::string& section, const std::string& name) {
    static const std::set<std::pair<std::string, std::string>> common{
        {"target", "device"},        {"target", "threads"},
        {"load", "dtype"},           {"benchmark", "prompt_tokens"},
        {"benchmark", "new_tokens"}, {"benchmark", "repetitions"},
        {"generate", "prompts"},     {"generate", "max_new_tokens"},
        {"generate", "greedy"},      {"generate", "temperature"},
        {"logits", "ids"},           {"embed", "images"},
        {"embed", "layer"},          {"null", "observations"},
        {"llm-to-slm", "layer"},     {"llm-to-slm", "fusion"},
        {"llm-to-slm", "projector"}, {"speculative", "draft_tokens"},
        {"prompt-tuning", "start"},  {"prompt-tuning", "soft_tokens"},
        {"train", "train"},          {"train", "validation"},
        {"train", "test"},           {"train", "prompt"},
        {"train", "trainable"},      {"train", "steps"},
        {"train", "learning_rate"},  {"train", "max_new_tokens"},
        {"evaluate", "test"},        {"evaluate", "test_rows"},
        {"evaluate", "prompt"},      {"evaluate", "max_new_tokens"},
    };
    return common.contains({section, name});
}

bool is_always_written(const std::string& section, const std::string& name) {
    return section != "train" && section != "evaluate" && is_common_knob(section, name);
}

std::vector<KnobDescription> knobs_of(const std::string& section) {
    std::vector<KnobDescription> knobs = describe_knobs();
    std::erase_if(knobs, [&](const KnobDescription& knob) { return knob.section != section; });
    return knobs;
}

}  // namespace tandem::studio
