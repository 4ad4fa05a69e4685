// Keeps everything that a job tells. Thread rule: as Observer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/api/observation.h"

namespace tandem::test {

class RecordingObserver : public Observer {
public:
    void observe(Observation observation) override {
        observations.push_back(observation);
        if (on_observation) {
            on_observation(observations.back());
        }
    }
    void artefact(std::string_view name, std::string_view, std::span<const std::byte> bytes) override {
        artefacts[std::string(name)].assign(bytes.begin(), bytes.end());
    }
    void log(std::string_view line) override { lines.emplace_back(line); }
    void progress(const Progress& progress) override {
        steps.push_back(progress);
        if (on_progress) {
            on_progress(progress);
        }
    }

    std::vector<Observation> of(ObservationKind kind) const {
        std::vector<Observation> found;
        std::copy_if(observations.begin(), observations.end(), std::back_inserter(found),
                     [&](const Observation& o) { return o.kind == kind; });
        return found;
    }
    std::vector<double> tokens(std::int64_t repetition) const {
        std::vector<double> ids;
        for (const Observation& o : observations) {
            if (o.kind == ObservationKind::token && o.repetition == repetition) {
                ids.push_back(o.value);
            }
        }
        return ids;
    }
    // Kinds and names in order, as in "phase_begin load".
    std::vector<std::string> sequence(std::int64_t repetition) const {
        std::vector<std::string> names;
        for (const Observation& o : observations) {
            if (o.repetition == repetition) {
                names.push_back(std::string(enum_name(o.kind)) + (o.name.empty() ? "" : " " + o.name));
            }
        }
        return names;
    }

    std::vector<Observation> observations;
    std::map<std::string, std::vector<std::byte>> artefacts;
    std::vector<std::string> lines;
    std::vector<Progress> steps;
    std::function<void(const Observation&)> on_observation;
    std::function<void(const Progress&)> on_progress;
};

}  // namespace tandem::test
