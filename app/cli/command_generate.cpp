// tandem generate: an answer to one prompt, shown token by token.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/cli/interrupt.h"
#include "app/cli/knob_options.h"
#include "app/cli/output.h"
#include "app/cli/run_progress.h"
#include "app/cli/single_job.h"
#include "app/cli/status_line.h"
#include "app/cli/terminal.h"
#include "app/report/text_width.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

struct GenerateArguments {
    SingleArguments single;
    GenerateWorkload workload;
    std::string prompt;
    bool greedy = false, sample = false, no_chat = false;
    std::vector<const CLI::Option*> sampling;  // given one of these, tokens are sampled
};

// A model's text may hold terminal codes: shown to a person they are made visible, piped they go through as they are.
std::string for_terminal(std::string_view text) {
    if (!is_terminal(Stream::out)) {
        return std::string(text);
    }
    std::string out;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find_first_of("\n\t", begin), text.size());
        out += report::printable(text.substr(begin, end - begin));
        out += text.substr(end, 1);
        begin = end + 1;
    }
    return out;
}

std::string answer_of(const SingleRun& run, std::string& why) {
    for (const Observation& observation : run.observations) {
        if (observation.kind == ObservationKind::output) {
            why = observation.name;
            return observation.text;
        }
    }
    return {};
}

ordered_json answer_json(const GenerateArguments& arguments, const ModelFacts& facts, const SingleRun& run) {
    ordered_json tokens = ordered_json::array();
    ordered_json prompt_tokens;  // how many the prompt became, with the chat template
    for (const Observation& observation : run.observations) {
        if (observation.kind == ObservationKind::token) {
            tokens.push_back(static_cast<std::int64_t>(observation.value));
        } else if (observation.name == "prompt_tokens") {
            prompt_tokens = static_cast<std::int64_t>(observation.value);
        }
    }
    std::string why;
    const std::string text = answer_of(run, why);
    ordered_json document{{"model", facts_json(facts)}};
    if (arguments.single.trained) {
        document["pairing"] = pairing_json(arguments.single);
    }
    document.update({{"settings", settings_json(arguments.single.job)},
                     {"prompt", arguments.prompt},
                     {"prompt_tokens", prompt_tokens},
                     {"text", text},
                     {"tokens", tokens},
                     {"stop_reason", why},
                     {"metrics", metrics_json(run.report)},
                     {"facts", facts_json(run.report)}});
    return document;
}

// What does not go with a search, in the command line's words.
Result<void> check_search(const GenerationOptions& options) {
    const auto refuse = [&](const std::string& what) {
        return Error{.code = "OPTION_CONFLICT",
                     .message = "--beams " + std::to_string(options.beams) + " searches, so it does not go with " +
                                what + "; nothing was run",
                     .kind = ErrorKind::bad_input};
    };
    if (options.beams > 1 && !options.greedy) {
        return refuse("--sample, --temperature, --top-k, --top-p or --min-p");
    }
    if (options.beams > 1 && !options.stop.empty()) {
        return refuse("--stop");
    }
    return {};
}

// A search tells its first token with its last.
void show_figures(const Report& report, bool searched) {
    std::string text;
    for (const MetricSummary& metric : report.metrics) {
        if (metric.mean && ((metric.name == "ttft_ms" && !searched) || metric.name == "decode_tokens_per_second")) {
            char figure[64];
            (void)std::snprintf(figure, sizeof(figure),
                                metric.name == "ttft_ms" ? "first token %.0f ms" : "%.1f tokens/s", *metric.mean);
            text += (text.empty() ? "" : ", ") + std::string(figure);
        }
    }
    if (!text.empty() && is_terminal(Stream::err)) {
        tell(toned(Stream::err, Tone::dim, "(" + text + ")"));
    }
}

int generate(GenerateArguments& arguments) {
    SingleArguments& single = arguments.single;
    GenerateWorkload& workload = arguments.workload;
    workload.prompts = {arguments.prompt};
    workload.chat = !arguments.no_chat;
    bool sampling = arguments.sample;
    for (const CLI::Option* option : arguments.sampling) {
        sampling = sampling || option->count() > 0;
    }
    if (sampling && arguments.greedy) {
        return fail({.code = "USAGE",
                     .message = "--greedy takes the most probable token, so it does not go with --sample, "
                                "--temperature, --top-k, --top-p or --min-p; nothing was run",
                     .kind = ErrorKind::bad_input},
                    single.json);
    }
    if (workload.generation.min_new_tokens > workload.generation.max_new_tokens) {
        return fail({.code = "USAGE",
                     .message = "--min-new-tokens is " + std::to_string(workload.generation.min_new_tokens) +
                                ", more than --max-new-tokens, " + std::to_string(workload.generation.max_new_tokens) +
                                "; nothing was run",
                     .kind = ErrorKind::bad_input},
                    single.json);
    }
    if (workload.generation.temperature == 0) {  // the limit at 0 is the most probable token
        workload.generation.temperature = GenerationOptions{}.temperature;
        sampling = false;
    }
    workload.generation.greedy = !sampling;
    if (const auto fits = check_search(workload.generation); !fits) {
        return fail(fits.error(), single.json);
    }
    single.job.workload = workload;
    const auto facts = resolve_model(single);
    if (!facts) {
        return fail(facts.error(), single.json);
    }
    StatusLine status;
    const Interrupts interrupts;
    status.show("loading " + arguments.single.model);
    Result<void> written;
    std::stop_source closed;  // nobody reads the output any more
    const std::stop_callback pass_on(interrupts.token(), [&closed] { closed.request_stop(); });
    const SingleListener listener{.observed = [&](const Observation& observation) {
        if (observation.kind == ObservationKind::token && !single.json) {
            status.clear();
            written = written ? write_out(for_terminal(observation.text)) : written;
            if (!written) {
                closed.request_stop();
            }
        }
    }};
    const auto run = run_single(single.job, single.worker, listener, closed.get_token());
    status.clear();
    if (!written) {
        return fail(written.error());
    }
    if (!run) {
        if (!single.json && interrupts.requested()) {
            (void)write_out("\n");
        }
        return fail(run.error(), single.json);
    }
    for (const std::string& warning : facts->warnings) {
        if (warning.starts_with("W_EOS_RANGE")) {
            warn(warning);
        }
    }
    warn_of_weights(*run, *facts);
    if (single.json) {
        return finish(write_json(answer_json(arguments, *facts, *run)));
    }
    written = write_out("\n");
    show_figures(run->report, workload.generation.beams > 1);
    return finish(written);
}

// 0 is below the knob's range and stands for --greedy.
void add_temperature(CLI::App& command, GenerationOptions& options) {
    GenerationOptions::visit(options, [&](const FieldInfo& info, auto& field) {
        if (info.name != "temperature") {
            return;
        }
        const auto checked = [info](const std::string& text) -> std::string {
            double value = 0;
            if (!CLI::detail::lexical_cast(text, value)) {
                return "found '" + text + "', need a number";
            }
            if (value == 0 || (value >= info.min && value <= info.max)) {
                return {};
            }
            std::ostringstream range;
            range << "found " << text << ", allowed are " << info.min << " to " << info.max << ", and 0 for --greedy";
            return range.str();
        };
        command.add_option(option_name(info.name), field, option_doc(info) + "; 0 is the same as --greedy")
            ->capture_default_str()
            ->check(CLI::Validator(checked, ""));
    });
}

void declare_generate_options(CLI::App& command, GenerationOptions& options) {
    add_knobs(command, options, {"max_new_tokens", "min_new_tokens"});
    add_temperature(command, options);
    add_knobs(command, options,
              {"top_k", "top_p", "min_p", "repetition_penalty", "beams", "length_penalty", "early_stopping",
               "ignore_eos", "stop"});
}

}  // namespace

void declare_generate(CLI::App& program, CommandLine& line) {
    auto* command = program.add_subcommand("generate", "Answer one prompt, token by token; nothing is stored");
    const auto arguments = std::make_shared<GenerateArguments>();
    command->add_option("--prompt", arguments->prompt, "The text to continue or answer")->required();
    command->add_option("--system", arguments->workload.system,
                        "System message for the chat template; without it the template's own");
    command->add_flag("--no-chat", arguments->no_chat, "Continue the bare prompt, without the model's chat template");
    command->add_flag("--greedy", arguments->greedy, "Always take the most probable token (the default)");
    command->add_flag("--sample", arguments->sample,
                      "Sample; so do --temperature above 0, --top-k, --top-p and --min-p, which imply it");
    declare_generate_options(*command, arguments->workload.generation);
    for (const char* name : {"--temperature", "--top-k", "--top-p", "--min-p"}) {
        arguments->sampling.push_back(command->get_option(name));
    }
    command->add_option("--seed", arguments->single.job.seed, "Of the sampling")->capture_default_str();
    add_single_options(*command, arguments->single);
    add_pairing_options(*command, arguments->single);
    command->callback([&line, arguments] { line.action = [arguments] { return generate(*arguments); }; });
}

}  // namespace tandem::cli
