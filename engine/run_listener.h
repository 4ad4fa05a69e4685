// One generation's events on their way to the recorder, as one repetition of the trial. Thread rule: the job's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "engine/generation/generate.h"
#include "engine/run_machine.h"
#include "engine/run_recorder.h"

namespace tandem {

class RepetitionListener : public GenerationListener {
public:
    // Progress goes from `begin` to `begin` + `share` while up to `tokens` tokens come.
    struct Place {
        double begin = 0;
        double share = 1;
        std::int64_t tokens = 1;
        std::string what;  // "repetition 2 of 5"
    };

    RepetitionListener(TrialRecorder& recorder, MachineSampler& machine, std::int64_t repetition, Place place)
        : recorder_(recorder), machine_(machine), repetition_(repetition), place_(std::move(place)) {
        recorder_.progress(place_.begin, place_.what);
    }

    void phase_begins(GenerationPhase phase, std::int64_t time_ns) override {
        recorder_.phase_begins(name(phase), repetition_, time_ns);
    }
    void phase_ends(GenerationPhase phase, std::int64_t time_ns) override {
        recorder_.phase_ends(name(phase), repetition_, time_ns);
    }
    void token(const GeneratedToken& token) override {
        recorder_.token(token, repetition_);
        advance(token.index + 1);
    }
    void searched(std::int64_t tokens) override { advance(tokens); }

private:
    // The tokens of a search come once it has gone further than them.
    void advance(std::int64_t tokens) {
        reached_ = std::max(reached_, tokens);
        const double done = static_cast<double>(reached_) / static_cast<double>(place_.tokens);
        recorder_.progress(place_.begin + place_.share * done, place_.what);
        machine_.tick(repetition_);
    }

    static std::string_view name(GenerationPhase phase) {
        return phase == GenerationPhase::prefill ? "prefill" : "decode";
    }

    TrialRecorder& recorder_;
    MachineSampler& machine_;
    std::int64_t repetition_;
    Place place_;
    std::int64_t reached_ = 0;
};

}  // namespace tandem
