// Speed and memory of training a guided small model with its projector, on what peer_guided_training.py has written:
//   bench_guided_training FOLDER --vectors cached|computed --steps N --threads T [--recompute]
// FOLDER: large/, small/, rows.json (batches of rows), projector.safetensors. Prints JSON on stdout: the losses of all
// steps, and of the measured ones tokens a second (by the clock and by processor time) and the peak of resident memory.
// The first pass over the batches is not measured; with cached vectors the large model runs in that pass alone.
#include <sys/resource.h>

#include <ATen/Parallel.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/models/recomputing.h"
#include "engine/models/registry.h"
#include "engine/models/trainable_model.h"
#include "engine/pairing/guided_step.h"
#include "engine/tensor/safetensors.h"
#include "engine/training/adamw.h"
#include "tests/bench/figures.h"

namespace tandem::bench {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string folder;
    bool cached = false;
    bool recompute = false;  // layers are computed again for their gradients
    int steps = 3;
    int threads = 1;
};

Result<Options> options_of(int count, char** values) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string word = values[i];
        const std::string next = i + 1 < count ? values[i + 1] : "";
        if (word == "--vectors" && (next == "cached" || next == "computed")) {
            options.cached = values[++i] == std::string("cached");
        } else if (word == "--recompute") {
            options.recompute = true;
        } else if (word == "--steps" && !next.empty()) {
            options.steps = std::stoi(values[++i]);
        } else if (word == "--threads" && !next.empty()) {
            options.threads = std::stoi(values[++i]);
        } else if (options.folder.empty() && !word.starts_with("--")) {
            options.folder = word;
        } else {
            return Error{.code = "CLI_USAGE", .message = "'" + word + "' is not understood here"};
        }
    }
    return options;
}

AnyLm any_of(const Model& model) {
    if (const auto* decoder = dynamic_cast<const CausalLm*>(&model)) {
        return *decoder;
    }
    return dynamic_cast<const EncoderDecoderLm&>(model);
}

struct Rows {
    std::vector<GuidedExample> examples;
    std::vector<Batch> batches;
    std::int64_t layer = -1;
};

Rows read_rows(const std::string& path) {
    const Json declared = Json::parse(std::ifstream(path));
    Rows rows{.layer = declared.at("layer")};
    for (const auto& batch : declared.at("batches")) {
        rows.batches.emplace_back();
        for (const auto& row : batch) {
            rows.batches.back().push_back(static_cast<std::int64_t>(rows.examples.size()));
            GuidedExample example{.prompt = {.small = row.at("small"), .large = row.at("large"), .alignment = {}},
                                  .target = row.at("answer")};
            for (const auto& range : row.at("alignment")) {
                example.prompt.alignment.push_back({range.at(0), range.at(1)});
            }
            rows.examples.push_back(std::move(example));
        }
    }
    return rows;
}

Result<Projector> read_projector(const std::string& path, const PairingSettings& settings) {
    const auto file = TANDEM_TRY(SafetensorsFile::open(path));
    std::vector<NamedTensor> numbers;
    ProjectorWidths widths;
    for (const TensorView& view : file->tensors()) {
        at::Tensor tensor = at::empty(view.shape, at::kFloat);
        std::memcpy(tensor.mutable_data_ptr(), view.data.data(), view.data.size());
        widths.source = view.name == "first.weight" ? view.shape[1] : widths.source;
        widths.target = view.name == "second.weight" ? view.shape[0] : widths.target;
        numbers.push_back({view.name, tensor});
    }
    return Projector::from_parameters(settings.projector, widths, std::move(numbers));
}

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The peak since forget_peak(), MiB.
double peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stod(line.substr(6)) / 1024;
        }
    }
    return 0;
}

void forget_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

Result<Json> measure(const Options& options) {
    at::set_num_threads(options.threads);
    const Rows rows = read_rows(options.folder + "/rows.json");
    const auto large =
        TANDEM_TRY(load_model({.location = options.folder + "/large"}, {.dtype = Dtype::f32}, at::kCPU, 0, {}, {}));
    TrainableModel small = TANDEM_TRY(load_trainable({.location = options.folder + "/small"}, {}, at::kCPU, 0, {}, {}));
    if (options.recompute) {
        small.model = recomputing(std::dynamic_pointer_cast<const CausalLm>(small.model));
    }
    const PairingSettings settings{.layer = rows.layer, .vector_norm = VectorNorm::none};
    Projector projector = TANDEM_TRY(read_projector(options.folder + "/projector.safetensors", settings));
    const LlmToSlm pairing =
        TANDEM_TRY(LlmToSlm::create(any_of(*large), any_of(*small.model), settings, std::move(projector)));
    std::map<Batch, std::vector<at::Tensor>> kept;
    const VectorSource vectors = [&](const Batch& batch) {
        if (const auto found = kept.find(batch); found != kept.end()) {
            return found->second;
        }
        std::vector<const GuidedPrompt*> prompts;
        for (const std::int64_t example : batch) {
            prompts.push_back(&rows.examples[static_cast<std::size_t>(example)].prompt);
        }
        std::vector<at::Tensor> made = pairing.vectors_of_all(prompts, {}).value();
        if (options.cached) {
            kept[batch] = made;
        }
        return made;
    };
    const auto step = TANDEM_TRY(guided_step(pairing, small.parameters, rows.examples, vectors));
    AdamW adamw(step->parameters(), {});
    CounterRandom random(1, 1);
    Json losses = Json::array();
    const int unmeasured = static_cast<int>(rows.batches.size());
    std::chrono::steady_clock::time_point begin;
    double processor = 0;
    std::int64_t tokens = 0;
    for (int at = 0; at < unmeasured + options.steps; ++at) {
        if (at == unmeasured) {
            forget_peak();
            begin = std::chrono::steady_clock::now();
            processor = processor_seconds();
        }
        const Batch& batch = rows.batches[static_cast<std::size_t>(at) % rows.batches.size()];
        adamw.zero_gradients();
        {
            const at::Tensor loss = step->loss_sum(batch, random) / static_cast<double>(step->labels(batch));
            loss.backward();
            losses.push_back(loss.item<double>());
        }
        adamw.step(5e-4, adamw.clip_scale(adamw.gradient_norm()));
        for (const std::int64_t index : batch) {
            tokens += at < unmeasured ? 0 : step->lengths()[static_cast<std::size_t>(index)];
        }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return Json{{"losses", losses},
                {"tokens_per_second", static_cast<double>(tokens) / seconds},
                {"tokens_per_processor_second", static_cast<double>(tokens) / (processor_seconds() - processor)},
                {"peak_mib", peak_memory()}};
}

}  // namespace
}  // namespace tandem::bench

int main(int count, char** values) {
    const auto options = tandem::bench::options_of(count, values);
    const auto figures =
        options.ok() ? tandem::bench::measure(*options) : tandem::Result<nlohmann::ordered_json>(options.error());
    return tandem::bench::print_figures(figures, true);
}
