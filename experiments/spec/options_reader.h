// Options structs read from YAML through their own declaration (engine/api/field.h): the reader knows no knob by name.
// Thread rule: stateless.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/api/job.h"
#include "experiments/spec/scalar.h"
#include "experiments/spec/yaml_tree.h"

namespace tandem {

// A template has its place for the text, as in "{source}", once.
MaybeFault check_template(std::string_view knob, std::string_view text, std::string_view place);

// What no single knob can say of itself. Path-less: the fault names the knob.
MaybeFault check_options(const DeviceOptions& options);
MaybeFault check_options(const GenerateWorkload& options);
MaybeFault check_options(const LogitsWorkload& options);
MaybeFault check_options(const EmbedWorkload& options);
MaybeFault check_options(const EvaluateWorkload& options);
MaybeFault check_options(const TrainWorkload& options);
template <class Options>
MaybeFault check_options(const Options&) {
    return std::nullopt;
}

void report_unknown_key(const YamlNode& item, const std::string& path, const std::vector<std::string>& known,
                        Problems& problems);

template <class Options>
std::vector<std::string> knob_names() {
    std::vector<std::string> names;
    const Options options{};
    Options::visit(options, [&](const FieldInfo& info, const auto&) { names.emplace_back(info.name); });
    return names;
}

// Knobs that hold one value: what a sweep can vary.
template <class Options>
bool has_single_knob(std::string_view name) {
    bool found = false;
    const Options options{};
    Options::visit(options, [&](const FieldInfo& info, const auto& value) {
        found |= info.name == name && !is_vector<std::decay_t<decltype(value)>>::value;
    });
    return found;
}

template <class T>
void read_node(const YamlNode& node, const std::string& path, const FieldInfo& info, T& out, Problems& problems) {
    if constexpr (is_vector<T>::value) {
        if (!node.is_sequence()) {
            problems.add_fault(path, {"SPEC_TYPE", "needs a list, found " + describe(node)}, node.position());
            return;
        }
        out.clear();
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            typename T::value_type item{};
            read_node(node.items[i], path + "[" + std::to_string(i) + "]", info, item, problems);
            out.push_back(std::move(item));
        }
    } else {
        if (!node.is_scalar()) {
            problems.add_fault(path, {"SPEC_TYPE", "needs one value, found " + describe(node)}, node.position());
        } else if (MaybeFault fault = read_scalar(Scalar{node.text, node.quoted}, info, out)) {
            problems.add_fault(path, std::move(*fault), node.position());
        }
    }
}

// Reads the keys of `map` that are knobs of `out`; those of `also_known` are read by the caller, others are a problem.
template <class Options>
void read_options(const YamlNode& map, const std::string& path, Options& out, Problems& problems,
                  const std::vector<std::string>& also_known = {}) {
    if (!map.is_map()) {
        problems.add_fault(path, {"SPEC_TYPE", "needs a map, found " + describe(map)}, map.position());
        return;
    }
    std::vector<std::string> known = knob_names<Options>();
    known.insert(known.end(), also_known.begin(), also_known.end());
    for (const YamlNode& item : map.items) {
        bool found = false;
        Options::visit(out, [&](const FieldInfo& info, auto& field) {
            if (info.name == item.key) {
                found = true;
                read_node(item, path + "." + item.key, info, field, problems);
            }
        });
        if (!found && std::find(also_known.begin(), also_known.end(), item.key) == also_known.end()) {
            report_unknown_key(item, path, known, problems);
        }
    }
}

// Sets one knob from its spelling. `checked`: the spelling was accepted before and may have been quoted then.
template <class Options>
MaybeFault set_knob(Options& options, std::string_view name, Scalar scalar, bool checked) {
    MaybeFault fault = Fault{"SWEEP_PATH", "is not a knob that takes one value"};
    Options::visit(options, [&](const FieldInfo& info, auto& field) {
        using Field = std::decay_t<decltype(field)>;
        if constexpr (!is_vector<Field>::value) {
            if (info.name == name) {
                scalar.quoted |= checked && (std::is_same_v<Field, std::string> || std::is_same_v<Field, DataFile>);
                fault = read_scalar(scalar, info, field);
            }
        }
    });
    return fault;
}

inline std::string spell_value(bool value) {
    return value ? "true" : "false";
}
inline std::string spell_value(std::int64_t value) {
    return std::to_string(value);
}
inline std::string spell_value(double value) {
    return spell_number(value);
}
inline std::string spell_value(const std::string& value) {
    return value;
}
inline std::string spell_value(const DataFile& value) {
    return spelled(value);
}
template <class E>
requires std::is_enum_v<E> std::string spell_value(E value) {
    return std::string(enum_name(value));
}
template <class T>
std::string spell_value(const std::optional<T>& value) {
    return value ? spell_value(*value) : std::string();
}
template <class T>
std::string spell_value(const std::vector<T>& values) {
    std::string text = "[";
    for (const T& value : values) {
        text += (text.size() > 1 ? ", " : "") + spell_value(value);
    }
    return text + "]";
}

// One spelling for each value: 4GiB and 4294967296 are the same.
template <class Options>
std::string knob_value(const Options& options, std::string_view name) {
    std::string text;
    Options::visit(options, [&](const FieldInfo& info, const auto& field) {
        if (info.name == name) {
            text = spell_value(field);
        }
    });
    return text;
}

}  // namespace tandem
