// A pairing's folder: what is written is what is read, and nothing else is taken for one.
#include "engine/pairing/pairing_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

SavedPairing sample() {
    PairingSettings settings{.layer = 4, .fusion = Fusion::replace, .aligned = true, .pooling = Pooling::last};
    settings.projector = {.kind = ProjectorKind::gated, .inner = 3};
    return {.large = {.name = "guide", .location = "/models/large", .sha256 = std::string(64, 'a')},
            .small = {.name = "writer", .location = "writer"},
            .settings = settings,
            .projector = Projector::create(settings.projector, {6, 4}, 9, at::kCPU).value(),
            .llm_prompt = "Read: {prompt}",
            .llm_dtype = Dtype::int8};
}

void rewrite(const fs::path& file, const std::string& from, const std::string& to) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    std::string changed = text.str();
    const auto at = changed.find(from);
    ASSERT_NE(at, std::string::npos);
    changed.replace(at, from.size(), to);
    std::ofstream(file) << changed;
}

std::string code_of(const fs::path& folder) {
    const auto loaded = load_pairing(folder, at::kCPU);
    return loaded.ok() ? "accepted" : loaded.error().code;
}

TEST(PairingFolder, gives_back_what_was_saved) {
    const test::TemporaryFolder folder;
    const SavedPairing saved = sample();
    ASSERT_TRUE(save_pairing(folder.path() / "pair", saved).ok());
    const auto loaded = load_pairing(folder.path() / "pair", at::kCPU);
    ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
    EXPECT_EQ(loaded->large.location, "/models/large");
    EXPECT_EQ(loaded->large.sha256, saved.large.sha256);
    EXPECT_EQ(loaded->small.name, "writer");
    EXPECT_EQ(loaded->settings.layer, 4);
    EXPECT_EQ(loaded->settings.fusion, Fusion::replace);
    EXPECT_EQ(loaded->settings.pooling, Pooling::last);
    EXPECT_EQ(loaded->llm_prompt, "Read: {prompt}");
    EXPECT_EQ(loaded->llm_dtype, Dtype::int8);
    const at::Tensor vectors = at::randn({2, 6});
    EXPECT_TRUE(loaded->projector(vectors).equal(saved.projector(vectors)));
    ASSERT_TRUE(save_pairing(folder.path() / "pair", saved).ok());  // over what is there
}

TEST(PairingFolder, one_that_does_not_say_how_the_large_model_reads_has_the_defaults) {
    const test::TemporaryFolder folder;
    ASSERT_TRUE(save_pairing(folder.path(), sample()).ok());
    rewrite(folder.path() / "pairing.json", ",\n  \"llm_prompt\": \"Read: {prompt}\",\n  \"llm_dtype\": \"int8\"", "");
    const auto loaded = load_pairing(folder.path(), at::kCPU);
    ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
    EXPECT_EQ(loaded->llm_prompt, "{prompt}");
    EXPECT_FALSE(loaded->llm_dtype);
}

TEST(PairingFolder, whatever_is_none_is_refused) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(code_of(folder.path()), "PAIRING_FOLDER");
    const std::vector<std::array<std::string, 3>> changes{
        {"tandem-pairing-1", "tandem-pairing-2", "PAIRING_FOLDER"},
        {"llm-to-slm", "speculative", "PAIRING_FOLDER"},
        {"\"replace\"", "\"multiply\"", "PAIRING_FOLDER"},
        {"\"layer\": 4", "\"layer\": -2", "PAIRING_FOLDER"},
        {"\"layer\": 4", "\"layer\": 4, \"more\": 1", "PAIRING_FOLDER"},
        {"\"layer\": 4,", "", "PAIRING_FOLDER"},
        {"\"aligned\": true", "\"aligned\": 1", "PAIRING_FOLDER"},
        {"\"width\": 6", "\"width\": 7", "PAIRING_PROJECTOR"},
        {"\"width\": 6", "\"width\": 0", "PAIRING_FOLDER"},
        {"\"gated\"", "\"mlp\"", "PAIRING_PROJECTOR"},
        {"Read: {prompt}", "Read", "PAIRING_FOLDER"},
        {"\"int8\"", "\"int9\"", "PAIRING_FOLDER"},
        {"{", "[", "JSON_BROKEN"},
    };
    for (const auto& [from, to, code] : changes) {
        ASSERT_TRUE(save_pairing(folder.path(), sample()).ok());
        rewrite(folder.path() / "pairing.json", from, to);
        EXPECT_EQ(code_of(folder.path()), code) << from << " to " << to;
    }
    ASSERT_TRUE(save_pairing(folder.path(), sample()).ok());
    fs::remove(folder.path() / "projector.safetensors");
    EXPECT_EQ(code_of(folder.path()), "FILE_NOT_FOUND");
}

}  // namespace
}  // namespace tandem
