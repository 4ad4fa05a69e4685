#include "engine/run_recorder.h"

#include <utility>

namespace tandem {
namespace {

constexpr std::size_t max_output_bytes = 128 << 10;  // JSON makes up to six bytes of one; a message holds 1 MiB
constexpr std::int64_t progress_interval_ns = 100'000'000;

// Not in the middle of a character.
std::string_view beginning_of(std::string_view text, std::size_t bytes) {
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) {
        --bytes;
    }
    return text.substr(0, bytes);
}

std::string kept(std::string_view text) {
    return std::string(text.size() <= max_output_bytes ? text : beginning_of(text, max_output_bytes));
}

}  // namespace

void TrialRecorder::observe(Observation observation) {
    deriver_.add(observation);
    observer_.observe(std::move(observation));
}

void TrialRecorder::phase_begins(std::string_view name, std::int64_t repetition, std::int64_t time_ns) {
    observe({.kind = ObservationKind::phase_begin,
             .time_ns = time_ns,
             .repetition = repetition,
             .name = std::string(name)});
}

void TrialRecorder::phase_ends(std::string_view name, std::int64_t repetition, std::int64_t time_ns) {
    observe(
        {.kind = ObservationKind::phase_end, .time_ns = time_ns, .repetition = repetition, .name = std::string(name)});
}

void TrialRecorder::token(const GeneratedToken& token, std::int64_t repetition) {
    observe({.kind = ObservationKind::token,
             .time_ns = token.time_ns,
             .repetition = repetition,
             .index = token.index,
             .value = static_cast<double>(token.id),
             .text = token.text});
}

void TrialRecorder::sample(std::string_view name, std::int64_t repetition, double value) {
    observe({.kind = ObservationKind::sample,
             .time_ns = clock_.now_ns(),
             .repetition = repetition,
             .name = std::string(name),
             .value = value});
}

void TrialRecorder::step_sample(std::string_view name, std::int64_t step, double value) {
    observe({.kind = ObservationKind::sample,
             .time_ns = clock_.now_ns(),
             .index = step,
             .name = std::string(name),
             .value = value});
}

void TrialRecorder::note(std::string_view name, std::string text) {
    observe({.kind = ObservationKind::note,
             .time_ns = clock_.now_ns(),
             .name = std::string(name),
             .text = std::move(text)});
}

void TrialRecorder::output(const Answer& answer, std::int64_t prompt) {
    Observation observation{.kind = ObservationKind::output,
                            .time_ns = clock_.now_ns(),
                            .repetition = prompt,
                            .index = prompt,
                            .name = std::string(enum_name(answer.reason)),
                            .value = static_cast<double>(answer.tokens.size())};
    if (answer.text.size() <= max_output_bytes) {
        observation.text = answer.text;
    } else {
        const std::string file = "output-" + std::to_string(prompt) + ".txt";
        artefact(file, "text/plain", std::as_bytes(std::span(answer.text)));
        note("output_shortened", "the whole answer, " + std::to_string(answer.text.size()) + " bytes, is in " + file);
        observation.text = beginning_of(answer.text, max_output_bytes);
    }
    observe(std::move(observation));
}

void TrialRecorder::score(std::string_view name, std::int64_t step, double value, const ScoreRecord& record) {
    observe({.kind = ObservationKind::score,
             .time_ns = clock_.now_ns(),
             .index = step,
             .name = std::string(name),
             .value = value,
             .text = to_text(record)});
}

void TrialRecorder::preview(const Answer& answer, std::int64_t example, std::int64_t step) {
    observe({.kind = ObservationKind::preview,
             .time_ns = clock_.now_ns(),
             .repetition = example,
             .index = step,
             .name = std::string(enum_name(answer.reason)),
             .value = static_cast<double>(answer.tokens.size()),
             .text = kept(answer.text)});
}

void TrialRecorder::preview_pair(std::string_view source, std::string_view target, std::int64_t example) {
    for (const auto& [name, text] : {std::pair("source", source), std::pair("target", target)}) {
        observe({.kind = ObservationKind::preview,
                 .time_ns = clock_.now_ns(),
                 .repetition = example,
                 .index = -1,
                 .name = name,
                 .text = kept(text)});
    }
}

void TrialRecorder::artefact(std::string_view name, std::string_view media_type, std::span<const std::byte> bytes) {
    observer_.artefact(name, media_type, bytes);
}

void TrialRecorder::progress(double fraction, std::string what) {
    const std::int64_t now = clock_.now_ns();
    if (what == last_progress_ && now - last_progress_ns_ < progress_interval_ns) {
        return;
    }
    last_progress_ = what;
    last_progress_ns_ = now;
    observer_.progress({.fraction = fraction, .what = std::move(what)});
}

}  // namespace tandem
