// What the commands make of texts, ids and files in the way, with the real program.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/app/cli/program_run.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::string vocabularies = TANDEM_SOURCE_DIR "/tests/data/vocabularies/";

class CliText : public testing::Test {
protected:
    Said run(const std::vector<std::string>& arguments) { return program_.run(arguments); }
    std::string file(const std::string& name, std::string_view text) {
        write_file(program_.folder() / name, text);
        return program_.folder() / name;
    }
    std::string folder_with(const std::string& tokenizer) {
        const fs::path copy = program_.folder() / "copy";
        fs::remove_all(copy);
        fs::copy(vocabularies + tokenizer, copy);
        return copy;
    }

    Program program_;
};

TEST_F(CliText, an_empty_value_after_an_equals_sign_is_the_value) {
    const Said plain = run({"model", "tokenize", vocabularies + "gpt2", "--file=", "--no-special"});
    EXPECT_NE(plain.err.find("FILE_NOT_FOUND"), std::string::npos) << plain.err;
    const Said prompt = run({"generate", "random:smollm2-135m", "--prompt=", "--no-chat", "--json"});
    ASSERT_EQ(prompt.code, 0) << prompt.err;
    EXPECT_EQ(json::parse(prompt.out).at("prompt"), "");
    EXPECT_EQ(json::parse(prompt.out).at("settings").at("workload").at("chat"), false);
}

TEST_F(CliText, json_keeps_lines_apart_that_hold_line_feeds) {
    const std::string model = vocabularies + "gpt2";
    const Said ids = run({"model", "tokenize", model, "--file", file("a.txt", "hello\n\nx y"), "--json"});
    ASSERT_EQ(ids.code, 0) << ids.err;
    const json lists = json::parse(ids.out);
    ASSERT_EQ(lists.size(), 3U);
    EXPECT_TRUE(lists.at(1).empty());
    const Said feed = run({"model", "tokenize", vocabularies + "byt5", "--file", file("b.txt", "a")});
    ASSERT_EQ(feed.code, 0) << feed.err;
    // ByT5: byte b has the id b + 3.
    const Said texts =
        run({"model", "detokenize", vocabularies + "byt5", "--json", "--file", file("c.txt", "100 13,101\n102\n")});
    ASSERT_EQ(texts.code, 0) << texts.err;
    EXPECT_EQ(json::parse(texts.out), json({"a\nb", "c"}));
    EXPECT_EQ(run({"model", "tokenize", model, "--file", file("none.txt", ""), "--json"}).out, "[]\n");
}

TEST_F(CliText, bad_utf8_is_told_once_with_its_first_line) {
    const Said said = run({"model", "tokenize", vocabularies + "gpt2", "--file", file("a.txt", "a\n\xff\nb\n\xc3\n")});
    EXPECT_EQ(said.code, 0);
    EXPECT_NE(said.err.find("W_NOT_UTF8: 2 lines are no UTF-8, the first is line 2"), std::string::npos) << said.err;
    EXPECT_EQ(run({"model", "tokenize", vocabularies + "gpt2", "--file", file("b.txt", "\xc3\xa9\n")}).err, "");
}

TEST_F(CliText, ids_that_are_no_numbers_are_told_from_those_out_of_range) {
    const std::string model = vocabularies + "gpt2";
    const Said word = run({"model", "detokenize", model, "--file", file("a.txt", "1 2\n3,abc\n")});
    EXPECT_EQ(word.code, 2);
    EXPECT_NE(word.err.find("'abc' is not a whole number"), std::string::npos) << word.err;
    EXPECT_NE(word.err.find("a.txt:2:3"), std::string::npos) << word.err;
    EXPECT_NE(
        run({"model", "detokenize", model, "--file", file("b.txt", "9999999\n")}).err.find("not an id of this model"),
        std::string::npos);
}

TEST_F(CliText, an_interrupt_ends_a_wait_for_lines_with_130) {
    const std::string pipe = program_.folder() / "pipe";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    program_.start({"model", "tokenize", vocabularies + "gpt2", "--file", pipe});
    std::ofstream writer(pipe);  // waits for the reader
    writer << "hello\n" << std::flush;
    ASSERT_TRUE(program_.wait_for_lines(program_.folder() / "stdout", 1));
    program_.signal(SIGINT);
    const Said said = program_.end();
    EXPECT_EQ(said.code, 130);
    EXPECT_NE(said.err.find("CANCELLED"), std::string::npos) << said.err;
}

TEST_F(CliText, a_reader_that_goes_away_ends_it_quietly) {
    std::string many;
    for (int i = 0; i < 20000; ++i) {
        many += "some words of a line\n";
    }
    const std::string err = program_.folder() / "err";
    const std::string command = "bash -c 'TANDEM_HOME=" + (program_.folder() / "home").string() +
                                " " TANDEM_BINARY_DIR "/bin/tandem model tokenize " + vocabularies + "gpt2 --file " +
                                file("many.txt", many) + " 2>" + err + " | head -1 >/dev/null; exit ${PIPESTATUS[0]}'";
    EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 141);
    EXPECT_EQ(read_file(err), "");
}

TEST_F(CliText, logits_never_replace_a_pipe) {
    const fs::path pipe = program_.folder() / "pipe";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    const Said said = run({"model", "logits", "random:smollm2-135m", "--ids", "1", "--out", pipe});
    EXPECT_EQ(said.code, 2);
    EXPECT_NE(said.err.find("FILE_NOT_REGULAR"), std::string::npos) << said.err;
    EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(CliText, info_shows_the_tokenizer_of_a_folder_that_holds_nothing_else) {
    const std::string folder = folder_with("gpt2");
    fs::remove(fs::path(folder) / "config.json");
    const Said said = run({"model", "info", folder, "--json"});
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_NE(said.err.find("W_NO_WEIGHTS"), std::string::npos);
    const std::string kind = json::parse(said.out).at("tokenizer");
    EXPECT_TRUE(kind.starts_with("byte-level BPE")) << kind;
    EXPECT_TRUE(kind.ends_with(", vocab.json + merges.txt")) << kind;
}

TEST_F(CliText, a_folder_without_a_tokenizer_says_which_files_would_be_one) {
    const Said said = run({"model", "tokenize", program_.folder().path(), "--file", file("a.txt", "x")});
    EXPECT_EQ(said.code, 2);
    EXPECT_NE(said.err.find("TOK_NONE"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("vocab.json with merges.txt"), std::string::npos) << said.err;
}

TEST_F(CliText, a_number_format_by_its_other_name_is_understood) {
    const Said said = run({"bench", "random:smollm2-135m", "--dtype", "fp16"});
    EXPECT_EQ(said.code, 2);
    EXPECT_NE(said.err.find("did you mean f16?"), std::string::npos) << said.err;
    EXPECT_NE(run({"generate", "m", "--prompt", "x", "--temperature", "-1"}).err.find("and 0 for --greedy"),
              std::string::npos);
    // Past the command line: there is no such model.
    EXPECT_NE(run({"generate", "m", "--prompt", "x", "--temperature", "0"}).err.find("MODEL_NOT_FOUND"),
              std::string::npos);
}

}  // namespace
}  // namespace tandem::test
