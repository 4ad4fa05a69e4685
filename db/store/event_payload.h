// What a stored event carried, as JSON and as a digest: tells a repeated delivery from a contradiction. Thread rule:
// stateless.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "experiments/events/event.h"

namespace tandem::db {

// Names of the column `kind`, as in "started"; for observations the observation's kind.
std::string_view event_kind(const TrialEvent& event);

// Without an artefact's bytes.
std::string event_payload_json(const TrialEvent& event);

// FNV-1a, 64 bits, over kind, payload and bytes.
std::int64_t event_digest(const TrialEvent& event);

// JSON without spaces; what is not UTF-8 is replaced, what is not a number becomes null.
std::string compact_json(const nlohmann::json& value);
std::string metric_samples_json(std::span<const double> samples);

}  // namespace tandem::db
