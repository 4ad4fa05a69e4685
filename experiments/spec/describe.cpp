#include <type_traits>

#include "experiments/spec/options_reader.h"
#include "experiments/spec/pairing_knobs.h"
#include "experiments/spec/spec.h"

namespace tandem {
namespace {

template <class T>
std::string type_name() {
    if constexpr (is_optional<T>::value) {
        return type_name<typename T::value_type>() + " or nothing";
    } else if constexpr (is_vector<T>::value) {
        return "list of " + type_name<typename T::value_type>();
    } else if constexpr (std::is_enum_v<T>) {
        return "word";
    } else if constexpr (std::is_same_v<T, bool>) {
        return "boolean";
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        return "integer";
    } else if constexpr (std::is_same_v<T, double>) {
        return "number";
    } else if constexpr (std::is_same_v<T, DataFile>) {
        return "file";
    } else {
        static_assert(std::is_same_v<T, std::string>);
        return "text";
    }
}

template <class Options>
void describe_section(std::string_view section, std::vector<KnobDescription>& out) {
    const Options options{};
    Options::visit(options, [&](const FieldInfo& info, const auto& value) {
        using Field = std::decay_t<decltype(value)>;
        KnobDescription& knob = out.emplace_back();
        knob.section = section;
        knob.name = info.name;
        knob.type = type_name<Field>();
        knob.default_value = spell_value(value);
        knob.unit = info.unit;
        knob.doc = info.doc;
        knob.source = info.source;
        knob.min = info.min;
        knob.max = info.max;
        if constexpr (std::is_enum_v<Field>) {
            knob.choices = enum_choices<Field>();
        } else if constexpr (is_optional<Field>::value) {
            if constexpr (std::is_enum_v<typename Field::value_type>) {
                knob.choices = enum_choices<typename Field::value_type>();
            }
        }
    });
}

template <std::size_t... I>
void describe_workloads(std::index_sequence<I...>, std::vector<KnobDescription>& out) {
    (describe_section<std::variant_alternative_t<I, Workload>>(workload_kinds[I], out), ...);
}

}  // namespace

std::vector<KnobDescription> describe_knobs() {
    std::vector<KnobDescription> knobs;
    describe_section<LoadOptions>("load", knobs);
    describe_section<DeviceOptions>("target", knobs);
    for (const auto& [method, word] : EnumNames<PairingMethod>::values) {
        const PairingSpec pairing{.name = {}, .method = method, .model = {}, .position = {}};
        with_method_options(pairing, [&, word = word](const auto& options) {
            describe_section<std::decay_t<decltype(options)>>(word, knobs);
        });
    }
    describe_workloads(std::make_index_sequence<std::variant_size_v<Workload>>(), knobs);
    describe_section<ExecutionOptions>("execution", knobs);
    return knobs;
}

}  // namespace tandem
