#include "app/library/library.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/library/index.h"
#include "app/library/sources.h"
#include "app/library/sum.h"
#include "engine/models/inspect.h"
#include "tests/app/library/library_fixture.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::small_gguf;
using test::TemporaryFolder;
using test::write_file;

Library open(const TemporaryFolder& folder) {
    auto library = Library::open(folder / "home");
    EXPECT_TRUE(library.ok()) << library.error().to_string();
    return *library;
}

TEST(Library, a_file_is_used_where_it_lies_and_found_by_name_afterwards) {
    const TemporaryFolder folder;
    write_file(folder / "Small Model.gguf", small_gguf());
    auto library = open(folder);
    const auto added = library.add(folder / "Small Model.gguf", "", {}, {});
    ASSERT_TRUE(added.ok()) << added.error().to_string();
    EXPECT_EQ(added->name, "small-model");
    EXPECT_EQ(added->location, fs::canonical(folder / "Small Model.gguf"));
    auto again = open(folder);
    ASSERT_EQ(again.entries().size(), 1U);
    const auto facts = again.resolve("small-model");
    ASSERT_TRUE(facts.ok()) << facts.error().to_string();
    EXPECT_EQ(facts->sha256, added->sha256);
    EXPECT_EQ(facts->sha256.size(), 64U);
    EXPECT_EQ(facts->shape.vocab, 10);
}

TEST(Library, a_copy_stays_when_the_original_goes) {
    const TemporaryFolder folder;
    write_file(folder / "m.gguf", small_gguf());
    auto library = open(folder);
    const auto added = library.add(folder / "m.gguf", "kept", {}, {}, {.local = LocalFiles::copy});
    ASSERT_TRUE(added.ok()) << added.error().to_string();
    fs::remove(folder / "m.gguf");
    EXPECT_TRUE(library.resolve("kept").ok());
    EXPECT_EQ(fs::path(added->location).filename(), added->sha256 + ".gguf");
}

TEST(Library, a_reference_whose_file_is_gone_is_named) {
    const TemporaryFolder folder;
    write_file(folder / "m.gguf", small_gguf());
    auto library = open(folder);
    ASSERT_TRUE(library.add(folder / "m.gguf", "", {}, {}).ok());
    fs::remove(folder / "m.gguf");
    EXPECT_EQ(library.resolve("m").error().code, "MODEL_FILE_GONE");
}

TEST(Library, adding_the_same_again_changes_nothing_and_another_of_the_name_is_refused) {
    const TemporaryFolder folder;
    write_file(folder / "a" / "m.gguf", small_gguf(10));
    write_file(folder / "b" / "m.gguf", small_gguf(11));
    auto library = open(folder);
    ASSERT_TRUE(library.add(folder / "a/m.gguf", "", {}, {}).ok());
    EXPECT_TRUE(library.add(folder / "a/m.gguf", "", {}, {}).ok());
    EXPECT_EQ(library.add(folder / "b/m.gguf", "", {}, {}).error().code, "MODEL_NAME_TAKEN");
    EXPECT_EQ(library.entries().size(), 1U);
    EXPECT_TRUE(library.add(folder / "b/m.gguf", "other", {}, {}).ok());
}

TEST(Library, names_that_lead_elsewhere_are_refused) {
    const TemporaryFolder folder;
    write_file(folder / "m.gguf", small_gguf());
    auto library = open(folder);
    for (const char* name : {"../x", "a/b", ".hidden", "-flag", "a b", "a\nb"}) {
        EXPECT_EQ(library.add(folder / "m.gguf", name, {}, {}).error().code, "MODEL_NAME") << name;
    }
}

TEST(Library, an_unknown_model_names_the_nearest_and_the_way_to_fetch_it) {
    const TemporaryFolder folder;
    auto library = open(folder);
    const auto unknown = library.resolve("smolm2");
    EXPECT_EQ(unknown.error().code, "MODEL_NOT_FOUND");
    EXPECT_NE(unknown.error().message.find("nearest are smollm2-135m-instruct-q4_1"), std::string::npos);
    EXPECT_NE(library.resolve("smollm2-135m-instruct-q4_1").error().message.find("`tandem model add smollm2"),
              std::string::npos);
    EXPECT_FALSE(fs::exists(folder / "home")) << "looking must not make anything";
}

TEST(Library, files_that_are_no_models_are_refused_by_what_they_are) {
    const TemporaryFolder folder;
    auto library = open(folder);
    const auto code_of = [&](const std::string& name, std::string_view content) {
        write_file(folder / name, content);
        const auto added = library.add(folder / name, "", {}, {});
        return added.ok() ? std::string("added") : added.error().code;
    };
    for (const char* name : {"a.pt", "a.bin", "a.ckpt", "a.pt2", "a.mar", "a.pkl"}) {
        EXPECT_EQ(code_of(name, "\x80\x04."), "PICKLE_REFUSED") << name;
    }
    EXPECT_EQ(code_of("a.gguf", std::string("PK\x03\x04", 4) + std::string(100, 'z')), "NOT_A_MODEL");
    EXPECT_EQ(code_of("b.gguf", "<!DOCTYPE html><html></html>"), "NOT_A_MODEL");
    EXPECT_EQ(code_of("c.gguf", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), "NOT_A_MODEL");
    EXPECT_EQ(code_of("d.gguf", small_gguf().substr(0, 200)), "GGUF_STRING_PAST_EOF");
    EXPECT_TRUE(library.entries().empty());
}

TEST(Library, a_pickle_under_a_safetensors_name_is_refused) {
    const TemporaryFolder folder;
    write_file(folder / "model" / "config.json",
               R"({"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,
                   "num_key_value_heads":2,"intermediate_size":128,"vocab_size":10,"max_position_embeddings":64})");
    write_file(folder / "model" / "model.safetensors", "\x80\x04\x95\x10" + std::string(40, '}') + "q.");
    auto library = open(folder);
    EXPECT_EQ(library.add(folder / "model", "", {}, {}).error().code, "PICKLE_REFUSED");
}

TEST(Library, a_changed_file_gets_a_new_sum_and_verify_says_so) {
    const TemporaryFolder folder;
    write_file(folder / "m.gguf", small_gguf(10));
    auto library = open(folder);
    ASSERT_TRUE(library.add(folder / "m.gguf", "", {}, {}).ok());
    EXPECT_TRUE(library.verify("m").ok());
    write_file(folder / "m.gguf", small_gguf(11));
    const auto facts = library.resolve("m");
    ASSERT_TRUE(facts.ok());
    ASSERT_FALSE(facts->warnings.empty());
    EXPECT_NE(facts->warnings.back().find("changed since it was added"), std::string::npos);
    EXPECT_EQ(library.verify("m").error().code, "MODEL_CHANGED");
}

TEST(Library, verify_reads_a_file_whose_size_and_time_are_as_before) {
    const TemporaryFolder folder;
    std::string content = small_gguf();
    write_file(folder / "m.gguf", content);
    auto library = open(folder);
    ASSERT_TRUE(library.add(folder / "m.gguf", "", {}, {}).ok());
    const auto time = fs::last_write_time(folder / "m.gguf");
    content.back() = 'x';
    std::fstream(folder / "m.gguf", std::ios::in | std::ios::out | std::ios::binary) << content;
    fs::last_write_time(folder / "m.gguf", time);
    EXPECT_TRUE(library.resolve("m").ok());  // as remembered
    EXPECT_EQ(library.verify("m").error().code, "MODEL_CHANGED");
}

TEST(Library, sums_are_those_of_sha256sum_and_are_remembered) {
    const TemporaryFolder folder;
    write_file(folder / "abc", "abc");
    const auto sum = library::sum_file(folder / "abc", {}, {});
    ASSERT_TRUE(sum.ok());
    EXPECT_EQ(*sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, appendix B.1
    const auto stamp = library::stamp_of(folder / "abc");
    library::remember_sum(folder.path(), folder / "abc", *stamp, *sum);
    EXPECT_EQ(library::remembered_sum(folder.path(), folder / "abc", *stamp), *sum);
    auto older = *stamp;
    older.modified_ns -= 1;
    EXPECT_EQ(library::remembered_sum(folder.path(), folder / "abc", older), std::nullopt);
}

TEST(Library, damaged_sums_are_taken_again_and_a_damaged_list_is_left_alone) {
    const TemporaryFolder folder;
    write_file(folder / "m.gguf", small_gguf());
    auto library = open(folder);
    ASSERT_TRUE(library.add(folder / "m.gguf", "", {}, {}).ok());
    write_file(folder / "home" / "sums.json", "{\"x\": 1");
    EXPECT_TRUE(library.resolve("m").ok());
    write_file(folder / "home" / "library.json", "{\"tandem_library\": 1, \"models\": [{]}");
    EXPECT_EQ(Library::open(folder / "home").error().code, "LIBRARY_DAMAGED");
    EXPECT_EQ(library.add(folder / "m.gguf", "two", {}, {}).error().code, "LIBRARY_DAMAGED");
    EXPECT_EQ(read_file(folder / "home" / "library.json"), "{\"tandem_library\": 1, \"models\": [{]}");
    write_file(folder / "home" / "library.json", R"({"tandem_library": 99, "models": []})");
    EXPECT_EQ(Library::open(folder / "home").error().code, "LIBRARY_TOO_NEW");
}

TEST(Library, processes_that_add_at_once_lose_nothing) {
    const TemporaryFolder folder;
    constexpr int processes = 8;
    for (int i = 0; i < processes; ++i) {
        write_file(folder / (std::to_string(i) + ".gguf"), small_gguf(static_cast<std::uint64_t>(10 + i)));
    }
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            auto library = Library::open(folder / "home");
            const bool added = library.ok() && library->add(folder / (std::to_string(i) + ".gguf"), "", {}, {}).ok();
            _exit(added ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(open(folder).entries().size(), static_cast<std::size_t>(processes));
}

TEST(Library, random_models_have_a_sum_of_their_shape) {
    const TemporaryFolder folder;
    auto library = open(folder);
    const auto one = library.resolve("random:smollm2-135m");
    const auto other = library.resolve("random:smollm2-360m");
    ASSERT_TRUE(one.ok() && other.ok());
    EXPECT_EQ(one->sha256.size(), 64U);
    EXPECT_NE(one->sha256, other->sha256);
    EXPECT_EQ(library.resolve("random:nothing").error().code, "MODEL_NOT_IN_CATALOGUE");
}

TEST(Library, every_catalogued_source_is_whole) {
    for (const ModelSource& source : model_sources()) {
        EXPECT_EQ(source.sha256.size(), 64U) << source.name;
        EXPECT_GT(source.bytes, 0) << source.name;
        EXPECT_FALSE(source.parts.empty()) << source.name;
        EXPECT_TRUE(!source.licence.empty() || source.opt_in) << source.name << " has no licence and is no opt-in";
        EXPECT_TRUE(!source.opt_in || !source.notice.empty()) << source.name;
        for (const PackagePart& part : source.parts) {
            EXPECT_FALSE(part.package.empty() || part.version.empty() || part.member.empty()) << source.name;
        }
    }
    ASSERT_NE(find_source("smollm2-135m-instruct-q4_1"), nullptr);
    EXPECT_EQ(find_source("smollm2-135m-instruct-q4_1")->bytes, 98'362'432);
}

TEST(Library, a_model_without_a_licence_is_fetched_only_on_request) {
    const TemporaryFolder folder;
    auto library = open(folder);
    std::string told;
    const auto refused = library.add("qwen2.5-coder-0.5b-instruct-q4_k_m", "", {}, {},
                                     {.notice = [&](const std::string& notice) { told += notice; }});
    EXPECT_EQ(refused.error().code, "MODEL_TERMS");
    EXPECT_NE(told.find("no licence"), std::string::npos);
}

}  // namespace
}  // namespace tandem
