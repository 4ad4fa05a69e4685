// The knobs of an options struct as words, by name: what a form shows and what YAML says. Both directions go through
// the struct's own declaration (engine/api/field.h), so a knob declared there appears here by itself.
// Errors: SPEC_TYPE and SPEC_RANGE as a Fault. Thread rule: stateless.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "experiments/spec/options_reader.h"

namespace tandem::studio {

// A knob with one value has one word; a list has any number.
using KnobValues = std::map<std::string, std::vector<std::string>>;

template <class Options>
KnobValues knob_values(const Options& options) {
    KnobValues values;
    Options::visit(options, [&](const FieldInfo& info, const auto& field) {
        auto& words = values[std::string(info.name)];
        if constexpr (is_vector<std::decay_t<decltype(field)>>::value) {
            for (const auto& item : field) {
                words.push_back(spell_value(item));
            }
        } else {
            words.push_back(spell_value(field));
        }
    });
    return values;
}

// Sets one knob; a refused word leaves the options as they were.
template <class Options>
MaybeFault set_knob_words(Options& options, const std::string& name, const std::vector<std::string>& words) {
    MaybeFault fault = Fault{"SPEC_UNKNOWN_KEY", "is no knob here"};
    Options::visit(options, [&](const FieldInfo& info, auto& field) {
        using Field = std::decay_t<decltype(field)>;
        if (info.name != name) {
            return;
        }
        fault.reset();
        Field read = field;
        if constexpr (is_vector<Field>::value) {
            read.clear();
            for (const std::string& word : words) {
                typename Field::value_type item{};
                if ((fault =
                         read_scalar({word, std::is_same_v<typename Field::value_type, std::string>}, info, item))) {
                    return;
                }
                read.push_back(std::move(item));
            }
        } else {
            const std::string word = words.empty() ? std::string() : words.front();
            if constexpr (is_optional<Field>::value || std::is_same_v<Field, DataFile>) {
                if (word.empty()) {
                    field = Field{};
                    return;
                }
            }
            fault = read_scalar({word, std::is_same_v<Field, std::string>}, info, read);
        }
        if (!fault) {
            field = std::move(read);
        }
    });
    return fault;
}

// Knobs that a form shows before "more".
bool is_common_knob(const std::string& section, const std::string& name);

// Those of them that the written text names even at their default.
bool is_always_written(const std::string& section, const std::string& name);

// The declared knobs of one section, in their order.
std::vector<KnobDescription> knobs_of(const std::string& section);

}  // namespace tandem::studio
