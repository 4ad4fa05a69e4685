#include <algorithm>

#include "experiments/spec/each_entry.h"
#include "experiments/spec/options_reader.h"
#include "experiments/spec/pairing_knobs.h"

namespace tandem {
namespace {

std::vector<std::string> method_words(const std::string& key) {
    std::vector<std::string> words;
    for (const auto& [method, word] : EnumNames<PairingMethod>::values) {
        const std::vector<std::string> keys = pairing_keys(method);
        if (std::ranges::find(keys, key) != keys.end()) {
            words.emplace_back(word);
        }
    }
    return words;
}

// A key that is no key of this method, but of another; or of none.
void report_foreign_key(const YamlNode& item, const std::string& path, PairingMethod method, Problems& problems) {
    const std::vector<std::string> owners = method_words(item.key);
    if (owners.empty()) {
        return report_unknown_key(item, path, pairing_keys(method), problems);
    }
    std::string message =
        "\"" + item.key + "\" is not known in " + path + ", whose method is " + std::string(enum_name(method)) + "; ";
    if (item.key == "model") {
        message += "its two models are llm and slm";
    } else if (item.key == "llm" || item.key == "slm") {
        message += "it has one model; say method: " + join_choices(owners);
    } else {
        message += "it belongs to " + join_choices(owners);
    }
    problems.add("YAML_UNKNOWN_KEY", std::move(message), item.key_position());
}

class PairingReader {
public:
    PairingReader(const ExperimentSpec& spec, const Problems& all) : spec_(spec), all_(all) {
        for (const ModelSpec& model : spec.models) {
            models_.insert(model.name);
        }
    }

    void read(const YamlNode& entry, const std::string& path, PairingSpec& pairing, Problems& own) const {
        if (!entry.is_map()) {
            return read_model(entry, path + ".model", pairing.model, own);
        }
        if (const YamlNode* method = entry.find("method")) {
            read_node(*method, path + ".method", FieldInfo{}, pairing.method, own);
            if (!own.empty()) {
                return;  // which keys it may have depends on it
            }
        }
        const std::vector<std::string> known = pairing_keys(pairing.method);
        std::vector<std::string> there;
        for (const YamlNode& item : entry.items) {
            there.push_back(item.key);
            if (std::ranges::find(known, item.key) == known.end()) {
                report_foreign_key(item, path, pairing.method, own);
            }
        }
        read_models_of(entry, path, pairing, own);
        if (const YamlNode* trained = entry.find("trained"); trained != nullptr && can_learn(pairing.method)) {
            read_node(*trained, path + ".trained", FieldInfo{}, pairing.trained, own);
            if (own.empty() && pairing.trained.empty()) {
                own.add_fault(path + ".trained", {"SPEC_MISSING", "is empty; it names a folder"}, trained->position());
            }
        }
        if (const YamlNode* baseline = entry.find("baseline")) {
            read_node(*baseline, path + ".baseline", FieldInfo{}, pairing.baseline, own);
        }
        with_method_options(pairing, [&](auto& options) { read_options(entry, path, options, own, there); });
        if (own.empty()) {
            if (MaybeFault fault = check_pairing(pairing)) {
                own.add_fault(path, std::move(*fault), entry.position());
            }
        }
    }

private:
    void read_models_of(const YamlNode& entry, const std::string& path, PairingSpec& pairing, Problems& own) const {
        const bool good = own.empty();
        const auto one = [&](std::string_view key, std::string& name) {
            if (const YamlNode* node = entry.find(key)) {
                read_model(*node, path + "." + std::string(key), name, own);
            } else if (good) {
                own.add_fault(
                    path,
                    {"SPEC_MISSING", has_partner(pairing.method) ? "needs " + std::string(key) + ", the name of a model"
                                                                 : "needs a model"},
                    entry.position());
            }
        };
        if (has_partner(pairing.method)) {
            one(partner_key(pairing.method), pairing.partner);
        }
        one(model_key(pairing.method), pairing.model);
    }

    void read_model(const YamlNode& node, const std::string& path, std::string& name, Problems& own) const {
        read_node(node, path, FieldInfo{}, name, own);
        if (node.is_scalar() && node.text.empty()) {
            own.add_fault(path, {"SPEC_MISSING", "is empty; it names a model"}, node.position());
        } else if (!name.empty() && !models_.empty() && !models_.contains(name)) {
            own.add_fault(path, no_such_model(name, spec_, all_), node.position());
        }
    }

    const ExperimentSpec& spec_;
    const Problems& all_;
    std::set<std::string, std::less<>> models_;
};

// Once all are known: a baseline may stand behind the pairing that names it.
void check_baselines(const YamlNode& map, const ExperimentSpec& spec, SectionContext& context) {
    std::vector<std::string> names;
    for (const PairingSpec& pairing : spec.pairings) {
        names.push_back(pairing.name);
    }
    for (const YamlNode& entry : map.items) {
        const YamlNode* baseline = entry.is_map() ? entry.find("baseline") : nullptr;
        if (baseline == nullptr || !baseline->is_scalar() || context.unread.contains(entry.key) ||
            context.unread.contains(baseline->text)) {
            continue;
        }
        std::vector<std::string> others = names;
        std::erase(others, entry.key);
        if (others.empty() || baseline->text == entry.key) {
            context.problems.add_fault(
                "pairings." + entry.key + ".baseline",
                {"SPEC_REFERENCE", "is " + shortened(baseline->text) + "; it names another pairing of the experiment"},
                baseline->position());
        } else if (std::ranges::find(others, baseline->text) == others.end()) {
            Fault fault = *not_one_of({baseline->text, false}, others);
            fault.code = "SPEC_REFERENCE";
            context.problems.add_fault("pairings." + entry.key + ".baseline", std::move(fault), baseline->position());
        }
    }
}

}  // namespace

void read_pairings(const YamlNode& map, ExperimentSpec& spec, SectionContext& context) {
    const PairingReader reader(spec, context.problems);
    each_entry(map, "pairings", Dots::refused, context,
               [&](const YamlNode& entry, const std::string& path, Problems& own) {
                   PairingSpec pairing{
                       .name = entry.key, .method = PairingMethod::single, .model = {}, .position = entry.position()};
                   reader.read(entry, path, pairing, own);
                   spec.pairings.push_back(std::move(pairing));
               });
    if (map.is_map()) {
        check_baselines(map, spec, context);
    }
}

}  // namespace tandem
