// A trained pairing's folder: its models are found or refused with a way out, and an export needs nothing else.
#include <fstream>
#include <iterator>

#include "app/library/export_pairing.h"
#include "app/library/trained_pairing.h"
#include "tests/app/library/library_fixture.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// What a training of a soft prompt, or of a projector alone, leaves; the numbers are never read here.
class ExportPairing : public testing::Test {
protected:
    void SetUp() override {
        write(folder_ / "models/small.gguf", small_gguf(10));
        write(folder_ / "models/large.gguf", small_gguf(11));
        library_ = Library::open(folder_ / "home").value();
        small_ = reference("small");
        large_ = reference("large");
        save(soft(), {.method = PairingMethod::prompt_tuning, .model = small_, .width = 64});
        write(soft() / "soft_prompt.safetensors", "vectors");
        save(guided(), {.method = PairingMethod::llm_to_slm,
                        .model = small_,
                        .width = 64,
                        .partner = large_,
                        .partner_width = 64,
                        .guidance = {.llm_prompt = "Read: {prompt}", .llm_dtype = Dtype::int8}});
        write(guided() / "projector.safetensors", "projector");
    }

    ModelRef reference(const std::string& name) {
        const std::string place = (folder_ / "models" / (name + ".gguf")).string();
        return {.name = name, .location = place, .sha256 = library_->resolve(place).value().sha256};
    }
    static void save(const fs::path& place, const PairingFile& file) {
        fs::create_directories(place);
        ASSERT_TRUE(write_pairing_file(place, file).ok());
    }
    fs::path soft() const { return folder_ / "soft"; }
    fs::path guided() const { return folder_ / "guided"; }
    fs::path out() const { return folder_ / "out"; }
    Result<ExportReport> export_guided(bool with_llm, bool force = false) {
        return export_trained(*library_,
                              {.trained = guided(),
                               .pairing = {.method = PairingMethod::llm_to_slm, .model = small_, .partner = large_},
                               .out = out(),
                               .with_llm = with_llm,
                               .force = force});
    }
    Result<TrainedPairing> find(const fs::path& place, const PairingModels& chosen = {}) {
        return find_trained_pairing(*library_, place.string(), chosen);
    }

    TemporaryFolder folder_;
    std::optional<Library> library_;
    ModelRef small_, large_;
};

TEST_F(ExportPairing, a_folder_is_run_with_the_models_and_the_reading_it_was_trained_with) {
    EXPECT_TRUE(is_pairing_folder(*library_, guided().string()));
    EXPECT_FALSE(is_pairing_folder(*library_, (folder_ / "models").string()));
    const auto found = find(guided());
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    EXPECT_EQ(found->pairing.method, PairingMethod::llm_to_slm);
    EXPECT_EQ(found->pairing.model.sha256, small_.sha256);
    EXPECT_EQ(found->pairing.partner.sha256, large_.sha256);
    EXPECT_EQ(found->pairing.guidance.llm_prompt, "Read: {prompt}");
    EXPECT_EQ(found->pairing.guidance.llm_dtype, Dtype::int8);
    EXPECT_EQ(found->pairing.trained.location, fs::canonical(guided()).string());
}

TEST_F(ExportPairing, a_model_that_is_gone_or_another_is_refused_with_a_way_out) {
    fs::rename(folder_ / "models/large.gguf", folder_ / "moved.gguf");
    const Error gone = find(guided()).error();
    EXPECT_EQ(gone.code, "PAIRING_MODEL");
    for (const std::string& says : {std::string("--llm"), std::string("tandem model add"), large_.sha256}) {
        EXPECT_NE(gone.message.find(says), std::string::npos) << gone.message;
    }
    EXPECT_TRUE(find(guided(), {.llm = (folder_ / "moved.gguf").string(), .slm = ""}).ok());
    EXPECT_EQ(find(guided(), {.llm = small_.location, .slm = ""}).error().code, "PAIRING_MODEL");
    EXPECT_EQ(find(soft(), {.llm = small_.location, .slm = ""}).error().code, "OPTION_CONFLICT");
    write(folder_ / "models/large.gguf", small_gguf(12));
    const Error another = find(guided()).error();
    EXPECT_EQ(another.code, "PAIRING_MODEL");
    EXPECT_NE(another.message.find("has the sum"), std::string::npos) << another.message;
    ASSERT_TRUE(library_->add((folder_ / "moved.gguf").string(), "any-name", {}, {}).ok());
    const auto found = find(guided());
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    EXPECT_EQ(found->pairing.partner.location, fs::canonical(folder_ / "moved.gguf").string());
}

TEST_F(ExportPairing, a_location_that_leaves_the_folder_is_refused) {
    ModelRef away = small_;
    away.location = "../models/small.gguf";
    save(soft(), {.method = PairingMethod::prompt_tuning, .model = away, .width = 64});
    const Error error = find(soft()).error();
    EXPECT_EQ(error.code, "PAIRING_FOLDER");
    EXPECT_NE(error.message.find("leaves the folder"), std::string::npos) << error.message;
}

TEST_F(ExportPairing, an_export_with_its_large_model_needs_nothing_that_was_here) {
    const auto report = export_guided(true);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_TRUE(report->pairing);
    EXPECT_TRUE(report->has_llm);
    EXPECT_FALSE(report->replaced);
    fs::remove_all(folder_ / "models");
    fs::remove_all(guided());
    fs::rename(out(), folder_ / "carried");
    const auto found = find(folder_ / "carried");
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    EXPECT_EQ(found->pairing.model.sha256, small_.sha256);
    EXPECT_EQ(found->pairing.partner.sha256, large_.sha256);
    EXPECT_EQ(found->pairing.guidance.llm_prompt, "Read: {prompt}");
    EXPECT_EQ(read(folder_ / "carried/projector.safetensors"), "projector");
}

TEST_F(ExportPairing, without_it_the_large_model_is_asked_for) {
    ASSERT_TRUE(export_guided(false).ok());
    fs::rename(folder_ / "models/large.gguf", folder_ / "moved.gguf");
    EXPECT_EQ(find(out()).error().code, "PAIRING_MODEL");
    EXPECT_TRUE(find(out(), {.llm = (folder_ / "moved.gguf").string(), .slm = ""}).ok());
}

TEST_F(ExportPairing, nothing_is_replaced_unasked_and_nothing_that_is_no_pairing_at_all) {
    ASSERT_TRUE(export_guided(false).ok());
    EXPECT_EQ(export_guided(true).error().code, "EXPORT_EXISTS");
    EXPECT_FALSE(fs::exists(out() / "large.gguf"));
    const auto replaced = export_guided(true, true);
    ASSERT_TRUE(replaced.ok()) << replaced.error().to_string();
    EXPECT_TRUE(replaced->replaced);
    EXPECT_TRUE(fs::exists(out() / "large.gguf"));
    fs::remove_all(out());
    write(out() / "letters.txt", "mine");
    EXPECT_EQ(export_guided(true, true).error().code, "EXPORT_EXISTS");
    EXPECT_EQ(read(out() / "letters.txt"), "mine");
    std::size_t entries = 0;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
        EXPECT_FALSE(entry.path().filename().string().starts_with("scratch-")) << entry.path();
        ++entries;
    }
    EXPECT_GT(entries, 0U);
}

TEST_F(ExportPairing, a_failed_export_leaves_nothing) {
    fs::remove(folder_ / "models/large.gguf");
    EXPECT_EQ(export_guided(true).error().code, "PAIRING_MODEL");
    EXPECT_FALSE(fs::exists(out()));
    const auto soft_with =
        export_trained(*library_, {.trained = soft(),
                                   .pairing = {.method = PairingMethod::prompt_tuning, .model = small_},
                                   .out = out(),
                                   .with_llm = true});
    EXPECT_EQ(soft_with.error().code, "OPTION_CONFLICT");
    fs::remove_all(guided());
    EXPECT_EQ(export_guided(false).error().code, "EXPORT_NOT_THERE");
    EXPECT_FALSE(fs::exists(out()));
}

}  // namespace
}  // namespace tandem::test
