// One declaration of a knob, many uses. An options struct lists its fields once in a static `visit`; the YAML reader,
// the JSON codec, the published schema, the content hash, the sweep paths and the desktop's forms are all visitors.
//
//   struct LoadOptions {
//       Dtype dtype = Dtype::native;
//       template <class Self, class Visitor>
//       static void visit(Self& self, Visitor&& visitor) {
//           visitor(FieldInfo{.name = "dtype", .doc = "..."}, self.dtype);
//       }
//   };
//
// Field types: bool, std::int64_t, double, std::string, enums with EnumNames, DataFile, std::optional of those and
// std::vector of those. Thread rule: stateless.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tandem {

struct FieldInfo {
    std::string_view name;                                  // key in YAML and JSON
    std::string_view doc;                                   // one sentence: meaning, and what the default does
    std::string_view unit{};                                // "tokens", "bytes", "ms"; empty where there is none
    std::string_view source{};                              // paper, specification or program the knob comes from
    double min = -std::numeric_limits<double>::infinity();  // inclusive
    double max = std::numeric_limits<double>::infinity();   // inclusive
    bool changes_result = true;  // false: left out of a trial's content hash (a log level, a time-out)
};

// Specialise with `static constexpr std::array<std::pair<E, std::string_view>, N> values`.
template <class E>
struct EnumNames;

template <class E>
constexpr std::string_view enum_name(E value) {
    for (const auto& [candidate, name] : EnumNames<E>::values) {
        if (candidate == value) {
            return name;
        }
    }
    return "?";
}

template <class E>
constexpr std::optional<E> enum_from_name(std::string_view name) {
    for (const auto& [candidate, known] : EnumNames<E>::values) {
        if (known == name) {
            return candidate;
        }
    }
    return std::nullopt;
}

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T, class A>
struct is_vector<std::vector<T, A>> : std::true_type {};

}  // namespace tandem
