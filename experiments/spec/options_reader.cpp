#include "experiments/spec/options_reader.h"

#include <algorithm>
#include <cctype>

#include "experiments/spec/spec.h"

namespace tandem {

MaybeFault check_options(const DeviceOptions& options) {
    const std::string_view device = options.device;
    constexpr std::string_view cuda = "cuda:";
    constexpr std::size_t most_digits = 3;
    const std::string_view number = device.starts_with(cuda) ? device.substr(cuda.size()) : std::string_view();
    const bool numbered = !number.empty() && number.size() <= most_digits &&
                          std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c); });
    if (device == "cpu" || numbered) {
        return std::nullopt;
    }
    return Fault{"SPEC_RANGE", "device is \"" + options.device + "\", allowed is cpu or cuda:N as in cuda:0"};
}

namespace {

MaybeFault check_generation(const GenerationOptions& generation) {
    if (generation.min_new_tokens > generation.max_new_tokens) {
        return Fault{"SPEC_RANGE", "min_new_tokens is " + std::to_string(generation.min_new_tokens) +
                                       ", allowed is at most max_new_tokens, which is " +
                                       std::to_string(generation.max_new_tokens)};
    }
    for (const std::string& stop : generation.stop) {
        if (stop.empty()) {
            return Fault{"SPEC_RANGE", "stop has an empty string, which would stop before the first token"};
        }
    }
    if (generation.beams > 1 && !generation.greedy) {
        return Fault{"SPEC_CONFLICT", "beams is " + std::to_string(generation.beams) +
                                          ", which searches, and greedy is false, which samples; keep one"};
    }
    if (generation.beams > 1 && !generation.stop.empty()) {
        return Fault{"SPEC_CONFLICT", "beams is " + std::to_string(generation.beams) +
                                          " and stop has strings, which are not looked for in a search; keep one"};
    }
    return std::nullopt;
}

MaybeFault check_task(const TaskOptions& task) {
    if (MaybeFault fault = check_template("prompt", task.prompt, "{source}")) {
        return fault;
    }
    for (std::size_t i = 0; i < task.scores.size(); ++i) {
        const auto twice =
            std::find(task.scores.begin() + static_cast<std::ptrdiff_t>(i) + 1, task.scores.end(), task.scores[i]);
        if (twice != task.scores.end() || task.scores[i].empty()) {
            return Fault{"SPEC_RANGE", task.scores[i].empty() ? "scores has an empty name"
                                                              : "scores has " + shortened(task.scores[i]) + " twice"};
        }
    }
    return check_generation(task.generation);
}

// What chooses the best step and ends early looks at pairs that are not learned from.
MaybeFault check_choice(const TrainWorkload& train) {
    const bool by_loss = train.best_by == "loss";
    const std::vector<std::string>& scores = train.task.scores;
    if (!by_loss && std::find(scores.begin(), scores.end(), train.best_by) == scores.end()) {
        std::vector<std::string> choices{"loss"};
        choices.insert(choices.end(), scores.begin(), scores.end());
        Fault fault = *not_one_of({train.best_by, false}, choices);
        fault.message = "best_by " + fault.message;
        return fault;
    }
    if (train.validation.given()) {
        return std::nullopt;
    }
    if (!by_loss) {
        return Fault{"SPEC_MISSING", "chooses the best step by " + train.best_by +
                                         ", which needs validation, a JSONL file of source and target"};
    }
    if (train.training.patience > 0) {
        return Fault{"SPEC_MISSING",
                     "has patience, which needs validation, a JSONL file of source and target, to know a better step"};
    }
    return std::nullopt;
}

}  // namespace

MaybeFault check_template(std::string_view knob, std::string_view text, std::string_view place) {
    const std::size_t first = text.find(place);
    if (first == std::string_view::npos || text.find(place, first + 1) != std::string_view::npos) {
        return Fault{"SPEC_RANGE", std::string(knob) + " is \"" + shortened(text) + "\", needed is a text with " +
                                       std::string(place) + " in it once"};
    }
    return std::nullopt;
}

MaybeFault check_options(const GenerateWorkload& options) {
    return check_generation(options.generation);
}

MaybeFault check_options(const EvaluateWorkload& options) {
    if (!options.task.test.given()) {
        return Fault{"SPEC_MISSING", "needs test, a JSONL file of source and target"};
    }
    return check_task(options.task);
}

MaybeFault check_options(const TrainWorkload& options) {
    if (!options.train.given()) {
        return Fault{"SPEC_MISSING", "needs train, a JSONL file of source and target"};
    }
    if (MaybeFault fault = check_choice(options)) {
        return fault;
    }
    if (!options.labels_prompt.empty()) {
        if (MaybeFault fault = check_template("labels_prompt", options.labels_prompt, "{prompt}")) {
            return fault;
        }
    }
    return check_task(options.task);
}

MaybeFault check_options(const LogitsWorkload& options) {
    if (options.ids.empty()) {
        return Fault{"SPEC_MISSING", "needs ids, at least one"};
    }
    for (const auto& [name, ids] : {std::pair{"ids", &options.ids}, std::pair{"decoder_ids", &options.decoder_ids}}) {
        if (std::ranges::any_of(*ids, [](std::int64_t id) { return id < 0; })) {
            return Fault{"SPEC_RANGE", std::string(name) + " has a negative number, allowed is from 0"};
        }
    }
    return std::nullopt;
}

MaybeFault check_options(const EmbedWorkload& options) {
    if (options.images.empty()) {
        return Fault{"SPEC_MISSING", "needs images, at least one"};
    }
    return std::nullopt;
}

void report_unknown_key(const YamlNode& item, const std::string& path, const std::vector<std::string>& known,
                        Problems& problems) {
    constexpr std::size_t longest_key = 60;
    std::string message =
        "\"" + shortened(item.key, longest_key) + "\" is not known" + (path.empty() ? "" : " in " + path);
    if (const std::string nearest = did_you_mean(item.key, known); !nearest.empty()) {
        message += "; did you mean " + nearest + "?";
    } else {
        message += "; known are " + join_choices(known);
    }
    problems.add("YAML_UNKNOWN_KEY", std::move(message), item.key_position());
}

}  // namespace tandem
