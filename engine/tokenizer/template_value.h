// Values of the template language: Python's, as far as templates need them. Containers never change once made, only
// namespaces and what walks (loops, generators, cyclers) do.
// Thread rule: a value belongs to one rendering. Errors: thrown as TemplateStop within this module, never beyond it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/api/error.h"

namespace tandem::jinja {

struct Place {
    int line = 1;
    int column = 1;
};

// Ends parsing or rendering; ChatTemplate turns it into its Error.
struct TemplateStop {
    Error error;
};

[[noreturn]] void refuse(const std::string& message, Place place);      // TEMPLATE_REFUSED
[[noreturn]] void over_limit(const std::string& message, Place place);  // TEMPLATE_STEP_LIMIT
[[noreturn]] void raised(const std::string& message, Place place);      // TEMPLATE_RAISED

struct Statement;
struct Scope;
class Value;

struct Undefined {
    std::string name;
    std::string message() const;
};
struct None {};
struct Sequence;
struct Dict;
struct LoopState;
struct Generator;
struct Namespace;
struct Cycler;
struct Joiner;

struct Macro {
    const Statement* node = nullptr;  // a macro, or a call block: its body is the caller
    Scope* scope = nullptr;           // where it was defined; owned by the rendering
};

struct Builtin {
    std::string name;  // range, namespace, dict, raise_exception ...
};

struct Method {
    std::shared_ptr<const Value> self;
    std::string name;
};

using Text = std::shared_ptr<const std::string>;

// A text that counts as HTML already (the filters safe and escape): what is added to it is escaped.
struct Markup {
    Text text;
};

enum class SequenceKind { list, tuple, keys, values, items, range };

class Value {
public:
    using State = std::variant<Undefined, None, bool, std::int64_t, double, Text, std::shared_ptr<const Sequence>,
                               std::shared_ptr<const Dict>, std::shared_ptr<Namespace>, std::shared_ptr<LoopState>,
                               Macro, Builtin, Method, Markup, std::shared_ptr<Generator>, std::shared_ptr<Cycler>,
                               std::shared_ptr<Joiner>>;

    Value() : state_(None{}) {}
    Value(State state) : state_(std::move(state)) {}  // NOLINT: implicit by design
    static Value text(std::string text) { return State(std::make_shared<const std::string>(std::move(text))); }
    static Value markup(std::string text) {
        return State(Markup{std::make_shared<const std::string>(std::move(text))});
    }
    static Value integer(std::int64_t number) { return State(number); }
    static Value boolean(bool truth) { return State(truth); }
    static Value undefined(std::string name) { return State(Undefined{std::move(name)}); }
    static Value real(double number) { return State(number); }
    static Value list(std::vector<Value> items, SequenceKind kind = SequenceKind::list);
    // A tuple with the names grouper and list, as the filter groupby makes.
    static Value group(Value grouper, Value list);
    static Value range(std::int64_t start, std::int64_t stop, std::int64_t stride, std::vector<Value> numbers);
    static Value generator(std::vector<Value> items);
    static Value dict(std::vector<std::pair<Value, Value>> items);  // keys differ

    template <class T>
    const T* as() const {
        return std::get_if<T>(&state_);
    }
    const std::string* text_value() const;  // null: not a text
    bool is_markup() const { return as<Markup>() != nullptr; }
    const Sequence* sequence() const;
    const std::vector<Value>* items() const;  // of a list, tuple, view or range
    bool indexable() const;                   // list, tuple or range: has items at places
    const Dict* dict_value() const;
    bool is_undefined() const { return as<Undefined>() != nullptr; }
    bool is_none() const { return as<None>() != nullptr; }
    bool is_number() const { return as<bool>() != nullptr || as<std::int64_t>() != nullptr || as<double>() != nullptr; }
    double number() const;  // of a number, else 0
    bool truth() const;
    bool callable() const;
    // Is or holds what is no plain data: namespaces, loops, generators, functions. It may be a ring, and Python writes
    // it out with addresses.
    bool holds_objects() const;
    int depth() const;
    std::size_t weight() const;     // about how long it is when written out
    const char* type_name() const;  // as Python calls it

private:
    State state_;
};

struct Sequence {
    std::vector<Value> items;
    SequenceKind kind = SequenceKind::list;
    bool grouped = false;
    std::int64_t start = 0;  // of a range
    std::int64_t stop = 0;
    std::int64_t stride = 1;
    bool holds_objects = false;
    int depth = 1;
    std::size_t weight = 2;
};

struct Dict {
    std::vector<std::pair<Value, Value>> items;
    bool holds_objects = false;
    int depth = 1;
    std::size_t weight = 2;
    const Value* find(std::string_view key) const;
    const Value* find(const Value& key) const;
};

// What map, select and their like give: it can be gone through once, is always true and has no length.
struct Generator {
    std::vector<Value> items;
    std::size_t at = 0;  // what was taken already
    bool holds_objects = true;
    int depth = 1;
    std::size_t weight = 2;
};

// The rendering keeps every namespace it makes and empties them all at its end, so that rings are freed.
struct Namespace {
    struct Field {
        Value value;
        std::size_t order = 0;
    };
    std::map<std::string, Field, std::less<>> fields;
    const Value* find(std::string_view name) const;
    void put(std::string_view name, Value value);
};

struct LoopState {
    const Statement* node = nullptr;
    Scope* outer = nullptr;     // of the loop
    std::vector<Value> items;   // those taken from the source, the current one and at most what was looked ahead
    std::vector<Value> source;  // still to be filtered, where the loop has a condition
    std::size_t source_at = 0;
    std::shared_ptr<Generator> generator;  // what is gone through is taken from it
    bool lazy = false;
    std::size_t index0 = 0;
    int depth0 = 0;  // of recursive loops
    int depth = 1;   // of what it goes over, as of other values
    std::vector<Value> last_changed;
    bool changed_before = false;
};

struct Cycler {
    std::vector<Value> items;
    std::size_t at = 0;
    int depth = 1;
};

struct Joiner {
    std::string separator;
    bool used = false;
};

constexpr int deepest_value = 32;

bool equal(const Value& a, const Value& b);
bool hashable(const Value& value);
std::string str(const Value& value);   // Python's str()
std::string repr(const Value& value);  // Python's repr()
std::string float_text(double number);

struct JsonStyle {
    bool ensure_ascii = false;
    bool sort_keys = false;
    std::optional<std::string> indent;  // of each level; absent: one line
    std::optional<std::string> item_separator;
    std::string key_separator = ": ";
};
std::string to_json(const Value& value, const JsonStyle& style, Place place);

}  // namespace tandem::jinja
