#include "engine/run_train_labels.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <type_traits>
#include <utility>

#include "engine/api/results_version.h"
#include "engine/api/sha256.h"
#include "engine/pairing/load_system.h"
#include "engine/run_build.h"
#include "engine/run_fingerprint.h"
#include "engine/run_text_cut.h"
#include "engine/run_train.h"
#include "engine/run_workloads.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr double labels_end = 0.1;  // of the trial's progress
constexpr double loading_ends = 0.02;

class Unheard : public GenerationListener {
public:
    explicit Unheard(MachineSampler& machine) : machine_(machine) {}
    void phase_begins(GenerationPhase, std::int64_t) override {}
    void phase_ends(GenerationPhase, std::int64_t) override {}
    void token(const GeneratedToken&) override { machine_.tick(-1); }

private:
    MachineSampler& machine_;
};

struct Spelled {
    std::string text;

    template <class Field>
    void operator()(const FieldInfo& info, const Field& field) {
        text += "\n" + std::string(info.name) + " ";
        if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
            for (const std::string& word : field) {
                text += std::to_string(word.size()) + " " + word + " ";
            }
        } else if constexpr (std::is_floating_point_v<Field>) {
            std::array<char, 40> digits{};
            std::snprintf(digits.data(), digits.size(), "%.17g", field);
            text += digits.data();
        } else {
            text += std::to_string(field);
        }
    }
};

Error cannot_label(std::string message, std::string where) {
    return {.code = "TRAIN_UNSUPPORTED",
            .message = std::move(message) + "; nothing was loaded",
            .where = std::move(where),
            .kind = ErrorKind::unsupported};
}

bool says_nothing(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string named(const ModelRef& model) {
    return model.name.empty() ? model.location : model.name;
}

}  // namespace

// One row on its way to a label.
struct Labeller::Asked {
    std::size_t part = 0;
    std::size_t number = 0;  // in its file
    std::string key;
    GuidedPrompt prompt;
};

Result<Labeller> Labeller::prepare(const Job& job, const TrainWorkload& workload) {
    Labeller labeller(job, workload);
    const bool named_one = !job.labeller.location.empty();
    const ModelRef& model = named_one ? job.labeller : job.pairing.partner;
    if (model.location.empty() || (!named_one && !workload.labels_from.empty() && workload.labels_from != model.name)) {
        return cannot_label(
            "labels llm needs a large model whose answers are learned, and " +
                (workload.labels_from.empty()
                     ? "the method " + std::string(enum_name(job.pairing.method)) + " has none; name one in labels_from"
                     : "nothing is known of " + workload.labels_from),
            "labels");
    }
    labeller.load_ = job.load;
    labeller.load_.context = 0;
    if (!named_one) {
        labeller.load_.dtype = partner_dtype(job.pairing).value_or(job.load.dtype);
    }
    const TaskOptions& task = workload.task;
    const std::string& around =
        workload.labels_prompt.empty() ? job.pairing.guidance.llm_prompt : workload.labels_prompt;
    const PromptFrame outer = TANDEM_TRY(prompt_frame(around, "{prompt}"));
    const PromptFrame inner = TANDEM_TRY(prompt_frame(task.prompt, "{source}"));
    labeller.before_ = outer.before + inner.before;
    labeller.after_ = inner.after + outer.after;
    labeller.system_ = TANDEM_TRY(
        prepare_system({.method = PairingMethod::single, .model = model}, {.chat = task.chat, .system = task.system}));
    return labeller;
}

fs::path Labeller::file() const {
    Spelled options;
    GenerationOptions::visit(workload_.task.generation, options);
    const std::string what =
        "labels\nresults " + std::string(results_version) + "\nlibtorch " + libtorch_version() + "\nmodel " +
        fingerprint(system_.model.reference) + "\ndtype " + std::string(enum_name(load_.dtype)) + "\nadapter " +
        (system_.model.reference.adapter.empty() ? std::string("none") : std::string(enum_name(load_.adapter_mode))) +
        "\ndevice " + job_.device.device + options.text;
    const std::string name = sha256_hex(std::as_bytes(std::span(what)));
    return fs::path(job_.place.cache.empty() ? job_.place.work : job_.place.cache) / "labels" / (name + ".labels");
}

// What is drawn depends on the row, as a workload generate of seed 0 has it; the trial's seed draws no labels, so that
// trials of every seed learn the same ones.
std::string Labeller::key_of(const GuidedPrompt& prompt, std::size_t number) const {
    Sha256 sum;
    sum.add(std::as_bytes(std::span(prompt.small)));
    const GenerationOptions& options = workload_.task.generation;
    const std::string drawn = options.greedy || options.beams > 1 ? std::string() : "\nrow " + std::to_string(number);
    sum.add(std::as_bytes(std::span(drawn)));
    return sum.hex();
}

Result<GuidedPrompt> Labeller::prompt(std::string_view source) const {
    return system_.prompts->prompt(before_ + std::string(source) + after_);
}

// The prompt that the model reads; none where the pair is left out. Longer sources than it can read are treated as the
// workload's too_long says.
Result<std::optional<GuidedPrompt>> Labeller::read(const std::string& source) const {
    const std::int64_t fresh = workload_.task.generation.max_new_tokens;
    const auto fits = [&](const GuidedPrompt& prompt) -> Result<bool> {
        const auto positions = system_.positions(prompt, fresh);
        if (!positions && positions.error().code != "CONTEXT_TOO_LONG") {
            return positions.error();
        }
        return positions.ok();
    };
    auto whole = TANDEM_TRY(prompt(source));
    if (TANDEM_TRY(fits(whole))) {
        return std::optional(std::move(whole));
    }
    if (workload_.too_long == TooLong::refuse) {
        return system_.positions(whole, fresh).error();
    }
    if (workload_.too_long == TooLong::drop) {
        return std::optional<GuidedPrompt>();
    }
    const double share =
        static_cast<double>(system_.model.facts.shape.context - fresh) / static_cast<double>(whole.small.size());
    const std::string_view kept =
        TANDEM_TRY(longest_fitting(source, std::max(share, 0.0), [&](std::string_view beginning) -> Result<bool> {
            const auto part = prompt(beginning);
            if (!part) {
                return part.error().code == "PROMPT_EMPTY" ? Result<bool>(true) : Result<bool>(part.error());
            }
            return fits(*part);
        }));
    auto part = TANDEM_TRY(prompt(kept));
    TANDEM_TRY(system_.positions(part, fresh));
    return std::optional(std::move(part));
}

Result<std::vector<Labeller::Asked>> Labeller::ask(std::span<const Part> parts, TrialRecorder& recorder,
                                                   const std::stop_token& stop) const {
    std::vector<Asked> all;
    for (std::size_t part = 0; part < parts.size(); ++part) {
        const LearningRows& rows = parts[part].rows;
        for (std::size_t number = 0; number < rows.pairs.size(); ++number) {
            if (stop.stop_requested()) {
                return cancelled_error();
            }
            if (!parts[part].asked[number]) {
                continue;
            }
            if (number % 64 == 0) {
                recorder.progress(0, "preparing prompt " + std::to_string(number + 1) + " of " +
                                         std::to_string(rows.pairs.size()) + " for the labels");
            }
            auto found = read(rows.pairs[number].source);
            if (!found) {
                Error error = std::move(found).error();
                error.where = rows.file.path + ":" + std::to_string(rows.pairs[number].line) +
                              ", read by the model that labels" + (error.where.empty() ? "" : ", " + error.where);
                return error;
            }
            if (*found) {
                all.push_back(
                    {.part = part, .number = number, .key = key_of(**found, number), .prompt = *std::move(*found)});
            }
        }
    }
    return all;
}

Result<void> Labeller::label(std::span<const Part> parts, at::Device device, TrialRecorder& recorder,
                             MachineSampler& machine, const std::stop_token& stop) const {
    const std::vector<Asked> asked = TANDEM_TRY(ask(parts, recorder, stop));
    LabelFile kept = TANDEM_TRY(LabelFile::open(file()));
    const std::size_t before = kept.size();
    TANDEM_TRY(write(asked, kept, device, recorder, machine, stop));
    const std::size_t made = kept.size() - before;

    for (const Part& part : parts) {
        part.rows.labels.assign(part.rows.pairs.size(), std::nullopt);
    }
    std::int64_t cut = 0;
    std::int64_t empty = 0;
    for (const Asked& one : asked) {
        const Label& label = *kept.find(one.key);
        cut += label.cut ? 1 : 0;
        if (says_nothing(label.text)) {
            ++empty;
        } else {
            parts[one.part].rows.labels[one.number] = label.text;
        }
    }
    const ModelRef& model = system_.model.reference;
    recorder.fact("labels_from", named(model));
    recorder.fact("labels_from_sha256", model.sha256.empty() ? "not known" : model.sha256);
    recorder.fact("labels_dtype", std::string(enum_name(load_.dtype)));
    recorder.fact("labels_file", kept.path().string());
    recorder.fact("labels_asked", std::to_string(asked.size()));
    recorder.fact("labels_made", std::to_string(made));
    recorder.fact("labels_empty", std::to_string(empty));
    recorder.fact("labels_cut", std::to_string(cut));
    if (empty > 0) {
        recorder.note("labels_empty", std::to_string(empty) + " of " + std::to_string(asked.size()) +
                                          " answers of the model that labels are empty, and their pairs are not "
                                          "learned");
    }
    if (cut > 0) {
        recorder.note("labels_cut", std::to_string(cut) + " of " + std::to_string(asked.size()) +
                                        " answers of the model that labels reached max_new_tokens, and are learned "
                                        "as they were cut");
    }
    return {};
}

Result<void> Labeller::write(const std::vector<Asked>& asked, LabelFile& file, at::Device device,
                             TrialRecorder& recorder, MachineSampler& machine, const std::stop_token& stop) const {
    Positions room;
    std::size_t missing = 0;
    for (const Asked& one : asked) {
        if (file.find(one.key) == nullptr) {
            room.include(TANDEM_TRY(system_.positions(one.prompt, workload_.task.generation.max_new_tokens)));
            ++missing;
        }
    }
    if (missing == 0) {
        return {};
    }
    recorder.phase_begins("label", -1);
    recorder.progress(0, "loading the model that labels");
    const LoadedSystem loaded = TANDEM_TRY(load_system(
        system_, load_, device, 0,
        [&](double fraction) { recorder.progress(loading_ends * fraction, "loading the model that labels"); }, stop));
    const auto session = TANDEM_TRY(loaded.system->open(room));
    Unheard unheard(machine);
    const std::int64_t began = recorder.clock().now_ns();
    const std::string all = " of " + std::to_string(asked.size());
    std::size_t written = 0;
    for (std::size_t number = 0; number < asked.size(); ++number) {
        const Asked& one = asked[number];
        if (file.find(one.key) != nullptr) {
            continue;
        }
        std::string what = "labels " + std::to_string(number) + all;
        if (written > 0) {
            const double each =
                static_cast<double>(recorder.clock().now_ns() - began) / 1e9 / static_cast<double>(written);
            what += ", " + time_left(each * static_cast<double>(missing - written));
        }
        recorder.progress(loading_ends + (labels_end - loading_ends) * static_cast<double>(number) /
                                             static_cast<double>(asked.size()),
                          what);
        const GenerationRequest request{.options = workload_.task.generation,
                                        .end_ids = loaded.system->tokenizer()->end_ids(),
                                        .random = Random(0, one.number)};
        const auto answer = TANDEM_TRY(session->answer(one.prompt, request, recorder.clock(), unheard, stop));
        if (answer.reason == StopReason::cancelled) {
            return Error{.code = "CANCELLED",
                         .message =
                             "stopped while labels were written; those that were are kept, and running it "
                             "again goes on there",
                         .kind = ErrorKind::cancelled};
        }
        TANDEM_TRY(file.add(one.key, {.text = answer.text, .cut = answer.reason == StopReason::length}));
        ++written;
    }
    recorder.progress(labels_end, "labels " + std::to_string(asked.size()) + all);
    recorder.phase_ends("label", -1);
    return {};
}

}  // namespace tandem
