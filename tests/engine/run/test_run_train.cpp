// The workload train from its job to what it writes: it learns, goes on after an interruption with the same bytes, runs
// a large model once for each prompt, and what it wrote answers as it answered.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/run_job.h"
#include "engine/run_train.h"
#include "tests/engine/run/train_support.h"
#include "tests/support/recording_observer.h"

namespace tandem::test {
namespace {

void expect_near(const std::map<std::int64_t, double>& losses, const std::map<std::int64_t, double>& expected,
                 double allowed) {
    ASSERT_EQ(losses.size(), expected.size());
    for (const auto& [step, loss] : losses) {
        EXPECT_NEAR(loss, expected.at(step), allowed) << step;
    }
}

class RunTrain : public ::testing::Test {
protected:
    static Job job_of(const TemporaryFolder& folder, const std::string& work, PairingMethod method,
                      const std::string& writes = "mistral_full") {
        Job job;
        job.pairing.method = method;
        job.pairing.model = {.name = "small",
                             .location = model_of_letters(folder / "models", writes, writes == "t5_first" ? 1 : 2)};
        if (method == PairingMethod::llm_to_slm) {
            const char* reads = writes == "t5_first" ? "llama_biases" : "t5_first";
            job.pairing.partner = {.name = "large", .location = model_of_letters(folder / "models", reads, 1)};
            job.pairing.guidance.llm_prompt = "say: {prompt}";
        }
        job.device.threads = 1;
        job.load.dtype = Dtype::f32;
        job.seed = 3;
        job.place = {.work = (folder / work).string(), .cache = (folder / "cache").string()};
        TrainWorkload train;
        train.train = {.path = pairs_file(folder / "train.jsonl", 120, 1), .split = {}, .sha256 = {}};
        train.validation = {.path = pairs_file(folder / "validation.jsonl", 12, 2), .split = {}, .sha256 = {}};
        train.task.test = {.path = pairs_file(folder / "test.jsonl", 6, 3), .split = {}, .sha256 = {}};
        train.task.prompt = "q: {source}";
        train.task.scores = {"exact_match", "perplexity"};
        train.task.generation.max_new_tokens = 4;
        train.training.optimiser.learning_rate = 3e-3;
        train.training.optimiser.warmup_steps = 2;
        train.training.epochs = 3;
        train.training.batch_tokens = 256;
        train.training.checkpoint_every = 5;
        job.workload = train;
        return job;
    }
    static TrainWorkload& train_of(Job& job) { return std::get<TrainWorkload>(job.workload); }

    static std::string fact(const Report& report, std::string_view name) {
        for (const Fact& fact : report.facts) {
            if (fact.name == name) {
                return fact.value;
            }
        }
        return "no such fact";
    }
    static double metric(const Report& report, std::string_view name) {
        for (const MetricSummary& metric : report.metrics) {
            if (metric.name == name && metric.mean) {
                return *metric.mean;
            }
        }
        return std::nan("");
    }
    static std::map<std::string, std::map<std::int64_t, double>> samples(const RecordingObserver& observer) {
        std::map<std::string, std::map<std::int64_t, double>> by_name;
        for (const Observation& sample : observer.of(ObservationKind::sample)) {
            by_name[sample.name][sample.index] = sample.value;
        }
        return by_name;
    }

    // The loss of each step.
    static std::map<std::int64_t, double> losses_of(const Job& job) {
        RecordingObserver observer;
        const auto report = run_job(job, observer, {});
        EXPECT_TRUE(report.ok()) << report.error().to_string();
        return samples(observer).at("train_loss");
    }
    // Means over a few steps: batches differ.
    static double early(const std::map<std::int64_t, double>& losses) { return mean_of(losses.begin()); }
    static double late(const std::map<std::int64_t, double>& losses) { return mean_of(losses.rbegin()); }
    template <class Iterator>
    static double mean_of(Iterator at) {
        double sum = 0;
        for (int step = 0; step < 4; ++step, ++at) {
            sum += at->second;
        }
        return sum / 4;
    }
    static std::vector<std::string> answers(const RecordingObserver& observer) {
        std::vector<std::string> texts;
        for (const Observation& output : observer.of(ObservationKind::output)) {
            texts.push_back(output.text);
        }
        return texts;
    }
    // What use says, of the folder that training wrote.
    static std::vector<std::string> answers_of_written(Job job, const std::string& trained) {
        const TrainWorkload train = train_of(job);
        GenerateWorkload generate{.prompts = {}, .chat = false, .system = "", .generation = train.task.generation};
        std::ifstream file(train.task.test.path);
        for (std::string line; std::getline(file, line);) {
            generate.prompts.push_back("q: " + nlohmann::json::parse(line)["source"].get<std::string>());
        }
        job.pairing.trained.location = trained;
        job.workload = generate;
        RecordingObserver observer;
        const auto report = run_job(job, observer, {});
        EXPECT_TRUE(report.ok()) << report.error().to_string();
        return answers(observer);
    }

    std::string refusal(const Job& job) {
        RecordingObserver observer;
        const auto report = run_job(job, observer, {});
        EXPECT_TRUE(observer.of(ObservationKind::phase_begin).empty()) << "something was loaded";
        return report.ok() ? "accepted" : report.error().code;
    }

    // In memory where there is such a place: what is written is made durable, which a slow disk takes seconds for.
    TemporaryFolder folder_{fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()};
    RecordingObserver observer_;
};

TEST_F(RunTrain, a_guided_model_learns_and_what_it_wrote_answers_as_it_answered) {
    for (const auto& [writes, trainable] : {std::pair{"mistral_full", Trainable::full},
                                            {"mistral_full", Trainable::lora},
                                            {"mistral_full", Trainable::none},
                                            {"t5_first", Trainable::full}}) {
        const std::string what = std::string(writes) + "_" + std::string(enum_name(trainable));
        Job job = job_of(folder_, what, PairingMethod::llm_to_slm, writes);
        train_of(job).trainable = trainable;
        if (trainable == Trainable::none) {
            train_of(job).training.optimiser.learning_rate = 3e-2;
            train_of(job).training.epochs = 3;
        }
        RecordingObserver observer;
        const auto report = run_job(job, observer, {});
        ASSERT_TRUE(report.ok()) << what << " " << report.error().to_string();
        const auto found = samples(observer);
        const auto& losses = found.at("train_loss");
        EXPECT_LT(late(losses), early(losses)) << what;
        EXPECT_EQ(losses.begin()->first, 1);
        EXPECT_EQ(std::to_string(losses.rbegin()->first), fact(*report, "training_steps"));
        for (const char* name : {"learning_rate", "gradient_norm", "train_tokens_per_second"}) {
            EXPECT_EQ(found.at(name).size(), losses.size()) << name;
        }
        EXPECT_EQ(found.at("validation_loss").size(), 3U) << "after each epoch";
        EXPECT_EQ(found.at("train_steps").begin()->second, static_cast<double>(losses.rbegin()->first));
        const auto previews = observer.of(ObservationKind::preview);
        ASSERT_EQ(previews.size(), 10U) << "what is asked, and two after each";
        EXPECT_EQ(previews[1].name, "target");
        EXPECT_FALSE(previews[1].text.empty());
        EXPECT_EQ(previews[2].repetition, 1);
        EXPECT_EQ(previews[3].index, -1);
        EXPECT_GT(previews[4].index, 0);
        EXPECT_TRUE(std::isfinite(metric(*report, "exact_match"))) << what;
        EXPECT_GT(metric(*report, "perplexity"), 1) << what;
        const std::string trained = fact(*report, "trained");
        EXPECT_TRUE(fs::exists(fs::path(trained) / "pairing.json"));
        EXPECT_EQ(answers(observer).size(), 6U);
        EXPECT_EQ(answers_of_written(job, trained), answers(observer)) << what;
    }
}

TEST_F(RunTrain, a_model_alone_learns_and_what_it_wrote_answers_as_it_answered) {
    for (const Trainable trainable : {Trainable::full, Trainable::lora}) {
        Job job = job_of(folder_, "single_" + std::string(enum_name(trainable)), PairingMethod::single);
        train_of(job).trainable = trainable;
        RecordingObserver observer;
        const auto report = run_job(job, observer, {});
        ASSERT_TRUE(report.ok()) << report.error().to_string();
        const auto losses = samples(observer).at("train_loss");
        EXPECT_LT(late(losses), early(losses));
        EXPECT_EQ(answers_of_written(job, fact(*report, "trained")), answers(observer));
    }
}

TEST_F(RunTrain, a_soft_prompt_learns_and_what_it_wrote_answers_as_it_answered) {
    for (const auto& [writes, trainable] : {std::pair{"mistral_full", Trainable::none},
                                            {"mistral_full", Trainable::lora},
                                            {"mistral_full", Trainable::full},
                                            {"t5_first", Trainable::none}}) {
        const std::string what = std::string("soft_") + writes + "_" + std::string(enum_name(trainable));
        Job job = job_of(folder_, what, PairingMethod::prompt_tuning, writes);
        job.pairing.soft_prompt.soft_tokens = 5;
        train_of(job).trainable = trainable;
        train_of(job).training.optimiser.learning_rate = trainable == Trainable::none ? 1e-1 : 3e-3;
        RecordingObserver observer;
        const auto report = run_job(job, observer, {});
        ASSERT_TRUE(report.ok()) << what << " " << report.error().to_string();
        const auto losses = samples(observer).at("train_loss");
        EXPECT_LT(late(losses), early(losses)) << what;
        EXPECT_GT(metric(*report, "perplexity"), 1) << what;
        const std::string trained = fact(*report, "trained");
        EXPECT_TRUE(fs::exists(fs::path(trained) / "soft_prompt.safetensors"));
        if (trainable == Trainable::none) {
            EXPECT_EQ(fact(*report, "trained_parameters"), std::to_string(5 * 16)) << what;
        }
        EXPECT_EQ(answers_of_written(job, trained), answers(observer)) << what;
        Job other = job;
        other.pairing.trained.location = trained;
        other.pairing.soft_prompt.soft_tokens = 6;
        EXPECT_EQ(refusal(other), "PAIRING_FOLDER");
    }
}

TEST_F(RunTrain, the_large_model_reads_each_prompt_once_for_all_trials) {
    Job job = job_of(folder_, "first", PairingMethod::llm_to_slm);
    const auto first = run_job(job, observer_, {});
    ASSERT_TRUE(first.ok()) << first.error().to_string();
    const std::int64_t read = std::stoll(fact(*first, "prompts_read"));
    EXPECT_GT(read, 50);
    EXPECT_LE(read, 132);
    job.place.work = (folder_ / "second").string();
    train_of(job).training.optimiser.learning_rate = 1e-3;
    const auto second = run_job(job, observer_, {});
    ASSERT_TRUE(second.ok()) << second.error().to_string();
    EXPECT_EQ(fact(*second, "prompts_read"), "0");
    job.pairing.guidance.llm_prompt = "tell: {prompt}";
    job.place.work = (folder_ / "third").string();
    EXPECT_EQ(fact(run_job(job, observer_, {}).value(), "prompts_read"), std::to_string(read));
}

// Prompts that are kept are read one by one, others a batch together, whose sums are rounded otherwise.
TEST_F(RunTrain, kept_vectors_change_nothing_but_time_and_rounding) {
    std::map<VectorCache, std::map<std::int64_t, double>> losses;
    for (const VectorCache how : {VectorCache::off, VectorCache::f32}) {
        Job job = job_of(folder_, "kept_" + std::string(enum_name(how)), PairingMethod::llm_to_slm);
        train_of(job).vector_cache = how;
        losses[how] = losses_of(job);
    }
    expect_near(losses[VectorCache::f32], losses[VectorCache::off], 1e-6);
}

TEST_F(RunTrain, layers_that_are_computed_again_give_the_same_losses) {
    std::map<bool, std::map<std::int64_t, double>> losses;
    for (const bool again : {false, true}) {
        Job job = job_of(folder_, again ? "again" : "once", PairingMethod::llm_to_slm);
        train_of(job).gradient_checkpointing = again;
        losses[again] = losses_of(job);
    }
    expect_near(losses[true], losses[false], 1e-4);
    Job job = job_of(folder_, "refused", PairingMethod::llm_to_slm, "t5_first");
    train_of(job).gradient_checkpointing = true;
    EXPECT_EQ(refusal(job), "TRAIN_UNSUPPORTED");
}

TEST_F(RunTrain, interrupted_anywhere_it_ends_with_the_same_bytes) {
    std::int64_t reached = 0;  // steps told again do not count
    const auto run_until = [&](const std::string& work, std::size_t events) {
        const Job job = job_of(folder_, work, PairingMethod::llm_to_slm);
        RecordingObserver observer;
        std::stop_source stop;
        std::size_t seen = 0;
        observer.on_progress = [&](const Progress&) {
            if (++seen == events) {
                stop.request_stop();
            }
        };
        std::size_t samples = 0;
        observer.on_observation = [&](const Observation& observation) {
            if (observation.name != "train_loss" || observation.index <= reached) {
                return;
            }
            reached = observation.index;
            if (++samples == events) {
                stop.request_stop();
            }
        };
        return run_job(job, observer, stop.get_token());
    };
    const auto whole = run_until("whole", 0);
    ASSERT_TRUE(whole.ok()) << whole.error().to_string();
    CounterRandom random(static_cast<std::uint64_t>(std::time(nullptr)), 0);
    reached = 0;
    int stops = 0;
    for (int attempt = 0; attempt < 40; ++attempt) {
        const auto part = run_until("parts", 1 + random.below(9));
        if (part.ok()) {
            break;
        }
        ASSERT_EQ(part.error().code, "CANCELLED") << part.error().to_string();
        ++stops;
    }
    EXPECT_GT(stops, 0);
    const auto end = run_until("parts", 0);
    ASSERT_TRUE(end.ok()) << end.error().to_string();
    // The last attempt's report is of all of it.
    for (const char* name : {"train_loss", "validation_loss", "train_tokens_per_second"}) {
        const auto metric = [&](const Report& report) {
            return *std::ranges::find(report.metrics, name, &MetricSummary::name);
        };
        EXPECT_EQ(metric(*end).n, metric(*whole).n) << name;
        if (std::string_view(name) != "train_tokens_per_second") {
            EXPECT_EQ(metric(*end).mean, metric(*whole).mean) << name;
        }
    }
    for (const char* file : {"projector.safetensors", "small/model.safetensors"}) {
        const std::string expected = bytes_of_file(folder_ / "whole/trained" / file);
        EXPECT_FALSE(expected.empty());
        EXPECT_EQ(bytes_of_file(folder_ / "parts/trained" / file), expected) << file;
    }
}

TEST_F(RunTrain, a_score_can_choose_the_best_step) {
    for (const char* by : {"exact_match", "perplexity"}) {
        Job job = job_of(folder_, std::string("by_") + by, PairingMethod::llm_to_slm);
        train_of(job).best_by = by;
        RecordingObserver observer;
        const auto report = run_job(job, observer, {});
        ASSERT_TRUE(report.ok()) << report.error().to_string();
        std::map<std::int64_t, double> scores;
        for (const Observation& score : observer.of(ObservationKind::score)) {
            if (score.index >= 0 && score.name == by) {
                scores[score.index] = score.value;
            }
        }
        ASSERT_EQ(scores.size(), 3U);
        const bool higher = std::string_view(by) == "exact_match";
        const auto best = std::ranges::max_element(
            scores, [&](const auto& a, const auto& b) { return higher ? a.second < b.second : a.second > b.second; });
        EXPECT_EQ(fact(*report, "best_step"), std::to_string(best->first)) << by;
    }
}

TEST_F(RunTrain, long_pairs_are_cut_left_out_or_refused) {
    Job job = job_of(folder_, "long", PairingMethod::llm_to_slm);
    TrainWorkload& train = train_of(job);
    train.train.path = pairs_file(folder_ / "long.jsonl", 40, 5, 20);
    train.max_source_tokens = 10;  // "q: " and seven letters
    train.too_long = TooLong::refuse;
    EXPECT_EQ(refusal(job), "DATA_TOO_LONG");
    train.too_long = TooLong::drop;
    job.place.work = (folder_ / "dropped").string();
    const auto dropped = run_job(job, observer_, {});
    ASSERT_TRUE(dropped.ok()) << dropped.error().to_string();
    EXPECT_LT(std::stoll(fact(*dropped, "train_examples")), 40);
    train.too_long = TooLong::cut;
    train.max_target_tokens = 1;
    job.place.work = (folder_ / "cut").string();
    const auto cut = run_job(job, observer_, {});
    ASSERT_TRUE(cut.ok()) << cut.error().to_string();
    EXPECT_EQ(fact(*cut, "train_examples"), "40");
    train.max_source_tokens = 2;  // less than what stands around it
    EXPECT_EQ(refusal(job), "DATA_TOO_LONG");
}

TEST_F(RunTrain, what_cannot_run_is_refused_before_anything_is_loaded) {
    const auto with = [&](const auto& change, PairingMethod method = PairingMethod::llm_to_slm) {
        Job job = job_of(folder_, "refused", method);
        change(job, train_of(job));
        return refusal(job);
    };
    EXPECT_EQ(with([](Job&, TrainWorkload& train) { train.labels = Labels::llm; }, PairingMethod::single),
              "TRAIN_UNSUPPORTED");
    EXPECT_EQ(with([](Job&, TrainWorkload& train) { train.trainable = Trainable::none; }, PairingMethod::single),
              "TRAIN_UNSUPPORTED");
    EXPECT_EQ(with([](Job& job, TrainWorkload&) { job.pairing.method = PairingMethod::speculative; }),
              "TRAIN_UNSUPPORTED");
    EXPECT_EQ(with([](Job& job, TrainWorkload&) { job.place.work.clear(); }), "TRAIN_PLACE");
    EXPECT_EQ(with([](Job& job, TrainWorkload&) { job.load.context = 5; }), "CONTEXT_TOO_LONG");
    EXPECT_EQ(with([](Job&, TrainWorkload& train) { train.train = {}; }), "DATA_NONE");
    EXPECT_EQ(with([](Job&, TrainWorkload& train) {
                  train.best_by = "exact_match";
                  train.validation = {};
              }),
              "DATA_NONE");
    EXPECT_EQ(with([](Job&, TrainWorkload& train) { train.best_by = "beauty"; }), "SCORE_UNKNOWN");
    EXPECT_EQ(with([](Job&, TrainWorkload& train) { train.task.prompt = "no place"; }), "PAIRING_PROMPT");
    EXPECT_EQ(with([](Job& job, TrainWorkload&) { job.pairing.guidance.settings.layer = 99; }), "PAIRING_LAYER");
    EXPECT_EQ(with([](Job& job, TrainWorkload&) { job.pairing.model.adapter = "/nowhere"; }), "TRAIN_UNSUPPORTED");
    EXPECT_EQ(with([](Job& job, TrainWorkload&) { job.pairing.model.location = "random:smollm2-135m"; }), "TOK_NONE");
}

TEST(TimeLeft, is_told_in_words) {
    EXPECT_EQ(time_left(0), "about 1 s left");
    EXPECT_EQ(time_left(42.2), "about 42 s left");
    EXPECT_EQ(time_left(61), "about 1 min left");
    EXPECT_EQ(time_left(240), "about 4 min left");
    EXPECT_EQ(time_left(3600 * 2 + 600), "about 2 h 10 min left");
    EXPECT_EQ(time_left(86400 * 6), "about 6 days left");
}

}  // namespace
}  // namespace tandem::test
