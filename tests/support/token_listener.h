// Writes down what a generation tells: its phases and tokens as one line of events, its text, and each token.
// Thread rule: that of GenerationListener.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/generation/generate.h"

namespace tandem::test {

class TokenListener : public GenerationListener {
public:
    void phase_begins(GenerationPhase phase, std::int64_t) override {
        events += phase == GenerationPhase::prefill ? "[prefill" : "[decode";
    }
    void phase_ends(GenerationPhase, std::int64_t) override { events += "]"; }
    void token(const GeneratedToken& token) override {
        events += "t";
        streamed += token.text;
        tokens.push_back(token);
        if (on_token) {
            on_token();
        }
    }

    std::string events;
    std::string streamed;
    std::vector<GeneratedToken> tokens;
    std::function<void()> on_token;
};

}  // namespace tandem::test
