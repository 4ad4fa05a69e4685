// Plans of pairings of two models, and of workloads over data: what their jobs carry, who runs what, what it costs.
#include "experiments/plan/estimate.h"
#include "tests/experiments/plan/plan_fixture.h"

namespace tandem::test {
namespace {

const std::string models = "tandem: 1\nname: pairs\nmodels: {big: x, tiny: y}\n";
const std::string guided = "{method: llm-to-slm, llm: big, slm: tiny}";

std::string one(const std::string& pairing, const std::string& workload, const std::string& rest = "") {
    return models + "pairings: {p: " + pairing + "}\nworkloads: {w: " + workload + "}\n" + rest;
}

Error refusal_of(const std::string& yaml) {
    const ExperimentSpec spec = parse(yaml);
    return test::refusal_of(spec, inputs_for(spec));
}

TEST(PlanPairings, a_job_carries_both_models_the_knobs_and_what_was_learned) {
    const ExperimentSpec spec = parse(one("{method: llm-to-slm, llm: big, slm: tiny, fusion: replace, trained: t}",
                                          "{kind: benchmark}", "sweep: {grid: {pairings.p.layer: [3]}}\n"));
    PlanInputs inputs = inputs_for(spec);
    inputs.trained["p"] = {.location = "/runs/t", .sha256 = std::string(64, 'e')};
    const Plan plan = plan_of(spec, inputs);
    ASSERT_EQ(plan.trials.size(), 1U);
    const Trial& trial = plan.trials[0];
    EXPECT_EQ(trial.model, "tiny");
    EXPECT_EQ(trial.partner, "big");
    const Pairing& pairing = trial.job.pairing;
    EXPECT_EQ(pairing.method, PairingMethod::llm_to_slm);
    EXPECT_EQ(pairing.model.sha256, inputs.models["tiny"].sha256);
    EXPECT_EQ(pairing.partner.sha256, inputs.models["big"].sha256);
    EXPECT_EQ(pairing.guidance.settings.fusion, Fusion::replace);
    EXPECT_EQ(pairing.guidance.settings.layer, 3);
    EXPECT_EQ(pairing.trained.location, "/runs/t");

    inputs.trained["p"].sha256[0] = 'd';
    EXPECT_NE(plan_of(spec, inputs).trials[0].id, trial.id);
    inputs.trained["p"] = {.location = "/elsewhere", .sha256 = std::string(64, 'e')};
    EXPECT_EQ(plan_of(spec, inputs).trials[0].id, trial.id);
    inputs.models["big"].location = "elsewhere";
    EXPECT_EQ(plan_of(spec, inputs).trials[0].id, trial.id);
    inputs.models["big"].sha256[0] = 'f';
    EXPECT_NE(plan_of(spec, inputs).trials[0].id, trial.id);
}

TEST(PlanPairings, a_partner_without_facts_is_refused_by_name) {
    const ExperimentSpec spec = parse(one(guided, "{kind: benchmark}"));
    PlanInputs inputs = inputs_for(spec);
    inputs.models.erase("big");
    const Error error = test::refusal_of(spec, inputs);
    EXPECT_EQ(error.code, "PLAN_MODEL_UNKNOWN");
    EXPECT_NE(error.message.find("\"big\""), std::string::npos);
}

TEST(PlanPairings, swept_models_and_knobs_make_trials_of_their_own) {
    const Plan plan = plan_of(one("{method: speculative, llm: big, slm: tiny}", "{kind: benchmark}",
                                  "sweep: {grid: {pairings.p.slm: [tiny, big], pairings.p.draft_tokens: [2, 4]}}\n"));
    ASSERT_EQ(plan.trials.size(), 4U);
    EXPECT_EQ(plan.trials[0].model, "big");
    EXPECT_EQ(plan.trials[0].partner, "tiny");
    EXPECT_EQ(plan.trials[3].partner, "big");
    EXPECT_EQ(plan.trials[3].job.pairing.speculative.draft_tokens, 4);
}

TEST(PlanPairings, workloads_run_with_the_pairings_they_are_for_and_the_others_are_counted) {
    const Plan plan = plan_of(models + "pairings: {alone: tiny, p: " + guided +
                              ", s: {method: speculative, llm: big, slm: tiny}}\n"
                              "workloads:\n  speed: {kind: benchmark, pairings: [alone, s]}\n"
                              "  learn: {kind: train, train: a.jsonl}\n  ids: {kind: logits, ids: [1]}\n"
                              "seeds: [1, 2]\nsweep: {grid: {workloads.learn.epochs: [1, 2, 3]}}\n");
    std::map<std::string, int> counts;
    for (const Trial& trial : plan.trials) {
        ++counts[trial.workload + " " + trial.pairing];
    }
    const std::map<std::string, int> expected{
        {"speed alone", 2}, {"speed s", 2}, {"learn alone", 6}, {"learn p", 6}, {"ids alone", 2}};
    EXPECT_EQ(counts, expected);
    EXPECT_EQ(plan.left_out, 2 + 6 + 2 + 2);  // speed p, learn s, ids p, ids s
}

TEST(PlanPairings, a_plan_of_workloads_that_no_pairing_can_run_is_empty) {
    const Error error = refusal_of(one(guided, "{kind: logits, ids: [1]}"));
    EXPECT_EQ(error.code, "PLAN_EMPTY");
    EXPECT_NE(error.message.find("no workload is for any of the pairings"), std::string::npos) << error.message;
}

TEST(PlanPairings, what_cannot_run_together_is_refused_with_a_way_out) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {one("tiny", "{kind: train, train: a.jsonl, labels: llm}"), "name a model in labels_from"},
        {one("tiny", "{kind: train, train: a.jsonl, trainable: none}"), "trainable none"},
        {one("{method: speculative, llm: big, slm: tiny}", "{kind: evaluate, test: a.jsonl, beams: 4}"), "beams 4"},
        {one("{method: llm-to-slm, llm: big, slm: tiny, place: encoder-output}", "{kind: benchmark}"),
         "place encoder-output"},
    };
    for (const auto& [yaml, says] : cases) {
        const Error error = refusal_of(yaml);
        EXPECT_EQ(error.code, "SPEC_CONFLICT") << yaml;
        EXPECT_NE(error.message.find(says), std::string::npos) << error.message;
        EXPECT_NE(error.message.find("workloads.w.pairings; nothing was run"), std::string::npos) << error.message;
        EXPECT_TRUE(error.where.starts_with("e.yaml:5:")) << error.where;
    }
    const Error swept =
        refusal_of(one("tiny", "{kind: train, train: a.jsonl}", "sweep: {grid: {workloads.w.labels: [gold, llm]}}\n"));
    EXPECT_EQ(swept.code, "SPEC_CONFLICT");
    EXPECT_NE(swept.message.find("{workloads.w.labels: llm}"), std::string::npos) << swept.message;
    const Error fusion = refusal_of(one("{method: llm-to-slm, llm: big, slm: tiny, fusion: replace, aligned: false}",
                                        "{kind: benchmark}", "sweep: {grid: {pairings.p.fusion: [replace, add]}}\n"));
    EXPECT_NE(fusion.message.find("{pairings.p.fusion: add}"), std::string::npos) << fusion.message;
}

TEST(PlanPairings, what_is_trained_follows_the_method_where_it_is_not_said_and_is_the_same_trial_as_said) {
    const std::string soft = "{method: prompt-tuning, model: tiny}";
    const auto trial = [](const std::string& pairing, const std::string& said) {
        return plan_of(one(pairing, "{kind: train, train: a.jsonl" + said + "}")).trials.at(0);
    };
    const auto trained = [](const Trial& of) { return std::get<TrainWorkload>(of.job.workload).trainable; };
    for (const auto& [pairing, follows, other] :
         {std::tuple{soft, Trainable::none, Trainable::full}, std::tuple{guided, Trainable::full, Trainable::none},
          std::tuple{std::string("tiny"), Trainable::full, Trainable::lora}}) {
        const Trial unsaid = trial(pairing, "");
        EXPECT_EQ(trained(unsaid), follows) << pairing;
        EXPECT_EQ(trial(pairing, ", trainable: " + std::string(enum_name(follows))).id, unsaid.id) << pairing;
        const Trial another = trial(pairing, ", trainable: " + std::string(enum_name(other)));
        EXPECT_EQ(trained(another), other) << pairing;
        EXPECT_NE(another.id, unsaid.id) << pairing;
    }
}

TEST(PlanPairings, data_counts_by_what_is_in_it_not_by_where_it_lies) {
    const ExperimentSpec spec = parse(one("tiny", "{kind: train, train: a.jsonl, test: 'sub/a.jsonl#test'}"));
    PlanInputs inputs = inputs_for(spec);
    ASSERT_EQ(inputs.data.size(), 2U);
    const Trial trial = plan_of(spec, inputs).trials.at(0);
    const auto& train = std::get<TrainWorkload>(trial.job.workload);
    EXPECT_EQ(train.train.path, "/data/a.jsonl");
    EXPECT_EQ(train.train.sha256, inputs.data["a.jsonl"].sha256);
    EXPECT_EQ(train.task.test.path, "/data/sub/a.jsonl");
    EXPECT_EQ(train.task.test.split, "test");
    EXPECT_FALSE(train.validation.given());
    inputs.data["a.jsonl"].location = "/elsewhere/b.jsonl";
    EXPECT_EQ(plan_of(spec, inputs).trials.at(0).id, trial.id);
    inputs.data["a.jsonl"].sha256[0] = '9';
    EXPECT_NE(plan_of(spec, inputs).trials.at(0).id, trial.id);
}

TEST(PlanPairings, data_that_is_not_known_or_has_no_such_part_is_refused) {
    const ExperimentSpec spec = parse(one("tiny", "{kind: evaluate, test: 'a.jsonl#dev'}"));
    PlanInputs inputs = inputs_for(spec);
    const Error part = test::refusal_of(spec, inputs);
    EXPECT_EQ(part.code, "DATA_EMPTY");
    EXPECT_NE(part.message.find("a.jsonl#dev, which has no pairs; it has test"), std::string::npos) << part.message;
    inputs.data.clear();
    EXPECT_EQ(test::refusal_of(spec, inputs).code, "PLAN_DATA_UNKNOWN");
}

TEST(PlanPairings, every_file_that_a_sweep_takes_is_needed_once) {
    const ExperimentSpec spec =
        parse(models +
              "pairings: {p: tiny}\nworkloads: {a: {kind: train, train: a.jsonl, test: t.jsonl}, "
              "b: {kind: evaluate, test: './t.jsonl'}}\nsweep: {grid: {workloads.a.train: [b.jsonl, 'c.jsonl#x']}}\n");
    std::vector<std::string> keys;
    for (const NeededFile& file : needed_data(spec)) {
        keys.push_back(file.key);
    }
    EXPECT_EQ(keys, (std::vector<std::string>{"b.jsonl", "c.jsonl", "t.jsonl"}));
}

TEST(PlanPairings, evaluating_and_training_run_alone_with_one_identity_on_every_machine) {
    for (const std::string work : {"{kind: evaluate, test: a.jsonl}", "{kind: train, train: a.jsonl}"}) {
        const ExperimentSpec spec = parse(one("tiny", work));
        PlanInputs inputs = inputs_for(spec);
        const Trial here = plan_of(spec, inputs).trials.at(0);
        EXPECT_TRUE(here.timing);
        inputs.machines["here"].fingerprint = "another";
        EXPECT_EQ(plan_of(spec, inputs).trials.at(0).id, here.id);
    }
}

TEST(PlanPairings, two_models_and_training_need_more_memory_and_say_what_for) {
    const ModelFacts tiny = small_model();
    ModelFacts big = small_model('b');
    big.parameters *= 10;
    big.weights_bytes *= 10;
    Job job;
    job.load.dtype = Dtype::f32;
    job.workload = BenchmarkWorkload{};
    const MemoryNeed alone = estimate_memory(job, tiny);
    EXPECT_EQ(alone.partner, 0);
    EXPECT_EQ(alone.to_string().find("second model"), std::string::npos);
    job.pairing.method = PairingMethod::llm_to_slm;
    const MemoryNeed pair = estimate_memory(job, {tiny, &big});
    EXPECT_GE(pair.partner, 4 * big.parameters);
    EXPECT_EQ(pair.weights, alone.weights);
    EXPECT_NE(pair.to_string().find(" second model + "), std::string::npos);
    job.pairing.guidance.llm_dtype = Dtype::int8;
    EXPECT_LT(estimate_memory(job, {tiny, &big}).partner, pair.partner / 3);
    job.pairing.guidance.llm_dtype.reset();

    TrainWorkload train;
    train.train.path = "a.jsonl";
    job.workload = train;
    const auto training = [&](auto&& change) {
        TrainWorkload changed = train;
        change(changed);
        job.workload = changed;
        return estimate_memory(job, {tiny, &big}).training;
    };
    const std::int64_t full = training([](TrainWorkload&) {});
    EXPECT_GT(full, 12 * tiny.parameters);  // a gradient and two means for each number
    EXPECT_LT(training([](TrainWorkload& work) { work.trainable = Trainable::lora; }), full - 10 * tiny.parameters);
    EXPECT_LT(training([](TrainWorkload& work) { work.gradient_checkpointing = true; }), full);
    EXPECT_GT(training([](TrainWorkload& work) { work.trainable = Trainable::none; }), 0);
}

TEST(PlanPairings, an_encoder_decoder_that_only_guides_takes_what_its_encoder_does) {
    const ModelFacts small = small_model();
    ModelFacts large = small_model();
    large.shape.kind = ModelKind::encoder_decoder;
    large.guide_parameters = large.parameters / 4;
    large.guide_bytes = large.weights_bytes / 4;
    Job job;
    job.workload = BenchmarkWorkload{.prompt_tokens = 16, .new_tokens = 4};
    const auto needs = [&](PairingMethod method, Dtype dtype) {
        job.pairing.method = method;
        job.pairing.guidance.llm_dtype = dtype;
        job.pairing.speculative.slm_dtype = dtype;
        return estimate_memory(job, {small, &large}).partner;
    };
    const std::int64_t native = needs(PairingMethod::llm_to_slm, Dtype::native);
    EXPECT_GE(native, large.guide_bytes);
    EXPECT_LT(native, large.weights_bytes / 2);
    // The rest is activations, which are the same.
    EXPECT_EQ(needs(PairingMethod::llm_to_slm, Dtype::f32) - native, 4 * large.guide_parameters - large.guide_bytes);
    EXPECT_GE(needs(PairingMethod::speculative, Dtype::native), large.weights_bytes);

    const double seconds = estimate_seconds(job, {small, &large}, machine());
    job.pairing.method = PairingMethod::llm_to_slm;
    EXPECT_LT(estimate_seconds(job, {small, &large}, machine()), seconds);
    job.workload = TrainWorkload{.labels = Labels::llm};
    job.pairing.guidance.llm_dtype = Dtype::native;
    EXPECT_GE(estimate_memory(job, {small, &large}).partner, large.weights_bytes);  // it writes
}

TEST(PlanPairings, a_training_holds_its_model_in_its_own_format_and_steps_bf16_by_a_copy) {
    ModelFacts quantised = small_model();
    quantised.weights_bytes = quantised.parameters / 2;
    Job job;
    job.load.dtype = Dtype::native;
    for (const Trainable trained : {Trainable::full, Trainable::lora}) {
        for (const TrainPrecision precision : {TrainPrecision::f32, TrainPrecision::bf16}) {
            TrainWorkload train;
            train.train.path = "a.jsonl";
            train.trainable = trained;
            train.precision = precision;
            job.workload = train;
            const MemoryNeed need = estimate_memory(job, quantised);
            const bool half = precision == TrainPrecision::bf16;
            EXPECT_EQ(need.weights, (half ? 2 : 4) * quantised.parameters);
            if (trained == Trainable::full) {  // gradient, two means, and the copy
                EXPECT_GT(need.training, (half ? 2 + 8 + 4 : 4 + 8) * quantised.parameters);
            }
        }
    }
}

TEST(PlanPairings, time_follows_the_rows_that_are_there) {
    const ModelFacts model = small_model();
    Job job;
    EvaluateWorkload evaluate;
    evaluate.task.test.path = "a.jsonl";
    job.workload = evaluate;
    const auto seconds = [&](std::int64_t rows, const ModelFacts* partner = nullptr) {
        const PairCounts pairs{rows, rows * 300, 900};
        return estimate_seconds(job, {model, partner, {.train = pairs, .validation = pairs, .test = pairs}}, machine());
    };
    EXPECT_NEAR(seconds(2000) / seconds(1000), 2, 0.02);
    evaluate.task.test_rows = 1000;
    job.workload = evaluate;
    EXPECT_DOUBLE_EQ(seconds(2000), seconds(1000));

    TrainWorkload train;
    train.train.path = "a.jsonl";
    job.workload = train;
    // 91e6 / 1e9 + 3 * 2 * 134515008 * 1000 rows * 100 tokens / 50e9
    EXPECT_NEAR(seconds(1000), 0.091 + 1614.18, 0.1);
    train.training.epochs = 3;
    job.workload = train;
    EXPECT_NEAR(seconds(1000), 0.091 + 3 * 1614.18, 0.3);

    // Vectors kept on disk are made once, else in every pass.
    job.pairing.method = PairingMethod::llm_to_slm;
    const double kept = seconds(1000, &model);
    train.vector_cache = VectorCache::off;
    job.workload = train;
    EXPECT_NEAR(seconds(1000, &model) - kept, 2 * 2 * 134515008.0 * 1000 * 100 / 50e9, 1);
}

std::string learns(const std::string& rest) {
    return "{kind: train, train: a.jsonl, labels: llm" + rest + "}";
}

TEST(PlanPairings, labels_are_those_of_the_partner_or_of_the_named_model) {
    const Trial partner = plan_of(one(guided, learns(""))).trials.at(0);
    EXPECT_TRUE(partner.job.labeller.location.empty());
    const Trial same = plan_of(one(guided, learns(", labels_from: big"))).trials.at(0);
    EXPECT_TRUE(same.job.labeller.location.empty());
    EXPECT_EQ(same.id, partner.id) << "the partner by its name";

    const ExperimentSpec spec = parse(one("tiny", learns(", labels_from: big")));
    PlanInputs inputs = inputs_for(spec);
    const Trial alone = plan_of(spec, inputs).trials.at(0);
    EXPECT_EQ(alone.job.labeller.name, "big");
    EXPECT_EQ(alone.job.labeller.sha256, inputs.models["big"].sha256);
    inputs.models["big"].location = "elsewhere";
    EXPECT_EQ(plan_of(spec, inputs).trials.at(0).id, alone.id);
    inputs.models["big"].sha256[0] = 'f';
    EXPECT_NE(plan_of(spec, inputs).trials.at(0).id, alone.id);
    EXPECT_NE(plan_of(one("tiny", learns(", labels_from: big, labels_prompt: 'Sum up: {prompt}'"))).trials.at(0).id,
              alone.id);
}

TEST(PlanPairings, who_labels_changes_nothing_where_the_targets_are_learned) {
    const Plan plan = plan_of(one("tiny", "{kind: train, train: a.jsonl, labels_from: big}",
                                  "sweep: {grid: {workloads.w.labels: [gold, llm]}}\n"));
    ASSERT_EQ(plan.trials.size(), 2U);
    EXPECT_EQ(plan.trials[0].id, plan_of(one("tiny", "{kind: train, train: a.jsonl}")).trials.at(0).id);
    EXPECT_NE(plan.trials[1].id, plan.trials[0].id);
    const Error unused = refusal_of(one("tiny", "{kind: train, train: a.jsonl, labels_from: big}"));
    EXPECT_EQ(unused.code, "SPEC_CONFLICT");
    EXPECT_NE(unused.message.find("labels is gold"), std::string::npos) << unused.message;
}

TEST(PlanPairings, whoever_labels_must_be_a_model_of_the_experiment) {
    for (const std::string& yaml :
         {one("tiny", learns(", labels_from: bog")),
          one("tiny", learns(", labels_from: big"), "sweep: {grid: {workloads.w.labels_from: [big, bog]}}\n")}) {
        const auto spec = parse_experiment(yaml, "e.yaml");
        ASSERT_FALSE(spec.ok()) << yaml;
        EXPECT_EQ(spec.error().code, "SPEC_REFERENCE") << spec.error().to_string();
        EXPECT_NE(spec.error().message.find("bog"), std::string::npos) << spec.error().message;
        EXPECT_TRUE(spec.error().where.starts_with("e.yaml:")) << spec.error().where;
    }
    const auto frame = parse_experiment(one("tiny", learns(", labels_from: big, labels_prompt: 'no place'")), "e.yaml");
    EXPECT_EQ(frame.error().code, "SPEC_RANGE");
    EXPECT_EQ(
        plan_of(one("tiny", learns(", labels_from: big"), "sweep: {grid: {workloads.w.labels_from: [big, tiny]}}\n"))
            .trials.size(),
        2U);
}

TEST(PlanPairings, labels_are_written_once_for_all_trials_of_a_plan) {
    const std::string gold = "{kind: train, train: a.jsonl}";
    const auto seconds = [](const std::string& workload, const std::string& rest) {
        return plan_of(one(guided, workload, rest)).total_to_run.seconds;
    };
    const double writing = seconds(learns(""), "") - seconds(gold, "");
    EXPECT_GT(writing, 0);
    EXPECT_NEAR(seconds(learns(""), "seeds: [1, 2, 3]\n") - seconds(gold, "seeds: [1, 2, 3]\n"), writing,
                1e-6 * writing);
    EXPECT_NEAR(seconds(learns(", max_new_tokens: 128"), "") - seconds(gold, ""), 2 * writing, writing);
    const std::string apart = "sweep: {grid: {pairings.p.llm_prompt: ['{prompt}', 'say {prompt}']}}\n";
    EXPECT_NEAR(seconds(learns(""), apart) - seconds(gold, apart), 2 * writing, 1e-6 * writing);
}

}  // namespace
}  // namespace tandem::test
