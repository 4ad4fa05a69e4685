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

MaybeFault check_options(const GenerateWorkload& options) {
    const GenerationOptions& generation = options.generation;
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
    return std::nullopt;
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
