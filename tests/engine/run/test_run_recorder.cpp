#include <gtest/gtest.h>

#include "engine/run_recorder.h"
#include "tests/support/recording_observer.h"
#include "tests/support/stepping_clock.h"

namespace tandem {
namespace {

TEST(Recorder, what_is_told_is_stamped_passed_on_and_counted) {
    test::RecordingObserver observer;
    const test::SteppingClock clock;
    TrialRecorder recorder(observer, clock);
    recorder.phase_begins("load", 0);
    recorder.phase_ends("load", 0);
    recorder.sample("weights_bytes", 0, 7);
    recorder.token({.id = 5, .index = 3, .time_ns = 9'000'000, .text = "five"}, 2);
    recorder.note("hint", "text");
    recorder.fact("device", "cpu");
    ASSERT_EQ(observer.observations.size(), 5u);
    EXPECT_LT(observer.observations[0].time_ns, observer.observations[1].time_ns);
    const Observation& token = observer.observations[3];
    EXPECT_EQ(token.kind, ObservationKind::token);
    EXPECT_EQ(token.time_ns, 9'000'000);
    EXPECT_EQ(token.repetition, 2);
    EXPECT_EQ(token.index, 3);
    EXPECT_EQ(token.value, 5);
    EXPECT_EQ(token.text, "five");
    const Report report = recorder.report();
    EXPECT_EQ(report.facts.size(), 1u);
    EXPECT_EQ(report.metrics.front().name, "load_ms");
    EXPECT_EQ(report.metrics.front().n, 1);
}

TEST(Recorder, an_answer_too_long_for_a_message_goes_into_an_artefact_whole) {
    test::RecordingObserver observer;
    const test::SteppingClock clock;
    TrialRecorder recorder(observer, clock);
    std::string text;
    while (text.size() < 400'000) {
        text += "\u20AC";
    }
    recorder.output({.tokens = {1, 2}, .text = text, .reason = StopReason::length}, 4);
    const auto outputs = observer.of(ObservationKind::output);
    ASSERT_EQ(outputs.size(), 1u);
    EXPECT_EQ(outputs[0].index, 4);
    EXPECT_EQ(outputs[0].name, "length");
    EXPECT_LE(outputs[0].text.size(), 128u << 10);
    EXPECT_EQ(outputs[0].text.size() % 3, 0u) << "a character was cut";
    ASSERT_TRUE(observer.artefacts.contains("output-4.txt"));
    EXPECT_EQ(observer.artefacts["output-4.txt"].size(), text.size());
    EXPECT_EQ(observer.of(ObservationKind::note).size(), 1u);
}

TEST(Recorder, progress_is_thinned_out_but_each_new_step_is_told) {
    test::RecordingObserver observer;
    const test::SteppingClock clock;  // 1 ms a call
    TrialRecorder recorder(observer, clock);
    for (int i = 0; i < 1000; ++i) {
        recorder.progress(i / 1000.0, "loading");
    }
    EXPECT_GE(observer.steps.size(), 9u);
    EXPECT_LE(observer.steps.size(), 11u);
    recorder.progress(1, "prompt 1 of 2");
    EXPECT_EQ(observer.steps.back().what, "prompt 1 of 2");
}

}  // namespace
}  // namespace tandem
