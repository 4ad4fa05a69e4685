// Options of a command out of the knobs that engine/api declares: name, meaning, default and range are said there once.
// Thread rule: main thread.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "app/cli/command.h"
#include "engine/api/field.h"
#include "experiments/spec/spec.h"

namespace tandem::cli {

// "max_new_tokens" -> "--max-new-tokens".
inline std::string option_name(std::string_view knob) {
    std::string name = "--";
    for (const char c : knob) {
        name += c == '_' ? '-' : c;
    }
    return name;
}

inline std::string option_doc(const FieldInfo& info) {
    std::string doc(info.doc);
    if (!doc.empty() && doc.back() == '.') {
        doc.pop_back();
    }
    return doc;
}

// Adds `field` as an option of that name ("-n,--new-tokens" where other names are wanted).
template <class T>
CLI::Option* add_knob(CLI::App& command, const FieldInfo& info, T& field, std::string names = {}) {
    if (names.empty()) {
        names = option_name(info.name);
    }
    if constexpr (std::is_same_v<T, bool>) {
        return command.add_flag(names, field, option_doc(info));
    } else if constexpr (std::is_enum_v<T>) {
        std::vector<std::string> choices;
        for (const auto& [value, name] : EnumNames<T>::values) {
            choices.emplace_back(name);
        }
        const auto near = [choices](const std::string& text) -> std::string {
            const std::string bare =
                text.starts_with("fp") ? "f" + text.substr(2) : text;  // as PyTorch's people say it
            const std::string nearest = did_you_mean(bare, choices);
            const bool is_one = std::find(choices.begin(), choices.end(), text) != choices.end();
            std::string all;
            for (const std::string& choice : choices) {
                all += (all.empty() ? "" : ",") + choice;
            }
            return is_one || nearest.empty() ? "" : text + " not in {" + all + "}; did you mean " + nearest + "?";
        };
        return command
            .add_option_function<std::string>(
                names, [&field](const std::string& name) { field = enum_from_name<T>(name).value_or(field); },
                option_doc(info))
            ->check(CLI::Validator(near, ""))
            ->check(CLI::IsMember(choices))
            ->default_str(std::string(enum_name(field)));
    } else if constexpr (is_vector<T>::value) {
        return command.add_option(names, field, option_doc(info))->allow_extra_args(false);
    } else {
        CLI::Option* option = command.add_option(names, field, option_doc(info))->capture_default_str();
        if constexpr (std::is_arithmetic_v<T>) {
            const auto checked = [info](const std::string& text) -> std::string {
                T value{};
                if (!CLI::detail::lexical_cast(text, value)) {
                    return "found '" + text + "', need a number";
                }
                const auto number = static_cast<double>(value);
                if (!(number >= info.min && number <= info.max)) {  // NaN is neither
                    std::ostringstream range;
                    range.precision(12);
                    range << "found " << text << ", allowed are " << info.min << " to " << info.max;
                    return range.str();
                }
                return {};
            };
            option->check(CLI::Validator(checked, ""));
        }
        return option;
    }
}

// Adds the knobs of an options struct whose names are in `wanted`.
template <class Options>
void add_knobs(CLI::App& command, Options& options, const std::vector<std::string_view>& wanted) {
    Options::visit(options, [&](const FieldInfo& info, auto& field) {
        for (const std::string_view name : wanted) {
            if (name == info.name) {
                add_knob(command, info, field);
            }
        }
    });
}

}  // namespace tandem::cli
