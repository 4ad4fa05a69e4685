// Pairings of two models, their knobs, what is refused of them, and which workloads they are for.
#include "experiments/spec/pairing_knobs.h"
#include "tests/experiments/spec/spec_fixture.h"

namespace tandem::test {
namespace {

Text two_models(const std::string& pairing, const std::string& workloads = "{speed: {kind: benchmark}}") {
    return Text{.models = "models: {big: x, tiny: y}",
                .pairings = "pairings: {p: " + pairing + ", alone: tiny}",
                .workloads = "workloads: " + workloads};
}

PairingSpec pairing(const std::string& text) {
    const ExperimentSpec spec = read(two_models(text).yaml());
    return spec.pairings.empty() ? PairingSpec{} : spec.pairings[0];
}

void expect_refusal(const std::string& yaml, const std::string& code, const std::string& says) {
    const Error error = refusal(yaml);
    EXPECT_EQ(error.code, code) << error.to_string();
    EXPECT_NE(error.message.find(says), std::string::npos) << error.to_string();
}

TEST(Pairings, the_small_model_of_llm_to_slm_writes_and_the_large_one_is_its_partner) {
    const PairingSpec spec = pairing(
        "{method: llm-to-slm, llm: big, slm: tiny, layer: 5, fusion: prepend, aligned: false, pooling: last, "
        "projector: low-rank, projector_inner: 8, llm_prompt: 'Read: {prompt}', llm_dtype: int8, trained: runs/x}");
    EXPECT_EQ(spec.method, PairingMethod::llm_to_slm);
    EXPECT_EQ(spec.model, "tiny");
    EXPECT_EQ(spec.partner, "big");
    EXPECT_EQ(spec.trained, "runs/x");
    EXPECT_EQ(spec.guidance.settings.layer, 5);
    EXPECT_EQ(spec.guidance.settings.fusion, Fusion::prepend);
    EXPECT_FALSE(spec.guidance.settings.aligned);
    EXPECT_EQ(spec.guidance.settings.pooling, Pooling::last);
    EXPECT_EQ(spec.guidance.settings.projector.kind, ProjectorKind::low_rank);
    EXPECT_EQ(spec.guidance.settings.projector.inner, 8);
    EXPECT_EQ(spec.guidance.llm_prompt, "Read: {prompt}");
    EXPECT_EQ(spec.guidance.llm_dtype, Dtype::int8);
}

TEST(Pairings, the_large_model_of_speculative_answers_and_the_small_one_is_its_partner) {
    const PairingSpec spec = pairing("{method: speculative, llm: big, slm: tiny, draft_tokens: 3}");
    EXPECT_EQ(spec.model, "big");
    EXPECT_EQ(spec.partner, "tiny");
    EXPECT_EQ(spec.speculative.draft_tokens, 3);
    EXPECT_FALSE(spec.speculative.slm_dtype.has_value());
}

TEST(Pairings, prompt_tuning_has_one_model_and_its_vectors) {
    const PairingSpec spec = pairing("{method: prompt-tuning, model: tiny, soft_tokens: 7, start: random}");
    EXPECT_EQ(spec.model, "tiny");
    EXPECT_TRUE(spec.partner.empty());
    EXPECT_EQ(spec.soft_prompt.soft_tokens, 7);
    EXPECT_EQ(spec.soft_prompt.start, SoftPromptStart::random);
}

TEST(Pairings, keys_of_another_method_are_refused_with_the_method_that_has_them) {
    const std::string guided = "{method: llm-to-slm, llm: big, slm: tiny, ";
    const std::vector<std::pair<std::string, std::string>> cases{
        {guided + "model: tiny}", "its two models are llm and slm"},
        {"{method: speculative, model: big, llm: big, slm: tiny}", "its two models are llm and slm"},
        {guided + "draft_tokens: 3}", "whose method is llm-to-slm; it belongs to speculative"},
        {guided + "soft_tokens: 3}", "it belongs to prompt-tuning"},
        {"{llm: big, slm: tiny}", "it has one model; say method: llm-to-slm or speculative"},
        {"{model: tiny, fusion: add}", "whose method is single; it belongs to llm-to-slm"},
        {"{method: speculative, llm: big, slm: tiny, trained: x}", "it belongs to single, llm-to-slm or prompt-tuning"},
        {guided + "fusoin: add}", "did you mean fusion?"},
    };
    for (const auto& [text, says] : cases) {
        expect_refusal(two_models(text).yaml(), "YAML_UNKNOWN_KEY", says);
    }
}

TEST(Pairings, models_are_needed_and_known) {
    expect_refusal(two_models("{method: llm-to-slm, slm: tiny}").yaml(), "SPEC_MISSING", "pairings.p needs llm");
    expect_refusal(two_models("{method: speculative, llm: big}").yaml(), "SPEC_MISSING", "pairings.p needs slm");
    expect_refusal(two_models("{method: prompt-tuning}").yaml(), "SPEC_MISSING", "needs a model");
    expect_refusal(two_models("{method: llm-to-slm, llm: bg, slm: tiny}").yaml(), "SPEC_REFERENCE",
                   "pairings.p.llm is bg, allowed is big or tiny; did you mean big?");
    expect_refusal(two_models("{method: llm-2-slm, llm: big, slm: tiny}").yaml(), "SPEC_RANGE",
                   "did you mean llm-to-slm?");
    expect_refusal(two_models("{model: tiny, trained: ''}").yaml(), "SPEC_MISSING", "trained is empty");
}

TEST(Pairings, what_cannot_be_guided_is_refused) {
    expect_refusal(two_models("{method: llm-to-slm, llm: big, slm: tiny, aligned: false}").yaml(), "SPEC_CONFLICT",
                   "fusion add, which needs one vector for each token");
    expect_refusal(two_models("{method: llm-to-slm, llm: big, slm: tiny, llm_prompt: 'Read.'}").yaml(), "SPEC_RANGE",
                   "llm_prompt is \"Read.\", needed is a text with {prompt} in it once");
    expect_refusal(two_models("{method: llm-to-slm, llm: big, slm: tiny, llm_prompt: '{prompt}{prompt}'}").yaml(),
                   "SPEC_RANGE", "{prompt} in it once");
}

TEST(Pairings, knobs_and_models_of_a_pairing_can_be_swept) {
    const ExperimentSpec spec = read(
        "tandem: 1\nname: x\nmodels: {big: x, tiny: y}\n"
        "pairings: {g: {method: llm-to-slm, llm: big, slm: tiny}, s: {method: speculative, llm: big, slm: tiny}}\n"
        "workloads: {w: {kind: benchmark}}\n"
        "sweep: {grid: {pairings.g.fusion: [add, replace], pairings.g.layer: [1, 2], pairings.*.slm: [tiny, big], "
        "pairings.s.draft_tokens: [2, 4], pairings.g.llm_dtype: [int8]}}\n");
    EXPECT_EQ(spec.sweep.size(), 5U);
    EXPECT_EQ(axis_values(spec, "pairings.g.fusion"), (std::vector<std::string>{"add", "replace"}));
}

TEST(Pairings, swept_knobs_are_checked_as_written_ones) {
    const std::string guided = two_models("{method: llm-to-slm, llm: big, slm: tiny}").yaml();
    expect_refusal(guided + "sweep: {grid: {pairings.p.fusion: [add, sum]}}\n", "SPEC_RANGE", "sum");
    expect_refusal(guided + "sweep: {grid: {pairings.p.llm: [huge]}}\n", "SPEC_REFERENCE", "huge");
    expect_refusal(guided + "sweep: {grid: {pairings.p.model: [tiny]}}\n", "SWEEP_PATH", "pairings.p.model");
    expect_refusal(guided + "sweep: {grid: {pairings.p.fusoin: [add]}}\n", "SWEEP_PATH",
                   "did you mean pairings.p.fusion?");
    expect_refusal(guided + "sweep: {grid: {pairings.alone.fusion: [add]}}\n", "SWEEP_PATH", "pairings.alone.fusion");
}

TEST(Pairings, workloads_name_the_pairings_they_are_for) {
    const std::string guided = "{method: llm-to-slm, llm: big, slm: tiny}";
    const ExperimentSpec spec =
        read(two_models(guided, "{a: {kind: benchmark, pairings: [p]}, b: {kind: benchmark}}").yaml());
    EXPECT_EQ(spec.workloads[0].pairings, std::vector<std::string>{"p"});
    EXPECT_TRUE(is_for(spec.workloads[0], spec.pairings[0]));
    EXPECT_FALSE(is_for(spec.workloads[0], spec.pairings[1]));
    EXPECT_TRUE(is_for(spec.workloads[1], spec.pairings[1]));
    expect_refusal(two_models(guided, "{a: {kind: benchmark, pairings: [alon]}}").yaml(), "SPEC_REFERENCE",
                   "did you mean alone?");
    expect_refusal(two_models(guided, "{a: {kind: benchmark, pairings: [p, p]}}").yaml(), "SPEC_RANGE", "p twice");
    expect_refusal(two_models(guided, "{a: {kind: benchmark, pairings: []}}").yaml(), "SPEC_MISSING", "empty list");
    expect_refusal(two_models(guided, "{a: {kind: benchmark, pairings: p}}").yaml(), "SPEC_TYPE", "needs a list");
    expect_refusal(two_models(guided, "{a: {kind: logits, ids: [1], pairings: [p]}}").yaml(), "SPEC_CONFLICT",
                   "kind logits does not run with that");
}

TEST(Pairings, a_workload_that_names_none_is_for_all_that_can_run_it) {
    EXPECT_FALSE(can_run(PairingMethod::speculative, TrainWorkload{}));
    EXPECT_TRUE(can_run(PairingMethod::llm_to_slm, TrainWorkload{}));
    EXPECT_TRUE(can_run(PairingMethod::speculative, EvaluateWorkload{}));
    EXPECT_FALSE(can_run(PairingMethod::llm_to_slm, LogitsWorkload{}));
    EXPECT_TRUE(can_run(PairingMethod::single, LogitsWorkload{}));
}

TEST(Pairings, training_and_evaluation_say_what_they_read) {
    const auto work = [](const std::string& text) { return two_models("tiny", "{w: {" + text + "}}").yaml(); };
    const std::string train = "kind: train, train: a.jsonl, test: 'b.jsonl#test'";
    const ExperimentSpec spec = read(work(train + ", validation: v.jsonl, best_by: rougeL, patience: 2"));
    const auto& read_back = std::get<TrainWorkload>(spec.workloads.at(0).workload);
    EXPECT_EQ(read_back.task.test.path, "b.jsonl");
    EXPECT_EQ(read_back.task.test.split, "test");
    EXPECT_EQ(read_back.best_by, "rougeL");
    expect_refusal(work("kind: evaluate"), "SPEC_MISSING", "needs test");
    expect_refusal(work("kind: train"), "SPEC_MISSING", "needs train");
    expect_refusal(work(train + ", best_by: rougeL"), "SPEC_MISSING", "needs validation");
    expect_refusal(work(train + ", patience: 3"), "SPEC_MISSING", "needs validation");
    expect_refusal(work(train + ", validation: v.jsonl, best_by: rougel"), "SPEC_RANGE", "did you mean rougeL?");
    expect_refusal(work(train + ", validation: v.jsonl, best_by: bleu, scores: [rougeL]"), "SPEC_RANGE",
                   "best_by is bleu, allowed is loss or rougeL");
    expect_refusal(work(train + ", scores: [bleu, bleu]"), "SPEC_RANGE", "scores has bleu twice");
    expect_refusal(work(train + ", prompt: 'Sum up'"), "SPEC_RANGE", "{source} in it once");
    expect_refusal(work(train + ", beams: 4, greedy: false"), "SPEC_CONFLICT", "keep one");
}

TEST(Pairings, may_name_the_pairing_that_they_are_compared_with) {
    EXPECT_EQ(pairing("{method: llm-to-slm, llm: big, slm: tiny, baseline: alone}").baseline, "alone");
    EXPECT_EQ(pairing("{model: big, baseline: alone}").baseline, "alone") << "one that stands behind it, too";
    EXPECT_EQ(pairing("{model: big}").baseline, "");
}

TEST(Pairings, a_baseline_is_another_pairing_of_the_experiment) {
    expect_refusal(two_models("{model: big, baseline: alnoe}").yaml(), "SPEC_REFERENCE", "did you mean");
    expect_refusal(two_models("{model: big, baseline: p}").yaml(), "SPEC_REFERENCE", "another pairing");
    expect_refusal(two_models("{model: big, baseline: ''}").yaml(), "SPEC_REFERENCE", "pairings.p.baseline");
    expect_refusal(two_models("{model: big, baseline: [alone]}").yaml(), "SPEC_TYPE", "baseline");
    const Error error = refusal(two_models("{model: big, baseline: nowhere}").yaml());
    EXPECT_EQ(error.where, "e.yaml:4:38") << error.to_string();
}

TEST(Pairings, a_baseline_is_no_knob_to_sweep) {
    Text text = two_models("{model: big, baseline: alone}");
    text.rest = "sweep: {grid: {pairings.p.baseline: [alone]}}\n";
    EXPECT_EQ(refusal(text.yaml()).code, "SWEEP_PATH");
}

}  // namespace
}  // namespace tandem::test
