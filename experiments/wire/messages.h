// What worker and controller say to each other, and its bytes. Specified in docs/formats/wire.md. Reading is strict:
// unknown keys, wrong types, text that is not UTF-8 and bytes left over are refused. Errors: WIRE_MESSAGE, WIRE_LENGTH.
// Thread rule: stateless.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"
#include "experiments/wire/bytes.h"

namespace tandem::wire {

inline constexpr std::uint64_t first_worker_sequence = 2;     // 1 is the controller's own "started"
inline constexpr std::size_t max_document_bytes = 16u << 20;  // start, done and failed, over all their parts
inline constexpr std::uint64_t max_artefact_bytes = std::uint64_t{1} << 30;
inline constexpr std::size_t max_name_bytes = 255;  // of observations and artefacts
inline constexpr std::size_t max_observation_text_bytes = 256 * 1024;
inline constexpr std::size_t max_log_bytes = 64 * 1024;
inline constexpr int exit_out_of_memory = 3;  // of a worker that was refused memory where it could not say so
inline constexpr std::size_t max_batch_observations = 4096;
inline constexpr std::size_t max_batch_bytes = 512 * 1024;  // a worker begins a new batch above this

// One try at one trial.
struct AttemptKey {
    std::string trial;  // 64 hex digits
    std::int64_t attempt = 1;
    auto operator<=>(const AttemptKey&) const = default;
};

struct Hello {
    std::string version;                        // of tandem-worker
    std::string build;                          // build type and compiler
    std::string libtorch;                       // empty: a worker without
    std::vector<std::string> instruction_sets;  // what its kernels would use, as in "avx2"
    std::int64_t process = 0;
};
struct Start {
    AttemptKey key;
    Job job;
};
struct Cancel {
    AttemptKey key;
};
// Everything of this attempt up to and including `sequence` is on disk.
struct Acknowledge {
    AttemptKey key;
    std::uint64_t sequence = 0;
};
struct ObservationBatch {
    std::uint64_t first_sequence = 0;
    std::vector<Observation> observations;  // at least one
};
struct LogMessage {
    std::uint64_t sequence = 0;
    std::string text;
};
struct Done {
    AttemptKey key;
    std::uint64_t last_sequence = 1;  // of the attempt's events; 1: the worker sent none
    Report report;
};
struct Failed {
    AttemptKey key;
    std::uint64_t last_sequence = 1;
    Error error;
};
// One part of an artefact; the parts of one follow each other without anything between them.
struct ArtefactPart {
    std::uint64_t sequence = 0;
    std::uint64_t total = 0;
    std::uint64_t offset = 0;
    std::string name;        // [A-Za-z0-9._-], not beginning with a dot; empty but in the first part
    std::string media_type;  // likewise
    std::span<const std::byte> chunk;
};

Bytes encode(const Hello& message);
Bytes encode(const Cancel& message);
Bytes encode(const Acknowledge& message);
Bytes encode(const LogMessage& message);  // text is cut to the limits and repaired, here and in the following
Bytes encode(const Progress& message);
Bytes encode(const ArtefactPart& message);  // the caller keeps to the limits
// As many of the observations, which are at least one, as a batch takes; their number is added to `taken`.
Bytes encode_batch(std::uint64_t first_sequence, std::span<const Observation> observations, std::size_t& taken);
// Whole documents; parts.h cuts them into payloads.
Bytes encode(const Start& message);
Bytes encode(const Done& message);
Bytes encode(const Failed& message);

using View = std::span<const std::byte>;
Result<Hello> decode_hello(View payload);
Result<Start> decode_start(View document);
Result<Cancel> decode_cancel(View payload);
Result<Acknowledge> decode_acknowledge(View payload);
Result<ObservationBatch> decode_observations(View payload);
Result<LogMessage> decode_log(View payload);
Result<Progress> decode_progress(View payload);
Result<ArtefactPart> decode_artefact(View payload);  // the chunk points into the payload
Result<Done> decode_done(View document);
Result<Failed> decode_failed(View document);

// May be a file's name on any system; checked on both sides.
bool is_artefact_name(std::string_view name);

}  // namespace tandem::wire
