// tandem model info of a trained pairing's folder: what it is, and whether its models are here.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/cli/model_commands.h"
#include "app/cli/output.h"
#include "app/cli/text_table.h"
#include "app/library/trained_pairing.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

struct Part {
    std::string whose;
    ModelRef reference;
    Result<ModelFacts> facts;
};

std::string text_of(const auto& value) {
    using Value = std::decay_t<decltype(value)>;
    if constexpr (std::is_enum_v<Value>) {
        return std::string(enum_name(value));
    } else if constexpr (std::is_same_v<Value, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::is_same_v<Value, std::string>) {
        return value;
    } else if constexpr (is_optional<Value>::value) {
        return value ? text_of(*value) : "not given";
    } else {
        return std::to_string(value);
    }
}

std::vector<std::pair<std::string, std::string>> settings_of(const PairingFile& file) {
    std::vector<std::pair<std::string, std::string>> rows;
    const auto add = [&](const FieldInfo& info, const auto& value) { rows.emplace_back(info.name, text_of(value)); };
    if (file.method == PairingMethod::llm_to_slm) {
        GuidanceOptions::visit(file.guidance, add);
    } else if (file.method == PairingMethod::prompt_tuning) {
        SoftPromptOptions::visit(file.soft_prompt, add);
    }
    return rows;
}

std::vector<Part> parts_of(Library& library, const std::filesystem::path& folder, const PairingFile& file) {
    std::error_code ignored;
    std::vector<Part> parts;
    const std::filesystem::path own = folder / "small";
    parts.push_back(
        {"model that writes", file.model,
         std::filesystem::is_directory(own, ignored)
             ? library.resolve(own.string())
             : find_named_model(
                   library, folder,
                   {.reference = file.model, .chosen = "", .whose = "model that writes", .option = "--slm"})});
    if (file.method == PairingMethod::llm_to_slm) {
        parts.push_back(
            {"large model", file.partner,
             find_named_model(library, folder,
                              {.reference = file.partner, .chosen = "", .whose = "large model", .option = "--llm"})});
    }
    return parts;
}

ordered_json json_of(const Part& part) {
    ordered_json json{{"name", part.reference.name}, {"trained_with_sha256", part.reference.sha256}};
    if (part.facts) {
        json.update(facts_json(*part.facts));
    }
    json["present"] = part.facts.ok();
    return json;
}

}  // namespace

int show_pairing(Library& library, const std::string& named, bool json) {
    std::error_code failed;
    std::filesystem::path folder = std::filesystem::canonical(named, failed);
    folder = failed ? std::filesystem::path(named) : folder;
    const auto file = read_pairing_file(folder);
    if (!file) {
        return fail(file.error(), json);
    }
    const std::vector<Part> parts = parts_of(library, folder, *file);
    const bool adapter = std::filesystem::is_directory(folder / "adapter", failed);
    for (const Part& part : parts) {
        if (!part.facts) {
            warn(part.facts.error().to_string());
        }
    }
    if (json) {
        ordered_json settings = ordered_json::object();
        for (const auto& [name, value] : settings_of(*file)) {
            settings[name] = value;
        }
        ordered_json document{{"model", named},
                              {"format", "trained pairing"},
                              {"location", folder.string()},
                              {"method", enum_name(file->method)},
                              {"settings", settings},
                              {"has_adapter", adapter},
                              {"slm", json_of(parts[0])}};
        document["llm"] = parts.size() > 1 ? json_of(parts[1]) : ordered_json();
        return finish(write_json(document));
    }
    TextTable table({{""}, {""}});
    table.add({"pairing", named});
    table.add({"where", folder.string()});
    table.add({"method", std::string(enum_name(file->method))});
    for (const auto& [name, value] : settings_of(*file)) {
        table.add({"  " + name, value});
    }
    for (const Part& part : parts) {
        table.add({part.whose, part.reference.name});
        table.add({"  where", part.facts ? part.facts->location : "not here"});
        table.add({"  sha256", part.facts ? part.facts->sha256 : part.reference.sha256});
        if (part.facts) {
            table.add(
                {"  family", part.facts->shape.architecture + ", " + std::string(kind_name(part.facts->shape.kind))});
            table.add({"  parameters", std::to_string(part.facts->parameters)});
        }
    }
    if (adapter) {
        table.add({"adapter", (folder / "adapter").string()});
    }
    return finish(write_out(table.text()));
}

}  // namespace tandem::cli
