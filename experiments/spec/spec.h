// An experiment as declared: typed and validated, nothing expanded. Language: docs/formats/experiment.md; the JSON
// schema for editors is docs/formats/experiment.schema.json. Thread rule: plain data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/result.h"

namespace tandem {

// The most trials one experiment may mean.
inline constexpr std::int64_t max_trials = 100'000;

struct SourcePosition {
    std::string file;
    int line = 0;    // from 1
    int column = 0;  // from 1
};

struct ModelSpec {
    std::string name;
    std::string source;  // library name, path (relative to the file that says it) or random:ID
    SourcePosition position;
    std::string adapter = {};  // path of a LoRA adapter's folder, relative to the same file; empty: none
};

struct PairingSpec {
    std::string name;
    PairingMethod method = PairingMethod::single;
    std::string model;  // a ModelSpec's name; which of two models it is says Pairing
    SourcePosition position;
    std::string partner = {};  // a ModelSpec's name; empty where the method has one model
    std::string trained = {};  // folder of an earlier training, relative to the file that says it; empty: none
    GuidanceOptions guidance = {};
    SpeculativeOptions speculative = {};
    SoftPromptOptions soft_prompt = {};
    std::string baseline = {};  // the PairingSpec whose trials it is compared with; empty: by default_baseline()
};

struct TargetSpec {
    std::string name;
    std::string host = "local";  // where: this machine
    DeviceOptions device;
    SourcePosition position;
};

struct WorkloadSpec {
    std::string name;
    Workload workload;
    SourcePosition position;
    std::vector<std::string> pairings = {};  // PairingSpecs' names; empty: all that can run it
};

// One knob and its values, as in "workloads.speed.prompt_tokens" or "load.dtype". Values keep their YAML spelling and
// were checked against the knob's type and range when the file was read.
struct SweepAxis {
    std::string path;
    std::vector<std::string> values;
    SourcePosition position;
};

// Axes that vary together, value by value; all of one length. An ordinary grid axis is a group of one.
struct SweepGroup {
    std::vector<SweepAxis> axes;
};

// A combination that is left out: all of these paths at these values.
struct SweepExclude {
    std::vector<std::pair<std::string, std::string>> equals;
    SourcePosition position;
};

enum class OnError { continue_others, stop };

template <>
struct EnumNames<OnError> {
    static constexpr std::array<std::pair<OnError, std::string_view>, 2> values{
        {{OnError::continue_others, "continue"}, {OnError::stop, "stop"}}};
};

struct ExecutionOptions {
    OnError on_error = OnError::continue_others;
    std::int64_t retries = 0;
    std::int64_t parallel = 1;
    std::int64_t timeout_s = 0;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "on_error",
                          .doc = "After a failed trial: continue with the others, or stop.",
                          .changes_result = false},
                self.on_error);
        visitor(FieldInfo{.name = "retries",
                          .doc = "Further attempts for a trial whose worker failed (not for bad input).",
                          .min = 0,
                          .max = 100,
                          .changes_result = false},
                self.retries);
        visitor(FieldInfo{.name = "parallel",
                          .doc = "Trials at once, where they do not measure time and memory allows.",
                          .min = 1,
                          .max = 256,
                          .changes_result = false},
                self.parallel);
        visitor(FieldInfo{.name = "timeout_s",
                          .doc = "A trial that runs longer fails; 0 sets no limit.",
                          .unit = "s",
                          .min = 0,
                          .max = 1e7,
                          .changes_result = false},
                self.timeout_s);
    }
};

struct ExperimentSpec {
    std::string name;
    std::string description;
    std::vector<ModelSpec> models;
    std::vector<PairingSpec> pairings;
    std::vector<TargetSpec> targets;
    std::vector<WorkloadSpec> workloads;
    LoadOptions load;
    std::vector<SweepGroup> sweep;
    std::vector<SweepExclude> exclude;
    std::vector<std::uint64_t> seeds{0};
    ExecutionOptions execution;
    std::string resolved_yaml;  // the document after base and --set, as stored with the results
};

// "a.b=value" from the command line.
struct Override {
    std::string path;
    std::string value;  // YAML
};

// Reads, resolves `base:`, applies overrides, validates. Errors: YAML_*, SPEC_*, SWEEP_TOO_LARGE, FILE_*; where is
// "file:line:column"; unknown words come with "did you mean". All errors of a file are found in one go: the first is
// returned and the others are its message's further lines.
Result<ExperimentSpec> read_experiment(const std::filesystem::path& path, const std::vector<Override>& overrides = {});
Result<ExperimentSpec> parse_experiment(std::string_view yaml, const std::string& file_name,
                                        const std::vector<Override>& overrides = {});

// The published JSON schema, generated from the same declarations that the reader uses.
std::string experiment_json_schema();

// One declared knob of an options struct, for forms, help and documentation.
struct KnobDescription {
    std::string section;  // "load", "execution", "target", "generate", "benchmark", "llm-to-slm", ...
    std::string name, type, default_value, unit, doc, source;
    std::vector<std::string> choices;  // for enums
    double min = 0, max = 0;           // infinite where there is no bound
};
std::vector<KnobDescription> describe_knobs();

// The nearest of `candidates` by edit distance, or empty where none is near enough to suggest.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tandem
