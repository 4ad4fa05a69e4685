// What a running trial tells the world: timestamped facts, produced artefacts, log lines and progress.
// Thread rule: an Observer is called from the thread that runs the job, one call at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/api/field.h"

namespace tandem {

enum class ObservationKind {
    phase_begin,  // name: load, tokenize, prefill, decode, warmup
    phase_end,
    token,   // index: position in the output from 0; value: token id; text: the new text, may be empty
    sample,  // name: rss_bytes, ...; value. Of training (index: the step): train_steps (their number), train_loss,
             // learning_rate, gradient_norm, train_tokens_per_second, validation_loss
    output,  // index: prompt number; text: the whole answer; name: why it stopped (eos, length, stop, cancelled)
    note,    // name; text: a thing the reader of the result should know
    score,   // name: bleu, ...; value; index: the training step, -1 of the test set in the end; text: JSON with n, low,
             // high (95 %) and signature
    preview,  // index: the step, -1: its `source` or `target` (name); repetition: example; name: why it stopped; text
};

template <>
struct EnumNames<ObservationKind> {
    static constexpr std::array<std::pair<ObservationKind, std::string_view>, 8> values{
        {{ObservationKind::phase_begin, "phase_begin"},
         {ObservationKind::phase_end, "phase_end"},
         {ObservationKind::token, "token"},
         {ObservationKind::sample, "sample"},
         {ObservationKind::output, "output"},
         {ObservationKind::note, "note"},
         {ObservationKind::score, "score"},
         {ObservationKind::preview, "preview"}}};
};

// One row of the table `observations`. Time is the worker's steady clock in nanoseconds since the job began.
struct Observation {
    ObservationKind kind = ObservationKind::note;
    std::int64_t time_ns = 0;
    std::int64_t repetition = 0;  // benchmark: -1, -2, ... are warm-up runs; generate: the prompt's number
    std::int64_t index = 0;
    std::string name;
    double value = 0;
    std::string text;  // UTF-8
};

struct Progress {
    double fraction = 0;  // 0..1
    std::string what;     // "repetition 2 of 5"
};

class Observer {
public:
    virtual ~Observer() = default;
    virtual void observe(Observation observation) = 0;
    // A finished file: bytes are copied before the call returns.
    virtual void artefact(std::string_view name, std::string_view media_type, std::span<const std::byte> bytes) = 0;
    virtual void log(std::string_view line) = 0;
    virtual void progress(const Progress& progress) = 0;
};

}  // namespace tandem
