#include <cmath>
#include <nlohmann/json.hpp>

#include "experiments/spec/options_reader.h"
#include "experiments/spec/pairing_knobs.h"
#include "experiments/spec/spec.h"

namespace tandem {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* size_pattern = R"(^[+]?[0-9]+(\.[0-9]+)? ?(KiB|MiB|GiB|TiB|kB|MB|GB|TB)$)";
constexpr const char* plain_name = "^[A-Za-z0-9_-]{1,64}$";
constexpr const char* dotted_name = "^[A-Za-z0-9_.-]{1,64}$";

void add_bounds(const FieldInfo& info, bool whole, json& schema) {
    const auto number = [&](double value) { return whole ? json(std::llround(value)) : json(value); };
    if (std::isfinite(info.min)) {
        schema["minimum"] = number(info.min);
    }
    if (std::isfinite(info.max)) {
        schema["maximum"] = number(info.max);
    }
}

template <class T>
json type_schema(const FieldInfo& info) {
    json schema = json::object();
    if constexpr (is_optional<T>::value) {
        return type_schema<typename T::value_type>(info);
    } else if constexpr (is_vector<T>::value) {
        schema["type"] = "array";
        schema["items"] = type_schema<typename T::value_type>(info);
    } else if constexpr (std::is_enum_v<T>) {
        schema["enum"] = enum_choices<T>();
    } else if constexpr (std::is_same_v<T, bool>) {
        schema["type"] = "boolean";
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        schema["type"] = "integer";
        add_bounds(info, true, schema);
        if (info.unit == "bytes") {
            return {{"anyOf", json::array({schema, {{"type", "string"}, {"pattern", size_pattern}}})}};
        }
    } else if constexpr (std::is_same_v<T, double>) {
        schema["type"] = "number";
        add_bounds(info, false, schema);
    } else {
        schema["type"] = "string";
    }
    return schema;
}

template <class T>
json default_of(const T& value) {
    if constexpr (std::is_enum_v<T>) {
        return enum_name(value);
    } else if constexpr (is_optional<T>::value) {
        return value ? default_of(*value) : json(nullptr);
    } else if constexpr (std::is_same_v<T, DataFile>) {
        return spelled(value);
    } else {
        return value;
    }
}

template <class Options>
json options_properties() {
    json properties = json::object();
    const Options options{};
    Options::visit(options, [&](const FieldInfo& info, const auto& value) {
        json schema = type_schema<std::decay_t<decltype(value)>>(info);
        std::string text(info.doc);
        if (!info.unit.empty()) {
            text += " Unit: " + std::string(info.unit) + ".";
        }
        if (!info.source.empty()) {
            text += " Source: " + std::string(info.source) + ".";
        }
        schema["description"] = text;
        schema["default"] = default_of(value);
        properties[std::string(info.name)] = std::move(schema);
    });
    return properties;
}

json closed_object(json properties) {
    return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

json map_of(const char* name_pattern, json value) {
    return {{"type", "object"},
            {"minProperties", 1},
            {"patternProperties", {{name_pattern, std::move(value)}}},
            {"additionalProperties", false}};
}

constexpr const char* model_name = "The name of a model.";

// Of one method: its models and its knobs.
json pairing_properties(PairingMethod method) {
    json properties = json::object();
    for (const std::string& key : pairing_keys(method)) {
        properties[key] = {{"type", "string"}, {"description", model_name}};
    }
    if (properties.contains("trained")) {
        properties["trained"]["description"] = "Relative path of a folder that an earlier training made.";
    }
    properties["baseline"]["description"] =
        "Another pairing, whose trials its times are compared with; of two models the large one alone if absent.";
    const PairingSpec pairing{.name = {}, .method = method, .model = {}, .position = {}};
    with_method_options(pairing, [&](const auto& options) {
        properties.update(options_properties<std::decay_t<decltype(options)>>());
    });
    properties["method"] = {{"const", enum_name(method)}};
    return properties;
}

json pairing_schema(PairingMethod method) {
    json schema = closed_object(pairing_properties(method));
    schema["required"] = json::array();
    if (method != PairingMethod::single) {  // which is the default
        schema["required"].push_back("method");
    }
    if (has_partner(method)) {
        schema["required"].push_back(partner_key(method));
    }
    schema["required"].push_back(model_key(method));
    return schema;
}

json pairing_schemas() {
    json schemas = json::array();
    for (const auto& [method, word] : EnumNames<PairingMethod>::values) {
        schemas.push_back(pairing_schema(method));
    }
    return schemas;
}

// A pairing of a file that builds on another: any knobs, method and models may be the base's.
json partial_pairing() {
    json properties = json::object();
    for (const auto& [method, word] : EnumNames<PairingMethod>::values) {
        properties.update(pairing_properties(method));
    }
    properties["method"] = type_schema<PairingMethod>(FieldInfo{});
    return closed_object(std::move(properties));
}

json workload_pairings() {
    return {{"type", "array"},
            {"items", {{"type", "string"}}},
            {"minItems", 1},
            {"description", "Names of the pairings that it is run with; all that can if absent."}};
}

template <class Options>
json workload_schema(std::string_view kind) {
    json properties = options_properties<Options>();
    const bool prompts = std::is_same_v<Options, GenerateWorkload>;
    if (prompts) {
        properties["prompts"]["minItems"] = 1;
        properties["prompts_file"] = {{"type", "string"},
                                      {"description", "Relative path of a text file with one prompt a line."}};
    }
    if (std::is_same_v<Options, LogitsWorkload>) {
        properties["ids"]["minItems"] = 1;
    }
    if (std::is_same_v<Options, EmbedWorkload>) {
        properties["images"]["minItems"] = 1;
    }
    properties["pairings"] = workload_pairings();
    // `kind: null` is YAML's empty value, and what the reader takes for the word.
    properties["kind"] = kind == "null" ? json{{"enum", {"null", nullptr}}} : json{{"const", kind}};
    json schema = closed_object(std::move(properties));
    schema["required"] = {"kind"};
    if (prompts) {
        schema["oneOf"] = json::array({{{"required", {"prompts"}}}, {{"required", {"prompts_file"}}}});
    }
    return schema;
}

template <std::size_t... I>
json workload_schemas(std::index_sequence<I...>) {
    return json::array({workload_schema<std::variant_alternative_t<I, Workload>>(workload_kinds[I])...});
}

// A workload of a file that builds on another: any knobs, the kind may be the base's.
template <std::size_t... I>
json partial_workload(std::index_sequence<I...>) {
    json properties = json::object();
    json kinds = json::array();
    const auto add = [&](std::string_view kind, json knobs) {
        kinds.push_back(kind);
        properties.update(knobs);
    };
    (add(workload_kinds[I], options_properties<std::variant_alternative_t<I, Workload>>()), ...);
    kinds.push_back(nullptr);
    properties["kind"] = {{"enum", std::move(kinds)}};
    properties["prompts_file"] = {{"type", "string"}};
    properties["pairings"] = workload_pairings();
    return closed_object(std::move(properties));
}

// An empty value removes what the base says.
json or_nothing(json schema) {
    return {{"anyOf", json::array({std::move(schema), {{"type", "null"}}})}};
}

json range_schema(std::initializer_list<const char*> keys) {
    json properties = json::object();
    for (const char* key : keys) {
        properties[key] = {{"type", "number"}};
    }
    json schema = closed_object(std::move(properties));
    schema["required"] = {"from", "to"};
    return schema;
}

json values_schema() {
    const json plain = {{"type", {"string", "number", "boolean"}}};
    json range = closed_object({{"range", range_schema({"from", "to", "step"})}});
    json log_range = closed_object({{"log_range", range_schema({"from", "to", "factor"})}});
    range["required"] = {"range"};
    log_range["required"] = {"log_range"};
    return {
        {"anyOf",
         json::array(
             {plain, {{"type", "array"}, {"items", plain}, {"minItems", 1}}, std::move(range), std::move(log_range)})}};
}

json sweep_schema() {
    const std::string path =
        R"(^(load\.[a-z_0-9]+|pairings\.[^.]+\.[a-z_0-9]+|targets\.[^.]+\.[a-z_0-9]+|workloads\.[^.]+\.[a-z_0-9]+)$)";
    const json axes = map_of(path.c_str(), {{"$ref", "#/$defs/values"}});
    const json fixed = map_of(path.c_str(), {{"type", {"string", "number", "boolean"}}});
    json grid = axes;
    grid["minProperties"] = 0;
    return closed_object(
        {{"grid", std::move(grid)},
         {"linked", {{"type", "array"}, {"items", axes}, {"description", "Knobs of one map vary together."}}},
         {"exclude", {{"type", "array"}, {"items", fixed}, {"description", "Combinations that are left out."}}}});
}

json shorthand_or(const char* description, json object) {
    return {{"description", description}, {"anyOf", json::array({{{"type", "string"}}, std::move(object)})}};
}

}  // namespace

std::string experiment_json_schema() {
    const json model =
        closed_object({{"source", {{"type", "string"}}},
                       {"adapter", {{"type", "string"}, {"description", "Path of a LoRA adapter's folder."}}}});
    constexpr auto kinds = std::make_index_sequence<std::variant_size_v<Workload>>();
    json target = options_properties<DeviceOptions>();
    target["host"] = {{"const", "local"}, {"description", "This machine."}, {"default", "local"}};

    json properties = {
        {"tandem", {{"const", 1}, {"description", "Version of the language."}}},
        {"name", {{"type", "string"}, {"minLength", 1}, {"maxLength", 128}}},
        {"description", {{"type", "string"}}},
        {"base", {{"type", "string"}, {"description", "Relative path of the experiment that this one builds on."}}},
        {"models", map_of(dotted_name, or_nothing(shorthand_or("A name in the library, a path or random:ID.", model)))},
        {"pairings", map_of(plain_name, or_nothing(shorthand_or("The name of a model, or method, models and knobs.",
                                                                partial_pairing())))},
        {"targets", map_of(plain_name, or_nothing(closed_object(std::move(target))))},
        {"workloads", map_of(plain_name, or_nothing(partial_workload(kinds)))},
        {"load", closed_object(options_properties<LoadOptions>())},
        {"sweep", sweep_schema()},
        {"seeds", {{"$ref", "#/$defs/values"}}},
        {"repetitions", options_properties<BenchmarkWorkload>()["repetitions"]},
        {"execution", closed_object(options_properties<ExecutionOptions>())}};
    json whole = json::object();
    for (auto& [name, section] : properties.items()) {
        if (name != "tandem" && name != "base") {
            section = or_nothing(std::move(section));
            whole[name] = {{"not", {{"type", "null"}}}};
        }
    }
    json pairings = pairing_schemas();
    pairings.push_back({{"type", "string"}});
    whole["pairings"] = map_of(plain_name, {{"oneOf", std::move(pairings)}});
    whole["workloads"] = map_of(plain_name, {{"oneOf", workload_schemas(kinds)}});
    json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "Tandem experiment"},
                   {"description", "Generated from the declarations of the options; see docs/formats/experiment.md."}};
    schema.update(closed_object(std::move(properties)));
    schema["required"] = {"tandem"};  // a file that builds on another may leave the rest to it
    // Whoever has no base says everything, and has nothing to remove.
    schema["if"] = {{"not", {{"required", {"base"}}}}};
    schema["then"] = {{"required", {"name", "models", "pairings", "workloads"}}, {"properties", std::move(whole)}};
    schema["$defs"] = {{"values", values_schema()}};
    return schema.dump(2) + "\n";
}

}  // namespace tandem
