// What a job says of damaged weights, on a changed copy of a tiny checkpoint.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/run_job.h"
#include "engine/tensor/safetensors.h"
#include "tests/support/recording_observer.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

TEST(RunNotes, weights_that_are_no_numbers_are_noted_in_the_trial) {
    const fs::path fixture = fs::path(TANDEM_SOURCE_DIR) / "tests/data/llama/biases";
    const auto source = SafetensorsFile::open(fixture).value();
    std::vector<TensorView> tensors(source->tensors().begin(), source->tensors().end());
    std::vector<float> numbers(16 * 24, 1.0F);
    numbers[5] = std::numeric_limits<float>::infinity();
    for (TensorView& tensor : tensors) {
        if (tensor.name == "model.layers.1.mlp.up_proj.weight") {
            tensor.data = std::as_bytes(std::span(numbers));
        }
    }
    const auto bytes = write_safetensors(tensors, {});
    const fs::path folder = fs::temp_directory_path() / ("tandem-notes-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    fs::copy_file(fixture / "config.json", folder / "config.json", fs::copy_options::overwrite_existing);
    std::ofstream(folder / "model.safetensors", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));

    test::RecordingObserver observer;
    const Job job{.pairing = {.model = {.name = "damaged", .location = folder.string(), .sha256 = ""}},
                  .device = {.threads = 1},
                  .workload = LogitsWorkload{.ids = {1, 2, 3}}};
    const auto report = run_job(job, observer, {});
    fs::remove_all(folder);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    std::vector<std::string> warnings;
    for (const Observation& note : observer.of(ObservationKind::note)) {
        if (note.name == "model_warning") {
            warnings.push_back(note.text);
        }
    }
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_TRUE(warnings[0].starts_with("W_NONFINITE: 1 ")) << warnings[0];
}

}  // namespace
}  // namespace tandem
