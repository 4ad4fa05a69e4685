#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/models/adapter_config.h"

#include <pcre2.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/models/config_reader.h"
#include "engine/models/inspect_check.h"
#include "engine/models/inspect_sources.h"
#include "engine/tensor/mapped_file.h"

namespace tandem {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t longest_pattern = 4096;
constexpr std::size_t most_patterns = 4096;
constexpr std::uint32_t most_steps = 100'000;
constexpr std::uint32_t most_kibibytes = 16U << 10;  // PCRE2's own bound of 20 GB is none
constexpr std::int64_t largest_rank = 1 << 16;

Error unsupported(const std::string& what, const std::string& where) {
    return {.code = "ADAPTER_UNSUPPORTED",
            .message = what +
                       " is not supported by this version, and computing without it would be wrong; nothing was "
                       "loaded",
            .where = where,
            .kind = ErrorKind::unsupported};
}

Error bad_pattern(const std::string& pattern, const std::string& why) {
    return {.code = "CFG_RANGE",
            .message = "the pattern '" + pattern.substr(0, 80) + "' " + why + "; nothing was loaded",
            .where = "adapter_config.json",
            .kind = ErrorKind::bad_input};
}

Result<void> refuse_variants(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("peft_type"));
    if (type != "LORA") {
        return Error{
            .code = "ADAPTER_TYPE",
            .message = "the adapter is of type '" + type.substr(0, 40) + "'; LORA is known; nothing was loaded",
            .where = config.origin(),
            .kind = ErrorKind::unsupported};
    }
    for (const char* key :
         {"lora_bias", "use_qalora", "layer_replication", "alora_invocation_tokens", "trainable_token_indices",
          "target_parameters", "megatron_config", "use_bdlora", "arrow_config", "kasa_config", "monteclora_config"}) {
        const Json& value = config.value(key);
        if (!value.is_null() && value != false && !(value.is_structured() && value.empty())) {
            return unsupported(std::string("the adapter's ") + key, config.origin());
        }
    }
    // These begin with weights of the model that are not those of its file.
    const Json& begun = config.value("init_lora_weights");
    if (begun.is_string() && begun != "gaussian" && begun != "eva" && begun != "orthogonal" && begun != "true") {
        return unsupported("an adapter that began as '" + begun.get<std::string>().substr(0, 40) +
                               "', which changes the weights it is added to,",
                           config.origin());
    }
    const std::string bias = TANDEM_TRY(config.text("bias", "none"));
    if (bias != "none" && bias != "all" && bias != "lora_only") {
        return config.fault("CFG_RANGE", "bias is '" + bias.substr(0, 40) + "', allowed are none, all and lora_only");
    }
    return {};
}

Result<void> read_targets(const ConfigReader& config, AdapterConfig& adapter) {
    const Json& targets = config.value("target_modules");
    if (targets.is_array()) {
        adapter.target_names = TANDEM_TRY(config.texts("target_modules"));
    } else if (targets.is_string() && targets == "all-linear") {
        adapter.targets_all = true;
    } else if (targets.is_string()) {
        adapter.target_patterns.emplace_back(targets.get<std::string>(), ModulePattern::Where::whole_name);
    } else {
        adapter.targets_all = targets.is_null();  // older files leave it to the family's usual ones
    }
    return {};
}

// In the order of the file, which decides where several match.
Result<std::vector<std::pair<ModulePattern, double>>> read_patterns(const OrderedJson& config, const char* key,
                                                                    const ConfigReader& reader) {
    std::vector<std::pair<ModulePattern, double>> patterns;
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) {
        return patterns;
    }
    if (!found->is_object() || found->size() > most_patterns) {
        return reader.fault(
            "CFG_TYPE", std::string(key) + ": need an object of at most " + std::to_string(most_patterns) + " numbers");
    }
    for (const auto& [pattern, value] : found->items()) {
        if (!value.is_number() || !(value.get<double>() > 0)) {
            return reader.fault("CFG_TYPE", std::string(key) + ": need numbers above 0");
        }
        patterns.emplace_back(ModulePattern(pattern, ModulePattern::Where::end_of_name), value.get<double>());
    }
    return patterns;
}

Result<double> first_match(const std::vector<std::pair<ModulePattern, double>>& patterns, std::string_view module,
                           double absent) {
    for (const auto& [pattern, value] : patterns) {
        if (TANDEM_TRY(pattern.matches(module))) {
            return value;
        }
    }
    return absent;
}

}  // namespace

Result<bool> ModulePattern::matches(std::string_view module) const {
    if (pattern_.size() > longest_pattern) {
        return bad_pattern(pattern_, "is longer than " + std::to_string(longest_pattern) + " bytes");
    }
    const std::string whole =
        where_ == Where::whole_name ? "^(?:" + pattern_ + ")\\z" : "^(?:.*\\.)?(?:" + pattern_ + ")\\z";
    int fault = 0;
    PCRE2_SIZE at = 0;
    const std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code(
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(whole.data()), whole.size(), 0, &fault, &at, nullptr),
        &pcre2_code_free);
    if (code == nullptr) {
        return bad_pattern(pattern_, "cannot be read");
    }
    const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
        pcre2_match_data_create_from_pattern(code.get(), nullptr), &pcre2_match_data_free);
    const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context(
        pcre2_match_context_create(nullptr), &pcre2_match_context_free);
    pcre2_set_match_limit(context.get(), most_steps);
    pcre2_set_heap_limit(context.get(), most_kibibytes);
    const int status = pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(module.data()), module.size(), 0, 0,
                                   data.get(), context.get());
    if (status < 0 && status != PCRE2_ERROR_NOMATCH) {
        return bad_pattern(pattern_, "takes too many steps or too much memory");
    }
    return status >= 0;
}

Result<bool> AdapterConfig::targets(std::string_view module) const {
    for (const std::string& name : target_names) {
        if (module == name ||
            (module.size() > name.size() && module.ends_with(name) && module[module.size() - name.size() - 1] == '.')) {
            return true;
        }
    }
    for (const ModulePattern& pattern : target_patterns) {
        if (TANDEM_TRY(pattern.matches(module))) {
            return true;
        }
    }
    return targets_all;
}

Result<std::int64_t> AdapterConfig::rank_of(std::string_view module) const {
    return static_cast<std::int64_t>(TANDEM_TRY(first_match(ranks, module, static_cast<double>(rank))));
}

Result<double> AdapterConfig::scale_of(std::string_view module) const {
    const double own = TANDEM_TRY(first_match(alphas, module, alpha));
    const auto of = static_cast<double>(TANDEM_TRY(rank_of(module)));
    return own / (rank_stabilised ? std::sqrt(of) : of);
}

Result<AdapterConfig> parse_adapter_config(std::string_view text, const std::string& origin) {
    const Json json = TANDEM_TRY(parse_config(text, origin));
    const ConfigReader config(json, origin);
    TANDEM_TRY(refuse_variants(config));
    AdapterConfig adapter;
    adapter.rank = TANDEM_TRY(config.integer("r", 8));
    TANDEM_TRY(check_range("the adapter's rank", adapter.rank, 1, largest_rank, origin));
    adapter.alpha = TANDEM_TRY(config.real("lora_alpha", 8));
    if (!std::isfinite(adapter.alpha)) {
        return config.fault("CFG_RANGE", "lora_alpha is no finite number");
    }
    adapter.rank_stabilised = TANDEM_TRY(config.truth("use_rslora", false));
    adapter.decomposed = TANDEM_TRY(config.truth("use_dora", false));
    TANDEM_TRY(read_targets(config, adapter));
    const OrderedJson ordered = OrderedJson::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
    adapter.ranks = TANDEM_TRY(read_patterns(ordered, "rank_pattern", config));
    for (const auto& [pattern, rank] : adapter.ranks) {
        if (rank != std::floor(rank) || rank > static_cast<double>(largest_rank)) {
            return config.fault("CFG_RANGE",
                                "rank_pattern: need whole numbers from 1 to " + std::to_string(largest_rank));
        }
    }
    adapter.alphas = TANDEM_TRY(read_patterns(ordered, "alpha_pattern", config));
    return adapter;
}

Result<AdapterConfig> open_adapter_config(const std::filesystem::path& folder) {
    const auto path = folder / "adapter_config.json";
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return Error{.code = "ADAPTER_NOT_FOUND",
                     .message =
                         "there is no adapter_config.json; need the folder that PEFT saved an adapter to; nothing was "
                         "loaded",
                     .where = folder.string(),
                     .kind = ErrorKind::bad_input};
    }
    const auto file = TANDEM_TRY(MappedFile::open(path));
    return parse_adapter_config({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()},
                                path.string());
}

}  // namespace tandem
