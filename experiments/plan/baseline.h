// What each trial is compared with: the trial of its pairing's baseline on the same target, with the same workload,
// swept values, number format and seed. It changes no result and is no part of any trial's identity. Thread rule: plain
// data.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "experiments/plan/plan.h"

namespace tandem {

// The model that two together stand in for: of llm-to-slm and speculative their llm. Empty for one model.
std::string large_model(const Trial& trial);

// The one pairing of method single that runs this model, as it is written or as a value of a sweep; empty where none
// does, or several do.
std::string default_baseline(const ExperimentSpec& spec, const std::string& model);

class Baselines {
public:
    // The spec outlives this.
    explicit Baselines(const ExperimentSpec& spec) : spec_(spec) {}

    // Every trial that the experiment means, also those that are the same as one before.
    void add(const Trial& trial);

    // Fills `baseline` and `baseline_trial`. Where the baseline's own knobs are swept, its trial is the one that agrees
    // in what both have and runs the large model; where that leaves several, or none, `baseline_trial` stays empty.
    // A baseline that the file does not name is left out with it.
    void find(Trial& trial);

private:
    struct Candidate {
        std::string id, model;
        std::vector<std::pair<std::string, std::string>> own;  // settings of its pairing
    };

    const std::string* named(const std::string& pairing) const;  // what the file says
    const std::string& usual(const std::string& model);

    const ExperimentSpec& spec_;
    std::unordered_map<std::string, std::vector<Candidate>> candidates_;  // by what must agree
    std::unordered_map<std::string, std::string> defaults_;               // by large model
};

}  // namespace tandem
