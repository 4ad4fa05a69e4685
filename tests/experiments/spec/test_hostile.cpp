// Files made to hurt: each is refused by name within two seconds and without more than 512 MiB.
#include <functional>

#include "tests/experiments/spec/spec_fixture.h"
#include "tests/support/cost.h"

namespace tandem::test {
namespace {

Error hostile(const std::string& name, const std::string& yaml) {
    const Cost cost;
    Error error = refusal(yaml);
    EXPECT_LT(cost.seconds(), 2) << name;
    EXPECT_LT(cost.kib(), 512 * 1024) << name;
    EXPECT_LT(error.message.size(), 256U << 10) << name;
    return error;
}

std::string lines(int count, const std::function<std::string(int)>& line) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += line(i) + "\n";
    }
    return text;
}

std::string repeated(std::string_view part, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += part;
    }
    return text;
}

TEST(Hostile, deep_nesting) {
    for (const std::string& text : {repeated("[", 16384), repeated("{", 20535), repeated("- ", 20000) + "x",
                                    repeated("? ", 20000) + "x", repeated("[{a: ", 8000), repeated("[", 2'000'000)}) {
        const Error error = hostile(text.substr(0, 4), text);
        EXPECT_EQ(error.code, "YAML_TOO_DEEP") << text.substr(0, 4);
        EXPECT_TRUE(error.where.starts_with("e.yaml:1:")) << error.where;
    }
    std::string stairs;
    for (int i = 0; i < 2000; ++i) {
        stairs += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    }
    EXPECT_EQ(hostile("stairs", stairs).code, "YAML_TOO_DEEP");
}

TEST(Hostile, an_alias_bomb_of_nine_levels) {
    std::string bomb = with("") + "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n";
    for (int level = 1; level < 9; ++level) {
        const std::string under = "*a" + std::to_string(level - 1);
        bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + under + repeated("," + under, 8) +
                "]\n";
    }
    const Error error = hostile("bomb", bomb);
    EXPECT_EQ(error.code, "YAML_ALIAS_REFUSED");
    EXPECT_EQ(error.where, "e.yaml:6:5");
}

TEST(Hostile, bytes_that_are_no_text) {
    EXPECT_EQ(hostile("nul", std::string("tandem: 1\nname: a\0b\n", 20)).where, "e.yaml:2:8");
    EXPECT_EQ(hostile("escaped nul", Text{.name = "name: \"a\\0b\""}.yaml()).code, "YAML_SYNTAX");
    EXPECT_EQ(hostile("latin-1", "tandem: 1\nname: caf\xE9\n").code, "YAML_SYNTAX");
    EXPECT_EQ(hostile("surrogate", "tandem: 1\nname: \xED\xA0\x80\n").code, "YAML_SYNTAX");
    EXPECT_EQ(hostile("overlong", "tandem: 1\nname: \xC0\xAF\n").code, "YAML_SYNTAX");
    EXPECT_EQ(hostile("utf-16", std::string("\xFF\xFEt\0a\0n\0", 8)).code, "YAML_SYNTAX");
    EXPECT_EQ(hostile("escape", "tandem: 1\nname: \x1b[2J\n").code, "YAML_SYNTAX");
    EXPECT_EQ(hostile("random", std::string("\x7f"
                                            "ELF\x02\x01\x01",
                                            7))
                  .where,
              "e.yaml:1:1");
}

TEST(Hostile, huge_texts) {
    EXPECT_EQ(hostile("size", std::string((2U << 20) + 1, ' ')).code, "YAML_TOO_LARGE");
    EXPECT_EQ(hostile("values", "[" + std::string(2'000'000, ',') + "]").code, "YAML_TOO_LARGE");
    EXPECT_EQ(hostile("list", with("seeds: [" + repeated("1,", 550'000) + "]")).code, "YAML_TOO_LARGE");
    EXPECT_EQ(hostile("keys", with(lines(5000, [](int i) { return "k" + std::to_string(i) + ": 1"; }))).code,
              "YAML_TOO_LARGE");
    EXPECT_EQ(hostile("key", std::string(2'000'000, 'a') + ": 1").code, "YAML_SYNTAX");
    EXPECT_EQ(hostile("word", Text{.name = "name: " + std::string(2'000'000, 'a')}.yaml()).code, "SPEC_RANGE");
    EXPECT_EQ(hostile("open quote", with("description: \"" + repeated("a\n", 1'000'000))).code, "YAML_SYNTAX");
    EXPECT_EQ(hostile("number", with("load: {context: " + std::string(1'000'000, '9') + "}")).code, "SPEC_RANGE");
}

TEST(Hostile, thousands_of_faults_with_many_candidates_each) {
    const std::string prefix(56, 'm');
    const auto number = [](int i) { return std::to_string(i); };
    EXPECT_EQ(hostile("references",
                      "tandem: 1\nname: x\nmodels:\n" +
                          lines(4000, [&](int i) { return "  " + prefix + number(i) + ": s"; }) + "pairings:\n" +
                          lines(4000, [&](int i) { return "  p" + number(i) + ": " + prefix + "_" + number(i); }) +
                          "workloads: {w: {kind: benchmark}}\n")
                  .code,
              "SPEC_REFERENCE");
    const std::string workloads =
        "workloads:\n" + lines(4000, [&](int i) { return "  w" + number(i) + ": {kind: benchmark}"; });
    EXPECT_EQ(
        hostile("sweep paths",
                Text{.workloads = workloads,
                     .rest = "sweep:\n  grid:\n" +
                             lines(4000, [&](int i) { return "    workloads.w" + number(i) + ".prompt_tokenx: [1]"; })}
                    .yaml())
            .code,
        "SWEEP_PATH");
    EXPECT_EQ(
        hostile("knobs", Text{.workloads = "workloads:\n" + lines(4000,
                                                                  [&](int i) {
                                                                      return "  w" + number(i) + ": {kind: benchmark" +
                                                                             repeated(", a" + number(i) + ": 1", 1) +
                                                                             ", warmupp: 1, prompt_tokenn: 2}";
                                                                  })}
                             .yaml())
            .code,
        "YAML_UNKNOWN_KEY");
}

TEST(Hostile, sweeps_that_explode) {
    const Error product =
        hostile("product", with("sweep:\n  grid:\n    load.context: {range: {from: 1, to: 65000}}\n"
                                "    workloads.speed.prompt_tokens: {range: {from: 1, to: 65000}}\n"));
    EXPECT_EQ(product.code, "SWEEP_TOO_LARGE");
    EXPECT_EQ(product.where, "e.yaml:6:1");
    EXPECT_NE(product.message.find("means 4225000000 trials before exclusions, allowed are 100000"), std::string::npos)
        << product.message;

    const Error range =
        hostile("range", with("sweep: {grid: {load.context: {range: {from: 0, to: 9e15, step: 1e-9}}}}\n"));
    EXPECT_EQ(range.code, "SWEEP_TOO_LARGE");
    EXPECT_EQ(hostile("seeds", with("seeds: {range: {from: 1, to: 100001}}")).code, "SWEEP_TOO_LARGE");

    const auto number = [](int i) { return std::to_string(i); };
    const std::string workloads =
        "workloads:\n" + lines(60, [&](int i) { return "  w" + number(i) + ": {kind: benchmark}"; });
    EXPECT_EQ(
        hostile("many ranges", Text{.workloads = workloads,
                                    .rest = "sweep:\n  grid:\n" + lines(60,
                                                                        [&](int i) {
                                                                            return "    workloads.w" + number(i) +
                                                                                   ".prompt_tokens: {range: {from: "
                                                                                   "1, to: 99999}}";
                                                                        })}
                                   .yaml())
            .code,
        "SWEEP_TOO_LARGE");
    EXPECT_EQ(
        hostile("exclusions", with("sweep:\n  grid: {load.context: {range: {from: 1, to: 50000}}}\n  exclude:\n" +
                                   lines(50000, [&](int i) { return "    - {load.context: " + number(i + 1) + "}"; })))
            .code,
        "SWEEP_TOO_LARGE");
    const std::string names = lines(60, [&](int i) { return "  n" + number(i) + ": {device: cpu}"; });
    const Error cells = hostile(
        "cells", Text{.pairings = "pairings:\n" + lines(60, [&](int i) { return "  p" + number(i) + ": tiny"; }),
                      .workloads = workloads,
                      .rest = "targets:\n" + names}
                     .yaml());
    EXPECT_NE(cells.message.find("means 216000 trials"), std::string::npos) << cells.message;
}

TEST(Hostile, files_that_are_no_files) {
    EXPECT_EQ(read_experiment("/nonexistent/e.yaml").error().code, "FILE_NOT_FOUND");
    EXPECT_EQ(read_experiment("/").error().code, "FILE_READ");
    EXPECT_EQ(read_experiment("/dev/zero").error().code, "FILE_READ");
    const Folder folder;
    EXPECT_EQ(read_experiment(folder.write("e.yaml", std::string((2U << 20) + 1, ' '))).error().code, "FILE_TOO_LARGE");
}

}  // namespace
}  // namespace tandem::test
