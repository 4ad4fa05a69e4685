// Training on a large model's answers: they are those of generate, written once for all trials, and an interrupted
// writing goes on where it stopped.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/run_job.h"
#include "engine/training/label_file.h"
#include "tests/engine/run/train_support.h"
#include "tests/support/recording_observer.h"

namespace tandem::test {
namespace {

class RunLabels : public ::testing::Test {
protected:
    // The large model reads letters as the small one does; both write whatever random weights write.
    Job job_of(const std::string& work, PairingMethod method, const std::string& large = "llama_biases") {
        Job job;
        job.pairing.method = method;
        job.pairing.model = {.name = "small", .location = model("mistral_full", 2)};
        const ModelRef answers{.name = "large", .location = model(large, 1)};
        (has_partner(method) ? job.pairing.partner : job.labeller) = answers;
        job.pairing.guidance.llm_prompt = has_partner(method) ? "say: {prompt}" : "{prompt}";
        job.device.threads = 1;
        job.load.dtype = Dtype::f32;
        job.seed = 3;
        job.place = {.work = (folder_ / work).string(), .cache = (folder_ / "cache").string()};
        TrainWorkload train;
        train.train = {.path = pairs_file(folder_ / "train.jsonl", 40, 1), .split = {}, .sha256 = {}};
        train.validation = {.path = pairs_file(folder_ / "validation.jsonl", 8, 2), .split = {}, .sha256 = {}};
        train.task.test = {.path = pairs_file(folder_ / "test.jsonl", 4, 3), .split = {}, .sha256 = {}};
        train.task.prompt = "q: {source}";
        train.task.scores = {"exact_match"};
        train.task.generation.max_new_tokens = 4;
        train.labels = Labels::llm;
        train.labels_from = has_partner(method) ? "" : "large";
        train.training.epochs = 1;
        train.training.batch_tokens = 256;
        train.previews = 0;
        job.workload = train;
        return job;
    }
    // Made once: without a sum, a model is known by its files and their times.
    std::string model(const std::string& name, int end_of_text) {
        std::string& place = models_[name];
        return place = place.empty() ? model_of_letters(folder_ / "models", name, end_of_text) : place;
    }
    static TrainWorkload& train_of(Job& job) { return std::get<TrainWorkload>(job.workload); }

    Report run(const Job& job) {
        observer_ = RecordingObserver();
        const auto report = run_job(job, observer_, {});
        EXPECT_TRUE(report.ok()) << report.error().to_string();
        return report.ok() ? *report : Report{};
    }
    static std::string fact(const Report& report, std::string_view name) {
        for (const Fact& fact : report.facts) {
            if (fact.name == name) {
                return fact.value;
            }
        }
        return "no such fact";
    }
    bool phase_seen(std::string_view name) const {
        const auto phases = observer_.of(ObservationKind::phase_begin);
        return std::ranges::any_of(phases, [&](const Observation& phase) { return phase.name == name; });
    }
    // Every text that a file of labels has.
    static std::multiset<std::string> texts_of(const std::string& path) {
        std::multiset<std::string> texts;
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);) {
            texts.insert(nlohmann::json::parse(line.substr(65))["text"].get<std::string>());
        }
        return texts;
    }
    // What generate of the large model says to the sources of the files, a prompt once.
    static std::multiset<std::string> generated(const Job& job, const std::vector<std::string>& files,
                                                const std::string& before) {
        GenerateWorkload generate{.prompts = {},
                                  .chat = false,
                                  .system = "",
                                  .generation = std::get<TrainWorkload>(job.workload).task.generation};
        std::set<std::string> seen;
        for (const std::string& path : files) {
            std::ifstream file(path);
            for (std::string line; std::getline(file, line);) {
                const std::string prompt = before + nlohmann::json::parse(line)["source"].get<std::string>();
                if (seen.insert(prompt).second) {
                    generate.prompts.push_back(prompt);
                }
            }
        }
        Job alone = job;
        alone.pairing = {.method = PairingMethod::single,
                         .model = job.labeller.location.empty() ? job.pairing.partner : job.labeller};
        alone.workload = generate;
        RecordingObserver observer;
        const auto report = run_job(alone, observer, {});
        EXPECT_TRUE(report.ok()) << report.error().to_string();
        std::multiset<std::string> texts;
        for (const Observation& output : observer.of(ObservationKind::output)) {
            texts.insert(output.text);
        }
        return texts;
    }

    // In memory where there is such a place: what is written is made durable.
    TemporaryFolder folder_{fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()};
    std::map<std::string, std::string> models_;
    RecordingObserver observer_;
};

TEST_F(RunLabels, labels_are_what_generate_of_the_large_model_says) {
    for (const auto& [method, large] : {std::pair{PairingMethod::llm_to_slm, "llama_biases"},
                                        {PairingMethod::llm_to_slm, "t5_first"},
                                        {PairingMethod::single, "llama_biases"},
                                        {PairingMethod::prompt_tuning, "llama_biases"}}) {
        for (const std::int64_t beams : {1, 2}) {
            const std::string what = std::string(enum_name(method)) + "_" + large + "_" + std::to_string(beams);
            Job job = job_of(what, method, large);
            job.place.cache = (folder_ / what / "cache").string();
            train_of(job).task.generation.beams = beams;
            const Report report = run(job);
            EXPECT_EQ(fact(report, "labels_from"), "large") << what;
            const std::string before = has_partner(method) ? "say: q: " : "q: ";
            const auto expected = generated(job, {train_of(job).train.path, train_of(job).validation.path}, before);
            EXPECT_EQ(texts_of(fact(report, "labels_file")), expected) << what;
            EXPECT_EQ(fact(report, "labels_made"), std::to_string(expected.size())) << what;
            EXPECT_EQ(fact(report, "labels_asked"), "48") << what;
        }
    }
}

TEST_F(RunLabels, the_scores_are_of_the_gold_targets) {
    run(job_of("gold", PairingMethod::single));
    std::ifstream file(folder_ / "test.jsonl");
    std::string answers;
    for (const auto& [name, bytes] : observer_.artefacts) {
        if (name == "answers.jsonl") {
            answers.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
    }
    std::size_t rows = 0;
    for (std::string line; std::getline(file, line); ++rows) {
        EXPECT_NE(answers.find(nlohmann::json::parse(line)["target"].dump()), std::string::npos) << answers;
    }
    EXPECT_EQ(rows, 4U);
}

TEST_F(RunLabels, further_trials_never_run_the_large_model) {
    Job job = job_of("first", PairingMethod::llm_to_slm);
    EXPECT_NE(fact(run(job), "labels_made"), "0");
    EXPECT_TRUE(phase_seen("label"));
    job.seed = 4;
    job.place.work = (folder_ / "second").string();
    train_of(job).training.optimiser.learning_rate = 1e-3;
    EXPECT_EQ(fact(run(job), "labels_made"), "0");
    EXPECT_FALSE(phase_seen("label"));
    // Another pairing whose labels come of the same prompts has the same ones.
    Job alone = job_of("third", PairingMethod::single);
    train_of(alone).labels_prompt = "say: {prompt}";
    EXPECT_EQ(fact(run(alone), "labels_made"), "0");
    train_of(alone).task.generation.max_new_tokens = 5;
    alone.place.work = (folder_ / "fourth").string();
    EXPECT_NE(fact(run(alone), "labels_made"), "0") << "other answers";
}

TEST_F(RunLabels, drawn_labels_are_the_same_for_all_seeds) {
    Job job = job_of("drawn", PairingMethod::single);
    train_of(job).task.generation.greedy = false;
    const Report first = run(job);
    job.seed = 99;
    job.place.work = (folder_ / "again").string();
    const Report second = run(job);
    EXPECT_EQ(fact(second, "labels_made"), "0");
    EXPECT_EQ(fact(second, "labels_file"), fact(first, "labels_file"));
}

TEST_F(RunLabels, interrupted_anywhere_no_label_is_written_twice_and_the_end_is_the_same) {
    const Report whole = run(job_of("whole", PairingMethod::llm_to_slm));
    const std::string expected = bytes_of_file(fact(whole, "labels_file"));
    Job job = job_of("parts", PairingMethod::llm_to_slm);
    job.place.cache = (folder_ / "other_cache").string();
    std::size_t seen = 0;
    int stops = 0;
    for (std::size_t stop_after = 2; stop_after < 40; stop_after += 9) {
        RecordingObserver observer;
        std::stop_source stop;
        seen = 0;
        observer.on_progress = [&](const Progress& progress) {
            if (progress.what.starts_with("labels ") && ++seen == stop_after) {
                stop.request_stop();
            }
        };
        const auto part = run_job(job, observer, stop.get_token());
        if (part.ok()) {
            break;
        }
        ASSERT_EQ(part.error().code, "CANCELLED") << part.error().to_string();
        ++stops;
    }
    EXPECT_GT(stops, 1);
    const fs::path file = fs::path(job.place.cache) / "labels" / fs::path(fact(whole, "labels_file")).filename();
    ASSERT_TRUE(fs::exists(file));
    const std::string part = bytes_of_file(file);
    ASSERT_LE(part.size(), expected.size());
    EXPECT_EQ(part, expected.substr(0, part.size()));
    fs::resize_file(file, part.size() / 2);  // as a machine that lost power leaves it
    const Report end = run(job);
    EXPECT_EQ(texts_of(fact(whole, "labels_file")).size(), std::stoul(fact(whole, "labels_made")));
    EXPECT_LT(std::stoul(fact(end, "labels_made")), std::stoul(fact(whole, "labels_made")));
    EXPECT_EQ(bytes_of_file(folder_ / "parts/trained/small/model.safetensors"),
              bytes_of_file(folder_ / "whole/trained/small/model.safetensors"));
}

TEST_F(RunLabels, empty_answers_are_counted_and_not_learned) {
    Job job = job_of("plain", PairingMethod::single);
    const auto texts = texts_of(fact(run(job), "labels_file"));
    std::map<char, int> first_letters;
    for (const std::string& text : texts) {
        ++first_letters[text.empty() ? '\0' : text.front()];
    }
    ASSERT_GT(first_letters.size(), 1U) << "the answers are all alike";
    // Whoever begins with that letter says nothing now.
    const auto rarest =
        std::ranges::min_element(first_letters, [](const auto& a, const auto& b) { return a.second < b.second; });
    job.place.work = (folder_ / "stopped").string();
    train_of(job).task.generation.stop = {std::string(1, rarest->first)};
    const Report report = run(job);
    const std::int64_t empty = std::stoll(fact(report, "labels_empty"));
    EXPECT_GE(empty, 1);
    EXPECT_GE(std::stoll(fact(report, "train_examples")), 40 - empty);
    EXPECT_LE(std::stoll(fact(report, "train_examples")) + std::stoll(fact(report, "validation_examples")), 48 - empty);

    std::string letters = "abcdefghijklmnopqrstuvwxyz :";
    train_of(job).task.generation.stop.clear();
    for (const char letter : letters) {
        train_of(job).task.generation.stop.emplace_back(1, letter);
    }
    job.place.work = (folder_ / "silent").string();
    const auto silent = run_job(job, observer_, {});
    ASSERT_FALSE(silent.ok());
    EXPECT_EQ(silent.error().code, "DATA_EMPTY");
}

TEST_F(RunLabels, what_cannot_label_is_refused_before_anything_is_loaded) {
    const auto refused = [&](const auto& change) {
        Job job = job_of("refused", PairingMethod::single);
        change(job, train_of(job));
        RecordingObserver observer;
        const auto report = run_job(job, observer, {});
        EXPECT_TRUE(observer.of(ObservationKind::phase_begin).empty()) << "something was loaded";
        return report.ok() ? "accepted" : report.error().code;
    };
    EXPECT_EQ(refused([](Job& job, TrainWorkload& train) {
                  job.labeller = {};
                  train.labels_from.clear();
              }),
              "TRAIN_UNSUPPORTED");
    EXPECT_EQ(refused([](Job& job, TrainWorkload&) { job.labeller = {}; }), "TRAIN_UNSUPPORTED");
    EXPECT_EQ(refused([](Job& job, TrainWorkload&) { job.labeller.location = "random:smollm2-135m"; }), "TOK_NONE");
    EXPECT_EQ(refused([](Job& job, TrainWorkload&) { job.labeller.location = "/nowhere"; }), "MODEL_NOT_FOUND");
    EXPECT_EQ(refused([](Job&, TrainWorkload& train) { train.labels_prompt = "no place"; }), "PAIRING_PROMPT");
    EXPECT_EQ(refused([](Job&, TrainWorkload& train) {
                  train.too_long = TooLong::refuse;
                  train.max_source_tokens = 3;
              }),
              "DATA_TOO_LONG");
}

}  // namespace
}  // namespace tandem::test
