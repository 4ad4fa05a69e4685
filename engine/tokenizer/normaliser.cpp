#include "engine/tokenizer/normaliser.h"

namespace tandem {

std::string replace_all(std::string_view text, std::string_view pattern, const SplitRegex* regex,
                        std::string_view content) {
    std::string result;
    std::size_t done = 0;
    const auto put = [&](std::size_t begin, std::size_t end) {
        result += text.substr(done, begin - done);
        result += content;
        done = end;
    };
    if (regex != nullptr) {
        std::vector<Match> matches;
        regex->find_all(text, matches);
        for (const Match& match : matches) {
            put(match.begin, match.end);
        }
    } else if (!pattern.empty()) {
        for (std::size_t at = text.find(pattern); at != std::string_view::npos; at = text.find(pattern, done)) {
            put(at, at + pattern.size());
        }
    }
    result += text.substr(done);
    return result;
}

std::string normalise(const Normaliser& steps, std::string_view text) {
    std::string result(text);
    for (const NormaliseStep& step : steps) {
        switch (step.kind) {
            case NormaliseStep::Kind::form:
                result = unicode::normalised(result, step.form);
                break;
            case NormaliseStep::Kind::lowercase:
                result = unicode::lowered(result);
                break;
            case NormaliseStep::Kind::prepend:
                if (!result.empty()) {
                    result.insert(0, step.content);
                }
                break;
            case NormaliseStep::Kind::replace:
                result = replace_all(result, step.pattern, step.regex.get(), step.content);
                break;
        }
    }
    return result;
}

}  // namespace tandem
