#include "experiments/spec/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace tandem {
namespace {

// Thrown through yaml-cpp to end reading at once, and caught in parse_yaml.
struct StopReading {};

class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(std::shared_ptr<const std::string> file, Problems& problems)
        : file_(std::move(file)), problems_(problems) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            stop("YAML_SYNTAX", "a second document begins; an experiment is one document", mark);
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(leaf(YamlNode::Kind::null, "", "?", mark, anchor));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse_alias(mark);
        add(leaf(YamlNode::Kind::null, "", "?", mark, 0));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        last_text_ = mark;
        add(leaf(YamlNode::Kind::scalar, value, tag, mark, anchor));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(leaf(YamlNode::Kind::sequence, "", tag, mark, anchor), mark);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(leaf(YamlNode::Kind::map, "", tag, mark, anchor), mark);
    }
    void OnMapEnd() override { close(); }

    std::optional<YamlNode> take() { return std::move(root_); }
    const YAML::Mark& last_text() const { return last_text_; }

private:
    struct Open {
        YamlNode node;
        std::set<std::string> keys;
        bool key_waits = false;  // a key was read and its value comes next
        YamlNode key;
    };

    SourcePosition at(const YAML::Mark& mark) const { return {*file_, mark.line + 1, mark.column + 1}; }

    [[noreturn]] void stop(const char* code, const std::string& message, const YAML::Mark& mark) {
        problems_.add(code, message, at(mark));
        throw StopReading{};
    }

    void refuse_alias(const YAML::Mark& mark) {
        problems_.add(
            "YAML_ALIAS_REFUSED",
            "anchors and aliases (&, *) are not part of the language; write the value out, or use base:", at(mark));
    }

    YamlNode leaf(YamlNode::Kind kind, const std::string& text, const std::string& tag, const YAML::Mark& mark,
                  YAML::anchor_t anchor) {
        if (++nodes_ > max_yaml_nodes) {
            stop("YAML_TOO_LARGE", "more than " + std::to_string(max_yaml_nodes) + " values", mark);
        }
        if (anchor != 0) {
            refuse_alias(mark);
        }
        if (tag != "?" && tag != "!" && !tag.empty()) {
            problems_.add("YAML_TAG_REFUSED",
                          "the tag \"" + shortened(tag) + "\" is not part of the language; remove it", at(mark));
        }
        if (text.find('\0') != std::string::npos) {
            problems_.add("YAML_SYNTAX", "the text has a NUL character", at(mark));
        }
        YamlNode node;
        node.kind = kind;
        node.quoted = tag == "!";
        node.text = text;
        node.file = file_;
        node.line = mark.line + 1;
        node.column = mark.column + 1;
        return node;
    }

    void open(YamlNode node, const YAML::Mark& mark) {
        if (open_.size() >= max_yaml_depth) {
            problems_ = {};  // the depth is what is wrong, not the oddities on the way
            stop("YAML_TOO_DEEP", "nested deeper than " + std::to_string(max_yaml_depth) + " levels", mark);
        }
        if (!open_.empty() && expects_key()) {
            problems_.add("YAML_SYNTAX", "a map's key must be a plain word, found a list or a map", at(mark));
        }
        open_.push_back({.node = std::move(node)});
    }

    void close() {
        YamlNode node = std::move(open_.back().node);
        open_.pop_back();
        add(std::move(node));
    }

    bool expects_key() const { return open_.back().node.is_map() && !open_.back().key_waits; }

    void add(YamlNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (expects_key()) {
            take_key(parent, std::move(node));
            return;
        }
        if (!parent.node.is_map()) {
            parent.node.items.push_back(std::move(node));
            return;
        }
        parent.key_waits = false;
        if (parent.key.kind == YamlNode::Kind::null) {
            return;  // the key was refused, its value with it
        }
        if (node.kind == YamlNode::Kind::null) {
            node.line = parent.key.line;  // the parser says where the next thing stands
            node.column = parent.key.column;
        }
        node.key = std::move(parent.key.text);
        node.key_line = parent.key.line;
        node.key_column = parent.key.column;
        parent.node.items.push_back(std::move(node));
    }

    void take_key(Open& parent, YamlNode key) {
        if (parent.keys.size() >= max_yaml_keys) {
            problems_.add("YAML_TOO_LARGE", "more than " + std::to_string(max_yaml_keys) + " keys in one map",
                          key.position());
            throw StopReading{};
        }
        if (!key.is_scalar()) {
            if (key.kind == YamlNode::Kind::null) {
                problems_.add("YAML_SYNTAX", "a map's key is empty", key.position());
            }
            key.kind = YamlNode::Kind::null;  // a list or map was refused when it began
        } else if (key.text == "<<" && !key.quoted) {
            problems_.add("YAML_TAG_REFUSED",
                          "the merge key << is not part of the language; use base:", key.position());
            key.kind = YamlNode::Kind::null;
        } else if (!parent.keys.insert(key.text).second) {
            problems_.add("YAML_DUPLICATE_KEY", "\"" + shortened(key.text) + "\" is given twice in one map",
                          key.position());
            key.kind = YamlNode::Kind::null;
        }
        parent.key = std::move(key);
        parent.key_waits = true;
    }

    std::shared_ptr<const std::string> file_;
    Problems& problems_;
    std::vector<Open> open_;
    std::optional<YamlNode> root_;
    YAML::Mark last_text_ = YAML::Mark::null_mark();
    std::size_t nodes_ = 0;
    int documents_ = 0;
};

void emit(YAML::Emitter& out, const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::null:
            out << YAML::Null;
            break;
        case YamlNode::Kind::scalar:
            if (node.quoted) {
                out << YAML::DoubleQuoted;
            }
            out << node.text;
            break;
        case YamlNode::Kind::sequence:
            out << YAML::BeginSeq;
            for (const YamlNode& item : node.items) {
                emit(out, item);
            }
            out << YAML::EndSeq;
            break;
        case YamlNode::Kind::map:
            out << YAML::BeginMap;
            for (const YamlNode& item : node.items) {
                out << YAML::Key << item.key << YAML::Value;
                emit(out, item);
            }
            out << YAML::EndMap;
            break;
    }
}

Fault fault_of(const YAML::Exception& exception) {
    const std::string& text = exception.msg;
    if (text.find("anchor") != std::string::npos) {
        return {"YAML_ALIAS_REFUSED", "anchors and aliases (&, *) are not part of the language; write the value out"};
    }
    if (text.find("tag") != std::string::npos || text.find("TAG") != std::string::npos) {
        return {"YAML_TAG_REFUSED", text + "; tags are not part of the language"};
    }
    return {"YAML_SYNTAX", text};
}

// The parser takes the end of the file for a closing quote; only the last text of a document can be such a one.
bool is_open_quote(std::string_view text, const YAML::Mark& mark) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    const bool marked = text.starts_with(byte_order_mark);
    std::size_t at = 0;
    for (int line = 0; line < mark.line; ++line) {
        at = text.find('\n', at) + 1;
    }
    at += static_cast<std::size_t>(std::max(mark.column, 0)) + (marked && mark.line == 0 ? byte_order_mark.size() : 0);
    if (mark.line < 0 || at >= text.size() || (text[at] != '"' && text[at] != '\'')) {
        return false;
    }
    const char quote = text[at];
    for (++at; at < text.size(); ++at) {
        if (quote == '"' && text[at] == '\\') {
            ++at;
        } else if (text[at] == quote) {
            if (quote == '"' || at + 1 == text.size() || text[at + 1] != quote) {
                return false;
            }
            ++at;
        }
    }
    return true;
}

// Where a tab stands among the first blanks of a line that the parser stumbled over, or of the line before.
std::optional<SourcePosition> tab_near(std::string_view text, int line, const std::string& file) {
    std::size_t begin = 0;
    for (int number = 1; number <= line; ++number) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::size_t tab = text.find_first_not_of(' ', begin);
        if (number + 1 >= line && tab < end && text[tab] == '\t') {
            return SourcePosition{file, number, static_cast<int>(tab - begin) + 1};
        }
        begin = std::min(end + 1, text.size());
    }
    return std::nullopt;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view name) const {
    const auto entry = std::find_if(items.begin(), items.end(), [&](const YamlNode& item) { return item.key == name; });
    return is_map() && entry != items.end() ? &*entry : nullptr;
}

YamlNode* YamlNode::find(std::string_view name) {
    return const_cast<YamlNode*>(std::as_const(*this).find(name));
}

std::string describe(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::null:
            return "nothing";
        case YamlNode::Kind::sequence:
            return "a list";
        case YamlNode::Kind::map:
            return "a map";
        case YamlNode::Kind::scalar:
            break;
    }
    return node.quoted ? "the text \"" + shortened(node.text) + "\" in quotes" : shortened(node.text);
}

std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file_name, Problems& problems) {
    const auto file = std::make_shared<const std::string>(file_name);
    const SourcePosition whole{file_name, 0, 0};
    if (text.size() > max_yaml_bytes) {
        problems.add(
            "YAML_TOO_LARGE",
            "the text has " + std::to_string(text.size()) + " bytes, allowed are " + std::to_string(max_yaml_bytes),
            whole);
        return std::nullopt;
    }
    if (const auto offset = first_not_text(text)) {
        const std::string_view before = text.substr(0, *offset);
        const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
        const auto column = static_cast<int>(*offset - (before.rfind('\n') + 1)) + 1;
        const bool control = static_cast<unsigned char>(text[*offset]) < 0x80;
        problems.add("YAML_SYNTAX", control ? "a control character, which no text file has" : "the text is not UTF-8",
                     {file_name, line, column});
        return std::nullopt;
    }
    Problems own;
    TreeBuilder builder(file, own);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const StopReading&) {
        problems.append(std::move(own));
        return std::nullopt;
    } catch (const YAML::Exception& exception) {
        const int line = exception.mark.line + 1;
        problems.append(std::move(own));
        if (const auto tab = tab_near(text, line, file_name)) {
            problems.add("YAML_SYNTAX", "a tab is used for indentation; write spaces", *tab);
        } else {
            Fault fault = fault_of(exception);
            problems.add(std::move(fault.code), std::move(fault.message), {file_name, line, exception.mark.column + 1});
        }
        return std::nullopt;
    }
    problems.append(std::move(own));
    if (const YAML::Mark& last = builder.last_text(); is_open_quote(text, last)) {
        problems.add("YAML_SYNTAX", "the quote that begins here is not closed",
                     {file_name, last.line + 1, last.column + 1});
        return std::nullopt;
    }
    std::optional<YamlNode> root = builder.take();
    if (!root) {
        root.emplace();
        root->file = file;
        root->line = root->column = 1;
    }
    return root;
}

void merge_yaml(YamlNode& under, YamlNode over) {
    if (!under.is_map() || !over.is_map()) {
        under = std::move(over);
        return;
    }
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < under.items.size(); ++i) {
        places.emplace(under.items[i].key, i);
    }
    std::set<std::string> removed;
    for (YamlNode& item : over.items) {
        const auto place = places.find(item.key);
        if (place == places.end()) {
            under.items.push_back(std::move(item));
        } else if (item.kind == YamlNode::Kind::null) {
            removed.insert(item.key);
        } else {
            merge_yaml(under.items[place->second], std::move(item));
        }
    }
    std::erase_if(under.items, [&](const YamlNode& item) { return removed.contains(item.key); });
}

std::string emit_yaml(const YamlNode& node) {
    YAML::Emitter out;
    emit(out, node);
    return std::string(out.c_str(), out.size()) + "\n";
}

std::optional<std::size_t> first_not_text(std::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    for (std::size_t i = 0; i < bytes.size();) {
        const unsigned lead = byte(i);
        if (lead < 0x80) {
            if ((lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') || lead == 0x7F) {
                return i;
            }
            ++i;
            continue;
        }
        const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0xC2 || lead > 0xF4 || i + length > bytes.size()) {
            return i;
        }
        unsigned point = lead & (0xFFu >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) {
            if ((byte(i + k) & 0xC0u) != 0x80u) {
                return i;
            }
            point = point << 6 | (byte(i + k) & 0x3Fu);
        }
        const bool shortest = length == 2 || (length == 3 ? point >= 0x800 : point >= 0x10000);
        if (!shortest || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
            return i;
        }
        i += length;
    }
    return std::nullopt;
}

}  // namespace tandem
