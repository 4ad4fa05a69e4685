// A YAML document as a plain tree that knows where each value stands. The subset of YAML that experiments use: one
// document of maps, lists and scalars; no anchors, aliases, tags or merge keys. Everything hostile stops here:
// yaml-cpp and its exceptions are not seen beyond yaml_tree.cpp.
// Errors: YAML_SYNTAX, YAML_TOO_DEEP, YAML_TOO_LARGE, YAML_ALIAS_REFUSED, YAML_TAG_REFUSED, YAML_DUPLICATE_KEY.
// Thread rule: plain data; the functions are stateless.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/spec/problems.h"

namespace tandem {

inline constexpr std::size_t max_yaml_bytes = 2u << 20;
inline constexpr std::size_t max_yaml_depth = 64;
inline constexpr std::size_t max_yaml_nodes = 500'000;
inline constexpr std::size_t max_yaml_keys = 4096;  // in one map

struct YamlNode {
    enum class Kind { null, scalar, sequence, map };

    Kind kind = Kind::null;
    bool quoted = false;  // a scalar that is text whatever it looks like
    std::string text;     // of a scalar
    std::string key;      // of a map's entry
    std::vector<YamlNode> items;
    std::shared_ptr<const std::string> file;
    int line = 0, column = 0;
    int key_line = 0, key_column = 0;

    bool is_map() const { return kind == Kind::map; }
    bool is_sequence() const { return kind == Kind::sequence; }
    bool is_scalar() const { return kind == Kind::scalar; }
    SourcePosition position() const { return {file ? *file : std::string(), line, column}; }
    SourcePosition key_position() const { return {file ? *file : std::string(), key_line, key_column}; }
    const YamlNode* find(std::string_view name) const;
    YamlNode* find(std::string_view name);
};

// "the text "2" in quotes", "a list", "nothing": for messages.
std::string describe(const YamlNode& node);

// Nothing and a problem where the text is not YAML at all; a tree and problems where parts of it were refused.
std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file_name, Problems& problems);

// `over` on top of `under`: maps merge, lists and scalars replace, an empty value removes.
void merge_yaml(YamlNode& under, YamlNode over);

std::string emit_yaml(const YamlNode& node);

// Byte offset of the first thing that is not UTF-8 text (control characters other than tab and line ends included).
std::optional<std::size_t> first_not_text(std::string_view bytes);

}  // namespace tandem
