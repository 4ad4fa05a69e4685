// What is wrong with an experiment: each fault has its code, its line and column, and a way out.
#include "tests/experiments/spec/spec_fixture.h"

namespace tandem::test {
namespace {

struct Case {
    std::string yaml, code, where, says;
};

void expect_refused(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        const Error error = refusal(one.yaml);
        EXPECT_EQ(error.code, one.code) << one.yaml << "\n" << error.to_string();
        EXPECT_EQ(error.where, one.where) << one.yaml << "\n" << error.to_string();
        EXPECT_NE(error.message.find(one.says), std::string::npos) << one.yaml << "\n" << error.to_string();
        EXPECT_EQ(error.kind, ErrorKind::bad_input);
    }
}

std::string workload(const std::string& inside) {
    return Text{.workloads = "workloads: {w: {" + inside + "}}"}.yaml();
}

TEST(Refusal, the_document) {
    expect_refused({
        {"", "SPEC_TYPE", "e.yaml:1:1", "begins with \"tandem: 1\", found nothing"},
        {"- a\n", "SPEC_TYPE", "e.yaml:1:1", "found a list"},
        {"name: x\n", "SPEC_MISSING", "e.yaml:1:1", "does not say \"tandem: 1\""},
        {"tandem: 2\n", "SPEC_RANGE", "e.yaml:1:9", "is 2, this program reads 1"},
        {"tandem: \"1\"\n", "SPEC_TYPE", "e.yaml:1:9", "in quotes"},
        {with("---\nname: y\n"), "YAML_SYNTAX", "e.yaml:6:1", "second document"},
        {with("load: {dtype: f32\n"), "YAML_SYNTAX", "e.yaml:7:1", "end of map flow"},
        {"tandem: 1\nname: a: b\n", "YAML_SYNTAX", "e.yaml:2:8", "illegal map value"},
        {with("~: 1\n"), "YAML_SYNTAX", "e.yaml:6:1", "key is empty"},
        {with("? [a]\n: 1\n"), "YAML_SYNTAX", "e.yaml:6:3", "must be a plain word"},
        {with("description: \"a\n  b\n"), "YAML_SYNTAX", "e.yaml:6:14", "quote that begins here is not closed"},
        {with("description: 'it''s\n"), "YAML_SYNTAX", "e.yaml:6:14", "is not closed"},
        {with("description: \"a\\\"\n"), "YAML_SYNTAX", "e.yaml:6:14", "is not closed"},
        {with("name: y\n"), "YAML_DUPLICATE_KEY", "e.yaml:6:1", "\"name\" is given twice"},
        {with("load:\n  dtype: f32\n  dtype: f32\n"), "YAML_DUPLICATE_KEY", "e.yaml:8:3", "\"dtype\" is given twice"},
    });
}

TEST(Refusal, what_is_yaml_but_not_of_the_language) {
    expect_refused({
        {with("description: &a x\n"), "YAML_ALIAS_REFUSED", "e.yaml:6:14", "anchors and aliases"},
        {with("description: *a\n"), "YAML_ALIAS_REFUSED", "e.yaml:6:14", "write the value out"},
        {with("load: {<<: {dtype: f32}}\n"), "YAML_TAG_REFUSED", "e.yaml:6:8", "merge key <<"},
        {with("description: !!python/object:os.system x\n"), "YAML_TAG_REFUSED", "e.yaml:6:14", "python/object"},
        {with("load: !!map {dtype: f32}\n"), "YAML_TAG_REFUSED", "e.yaml:6:7", "remove it"},
        {"tandem: 1\nmodels:\n\tm: x\n", "YAML_SYNTAX", "e.yaml:3:1", "a tab is used for indentation; write spaces"},
        {with("load:\n  dtype: f32\n \tcontext: 3\n"), "YAML_SYNTAX", "e.yaml:8:2", "a tab is used"},
    });
}

TEST(Refusal, an_alias_comes_first_whatever_follows_from_it) {
    const Error error =
        refusal("a: &a [\"lol\"]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n");
    EXPECT_EQ(error.code, "YAML_ALIAS_REFUSED");
    EXPECT_EQ(error.where, "e.yaml:1:4");
}

TEST(Refusal, unknown_keys_come_with_the_nearest) {
    expect_refused({
        {with("seed: [1]\n"), "YAML_UNKNOWN_KEY", "e.yaml:6:1", "did you mean seeds?"},
        {with("load: {dtypes: f32}\n"), "YAML_UNKNOWN_KEY", "e.yaml:6:8",
         "\"dtypes\" is not known in load; did you mean dtype?"},
        {with("load: {lerning_rate: 1}\n"), "YAML_UNKNOWN_KEY", "e.yaml:6:8",
         "known are dtype, context or adapter_mode"},
        {workload("kind: benchmark, prompt_token: 3"), "YAML_UNKNOWN_KEY", "e.yaml:5:34",
         "did you mean prompt_tokens?"},
        {workload("kind: benchmark, prompts: [a]"), "YAML_UNKNOWN_KEY", "e.yaml:5:34", "known are"},
        {workload("kind: null, prompts: [a]"), "YAML_UNKNOWN_KEY", "e.yaml:5:29", "known are"},
        {with("targets: {t: {hots: local}}\n"), "YAML_UNKNOWN_KEY", "e.yaml:6:15", "did you mean host?"},
        {with("execution: {retrie: 1}\n"), "YAML_UNKNOWN_KEY", "e.yaml:6:13", "did you mean retries?"},
        {Text{.models = "models: {tiny: {sources: x}}"}.yaml(), "YAML_UNKNOWN_KEY", "e.yaml:3:17",
         "did you mean source?"},
        {Text{.pairings = "pairings: {a: {models: tiny}}"}.yaml(), "YAML_UNKNOWN_KEY", "e.yaml:4:16",
         "did you mean model?"},
        {with("sweep: {gird: {}}\n"), "YAML_UNKNOWN_KEY", "e.yaml:6:9", "did you mean grid?"},
    });
}

TEST(Refusal, values_of_another_type) {
    expect_refused({
        {Text{.name = "name: 5"}.yaml(), "SPEC_TYPE", "e.yaml:2:7", "write \"5\" in quotes if the text is meant"},
        {Text{.name = "name: true"}.yaml(), "SPEC_TYPE", "e.yaml:2:7", "needs text, found true"},
        {Text{.name = "name: [a]"}.yaml(), "SPEC_TYPE", "e.yaml:2:7", "needs one value, found a list"},
        {with("load: [f32]\n"), "SPEC_TYPE", "e.yaml:6:7", "needs a map, found a list"},
        {with("load:\n"), "SPEC_TYPE", "e.yaml:6:1", "needs a map, found nothing"},
        {with("load: {context: 12.5}\n"), "SPEC_TYPE", "e.yaml:6:17", "needs a whole number of tokens, found 12.5"},
        {with("load: {context: 1e3}\n"), "SPEC_TYPE", "e.yaml:6:17", "needs a whole number of tokens, found 1e3"},
        {with("load: {context: \"512\"}\n"), "SPEC_TYPE", "e.yaml:6:17", "remove the quotes"},
        {with("load: {context: 0x10}\n"), "SPEC_TYPE", "e.yaml:6:17", "found 0x10"},
        {with("load: {context: 1_000}\n"), "SPEC_TYPE", "e.yaml:6:17", "found 1_000"},
        {with("load: {context: 2026-01-01}\n"), "SPEC_TYPE", "e.yaml:6:17", "found 2026-01-01"},
        {with("targets: {t: {memory_limit_bytes: lots}}\n"), "SPEC_TYPE", "e.yaml:6:35", "as 4294967296 or 4GiB"},
        {with("targets: {t: {memory_limit_bytes: 4Gib}}\n"), "SPEC_TYPE", "e.yaml:6:35", "found 4Gib"},
        {workload("kind: generate, prompts: [a], temperature: \"1e-3\""), "SPEC_TYPE", "e.yaml:5:60",
         "needs a number, found \"1e-3\" in quotes, which is text; remove the quotes"},
        {workload("kind: generate, prompts: [a], temperature: .inf"), "SPEC_TYPE", "e.yaml:5:60", "found .inf"},
        {workload("kind: generate, prompts: [a], temperature: nan"), "SPEC_TYPE", "e.yaml:5:60", "found nan"},
        {workload("kind: generate, prompts: [a], greedy: no"), "SPEC_TYPE", "e.yaml:5:55",
         "needs true or false, found no; write false"},
        {workload("kind: generate, prompts: [a], greedy: NO"), "SPEC_TYPE", "e.yaml:5:55", "found NO; write false"},
        {workload("kind: generate, prompts: [a], greedy: On"), "SPEC_TYPE", "e.yaml:5:55", "found On; write true"},
        {workload("kind: generate, prompts: [a], greedy: \"true\""), "SPEC_TYPE", "e.yaml:5:55", "remove the quotes"},
        {workload("kind: generate, prompts: [a], greedy: 1"), "SPEC_TYPE", "e.yaml:5:55",
         "needs true or false, found 1"},
        {workload("kind: generate, prompts: a"), "SPEC_TYPE", "e.yaml:5:42", "prompts needs a list, found a"},
        {workload("kind: generate, prompts: [a, 42]"), "SPEC_TYPE", "e.yaml:5:46", "w.prompts[1] needs text, found 42"},
        {workload("kind: generate, prompts: [a, [b]]"), "SPEC_TYPE", "e.yaml:5:46", "prompts[1] needs one value"},
        {workload("kind: logits, ids: [1, x]"), "SPEC_TYPE", "e.yaml:5:40", "ids[1] needs a whole number"},
        {Text{.models = "models: [tiny]"}.yaml(), "SPEC_TYPE", "e.yaml:3:9", "needs a map of names, found a list"},
        {Text{.models = "models: {}"}.yaml(), "SPEC_TYPE", "e.yaml:3:9", "found an empty one"},
        {with("seeds: {from: 1}\n"), "SPEC_TYPE", "e.yaml:6:8", "{range: {from, to, step}}"},
        {with("repetitions: [3]\n"), "SPEC_TYPE", "e.yaml:6:14", "needs one value, found a list"},
    });
}

TEST(Refusal, values_out_of_range) {
    expect_refused({
        {with("load: {context: -1}\n"), "SPEC_RANGE", "e.yaml:6:17", "is -1, allowed is 0 to 16777216 tokens"},
        {with("load: {context: 99999999999999999999}\n"), "SPEC_RANGE", "e.yaml:6:17", "allowed is 0 to 16777216"},
        {with("load: {dtype: f23}\n"), "SPEC_RANGE", "e.yaml:6:15",
         "is f23, allowed is native, f32, bf16, f16, int8 or int4; did you mean f32?"},
        {workload("kind: benchmark, prompt_tokens: 0"), "SPEC_RANGE", "e.yaml:5:49", "allowed is 1 to 16777216 tokens"},
        {workload("kind: bench"), "SPEC_RANGE", "e.yaml:5:23",
         "allowed is generate, benchmark, logits, embed, evaluate, train or null"},
        {workload("kind: generate, prompts: [a], temperature: 1e999"), "SPEC_RANGE", "e.yaml:5:60", "1e999"},
        {workload("kind: generate, prompts: [a], top_p: 1.01"), "SPEC_RANGE", "e.yaml:5:54", "allowed is 0 to 1"},
        {workload("kind: generate, prompts: [a], min_new_tokens: 65"), "SPEC_RANGE", "e.yaml:5:16",
         "allowed is at most max_new_tokens, which is 64"},
        {workload("kind: generate, prompts: [a], stop: ['']"), "SPEC_RANGE", "e.yaml:5:16", "stop has an empty string"},
        {workload("kind: logits, ids: [-1]"), "SPEC_RANGE", "e.yaml:5:16", "negative"},
        {workload("kind: logits, ids: [1], decoder_ids: [-1]"), "SPEC_RANGE", "e.yaml:5:16",
         "decoder_ids has a negative"},
        {with("targets: {t: {device: gpu}}\n"), "SPEC_RANGE", "e.yaml:6:14", "allowed is cpu or cuda:N"},
        {with("targets: {t: {memory_limit_bytes: 1e30TB}}\n"), "SPEC_RANGE", "e.yaml:6:35", "allowed is"},
        {with("targets: {t: {memory_limit_bytes: 0.0001kB}}\n"), "SPEC_RANGE", "e.yaml:6:35", "less than a byte"},
        {with("seeds: [-1]\n"), "SPEC_RANGE", "e.yaml:6:9", "is -1, allowed is from 0"},
        {with("seeds: [18446744073709551616]\n"), "SPEC_RANGE", "e.yaml:6:9", "allowed is from 0"},
        {with("seeds: [1, +1]\n"), "SPEC_RANGE", "e.yaml:6:12", "twice"},
        {with("repetitions: 0\n"), "SPEC_RANGE", "e.yaml:6:14", "allowed is 1 to 100000 runs"},
        {with("execution: {on_error: go}\n"), "SPEC_RANGE", "e.yaml:6:23", "allowed is continue or stop"},
        {Text{.name = "name: ''"}.yaml(), "SPEC_RANGE", "e.yaml:2:7", "1 to 128 bytes"},
        {Text{.name = "name: " + std::string(129, 'n')}.yaml(), "SPEC_RANGE", "e.yaml:2:7", "1 to 128 bytes"},
        {Text{.models = "models: {'a b': x}"}.yaml(), "SPEC_RANGE", "e.yaml:3:10", "cannot be a name in models"},
        {Text{.workloads = "workloads: {a.b: {kind: benchmark}}"}.yaml(), "SPEC_RANGE", "e.yaml:5:13",
         "letters, digits, _ and -"},
    });
}

TEST(Refusal, what_is_missing_or_points_nowhere) {
    expect_refused({
        {"tandem: 1\nname: x\nmodels: {m: s}\npairings: {p: m}\n", "SPEC_MISSING", "e.yaml:1:1", "needs workloads"},
        {workload("knd: benchmark"), "YAML_UNKNOWN_KEY", "e.yaml:5:17", "did you mean kind?"},
        {workload("repetitions: 3"), "SPEC_MISSING", "e.yaml:5:16",
         "needs a kind: generate, benchmark, logits, embed, evaluate, train or null"},
        {workload("kind: generate"), "SPEC_MISSING", "e.yaml:5:16", "needs prompts, a list of texts, or prompts_file"},
        {workload("kind: generate, prompts: []"), "SPEC_MISSING", "e.yaml:5:16", "needs prompts"},
        {workload("kind: logits"), "SPEC_MISSING", "e.yaml:5:16", "needs ids"},
        {workload("kind: generate, prompts: [a], prompts_file: x"), "SPEC_CONFLICT", "e.yaml:5:47", "keep one"},
        {Text{.models = "models: {tiny: ''}"}.yaml(), "SPEC_MISSING", "e.yaml:3:16", "has an empty source"},
        {Text{.models = "models: {tiny: {}}"}.yaml(), "SPEC_MISSING", "e.yaml:3:16", "needs a source"},
        {Text{.pairings = "pairings: {a: {}}"}.yaml(), "SPEC_MISSING", "e.yaml:4:15", "needs a model"},
        {Text{.pairings = "pairings: {a: tinny}"}.yaml(), "SPEC_REFERENCE", "e.yaml:4:15", "did you mean tiny?"},
        {Text{.pairings = "pairings: {a: {model: big, method: single}}"}.yaml(), "SPEC_REFERENCE", "e.yaml:4:23",
         "allowed is tiny"},
        {with("targets: {t: {host: elsewhere}}\n"), "SPEC_REFERENCE", "e.yaml:6:21", "known is local"},
        {with("seeds: []\n"), "SPEC_MISSING", "e.yaml:6:8", "empty list"},
    });
}

TEST(Refusal, all_faults_of_a_file_are_found_in_one_go_in_reading_order) {
    const Error error = refusal(
        "tandem: 1\nname: 5\nmodels: {tiny: random:x}\npairings: {a: tinny}\nworkloads: {w: {kind: bench}}\n"
        "load: {dtyp: f32}\nseeds: [a]\nsweep: {grid: {load.contxt: [1]}}\n");
    EXPECT_EQ(error.code, "SPEC_TYPE");
    EXPECT_EQ(error.where, "e.yaml:2:7");
    const std::vector<std::string> others{"SPEC_REFERENCE: pairings.a.model is tinny",
                                          "at e.yaml:4:15\n",
                                          "SPEC_RANGE: workloads.w.kind is bench",
                                          "at e.yaml:5:23\n",
                                          "YAML_UNKNOWN_KEY: \"dtyp\" is not known",
                                          "at e.yaml:6:8\n",
                                          "SPEC_TYPE: seeds needs a whole number",
                                          "at e.yaml:7:9\n",
                                          "SWEEP_PATH: \"load.contxt\"",
                                          "did you mean load.context?, at e.yaml:8:16\n",
                                          "6 problems, nothing was run"};
    std::size_t from = 0;
    for (const std::string& other : others) {
        from = error.message.find(other, from);
        ASSERT_NE(from, std::string::npos) << other << "\n" << error.message;
    }
}

TEST(Refusal, a_fault_in_an_entry_is_not_followed_by_faults_that_only_follow_from_it) {
    const Error error = refusal(Text{.workloads = "workloads: {w: {kind: benchmark, prompt_tokens: x}}",
                                     .rest = "sweep: {grid: {workloads.w.prompt_tokens: [1, 2]}}\n"}
                                    .yaml());
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
}

TEST(Refusal, long_and_hostile_words_are_cut_in_messages) {
    const std::string key(100'000, 'k');
    EXPECT_LT(refusal(with(key.substr(0, 900) + ": 1\n")).message.size(), 500U);
    EXPECT_LT(refusal(with("load: {dtype: " + key + "}\n")).message.size(), 300U);
    EXPECT_LT(refusal(with("sweep: {exclude: [{\"" + key.substr(0, 900) + "\": [1]}]}\n")).message.size(), 500U);
    std::string many;
    for (int i = 0; i < 3000; ++i) {
        many += "x" + std::to_string(i) + ": 1\n";
    }
    const Error error = refusal(with(many));
    EXPECT_LT(error.message.size(), 20'000U);
    EXPECT_NE(error.message.find("1000 problems or more"), std::string::npos);
    // Cut between characters, so that the message stays text.
    std::string accented = "a";
    for (int i = 0; i < 50; ++i) {
        accented += "é";
    }
    const Error accents = refusal(with("load: {dtype: " + accented + "}\n"));
    EXPECT_NE(accents.message.find("é..."), std::string::npos) << accents.message;
}

}  // namespace
}  // namespace tandem::test
