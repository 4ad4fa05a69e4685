// Values of the template language: Python's, as far as templates need them. Containers never change once made, only
// namespaces do; what could form a ring through a namespace is refused, so that counting references suffices.
// Thread rule: a value belongs to one rendering. Errors: thrown as TemplateStop within this module, never beyond it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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
};
struct None {};
struct Sequence;
struct Dict;
struct LoopState;

struct Namespace {
    std::map<std::string, Value, std::less<>> fields;
};

struct Macro {
    const Statement* node = nullptr;
    Scope* scope = nullptr;  // where it was defined; owned by the rendering
};

struct Builtin {
    std::string name;  // range, namespace, dict, raise_exception
};

struct Method {
    std::shared_ptr<const Value> self;
    std::string name;
};

using Text = std::shared_ptr<const std::string>;

class Value {
public:
    using State = std::variant<Undefined, None, bool, std::int64_t, double, Text, std::shared_ptr<const Sequence>,
                               std::shared_ptr<const Dict>, std::shared_ptr<Namespace>,
                               std::shared_ptr<const LoopState>, Macro, Builtin, Method>;

    Value() : state_(None{}) {}
    Value(State state) : state_(std::move(state)) {}  // NOLINT: implicit by design
    static Value text(std::string text) { return State(std::make_shared<const std::string>(std::move(text))); }
    static Value integer(std::int64_t number) { return State(number); }
    static Value boolean(bool truth) { return State(truth); }
    static Value undefined(std::string name) { return State(Undefined{std::move(name)}); }
    static Value list(std::vector<Value> items, bool tuple = false);
    static Value dict(std::vector<std::pair<std::string, Value>> items);

    template <class T>
    const T* as() const {
        return std::get_if<T>(&state_);
    }
    const std::string* text_value() const;  // null: not a text
    const std::vector<Value>* items() const;
    const Dict* dict_value() const;
    bool is_undefined() const { return as<Undefined>() != nullptr; }
    bool is_none() const { return as<None>() != nullptr; }
    bool is_number() const { return as<bool>() != nullptr || as<std::int64_t>() != nullptr || as<double>() != nullptr; }
    double number() const;  // of a number, else 0
    bool truth() const;
    bool callable() const;
    // Might lead back to a namespace.
    bool may_form_ring() const;
    int depth() const;
    std::size_t weight() const;     // about how long it is when written out
    const char* type_name() const;  // as Python calls it

private:
    State state_;
};

struct Sequence {
    std::vector<Value> items;
    bool tuple = false;
    bool may_form_ring = false;
    int depth = 1;
    std::size_t weight = 2;
};

struct Dict {
    std::vector<std::pair<std::string, Value>> items;
    bool may_form_ring = false;
    int depth = 1;
    std::size_t weight = 2;
    const Value* find(std::string_view key) const;
};

struct LoopState {
    std::shared_ptr<const Sequence> over;
    std::size_t index0 = 0;
};

constexpr int deepest_value = 32;

bool equal(const Value& a, const Value& b);
std::string str(const Value& value);   // Python's str()
std::string repr(const Value& value);  // Python's repr()
std::string float_text(double number);

struct JsonStyle {
    bool ensure_ascii = false;
    bool sort_keys = false;
    std::int64_t indent = -1;  // negative: one line
    std::string item_separator;
    std::string key_separator = ": ";
};
std::string to_json(const Value& value, const JsonStyle& style, Place place);

}  // namespace tandem::jinja
