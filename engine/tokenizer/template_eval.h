// Renders a parsed template. Every step, every text made and every level of nesting is counted against a bound; nothing
// outside the variables is reachable. Thread rule: one rendering, one thread. Errors: thrown as TemplateStop.
#pragma once

#include <deque>
#include <map>

#include "engine/tokenizer/template_syntax.h"

namespace tandem::jinja {

struct Scope {
    std::map<std::string, Value, std::less<>> variables;
    Scope* outer = nullptr;
};

struct Arguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;
    Place place;

    // The argument at `position`, or of this name; null where it was not given.
    const Value* find(std::size_t position, std::string_view name) const;
    void at_most(std::size_t count, std::string_view callee) const;
    std::string text(std::size_t position, std::string_view name, std::string_view callee) const;
    std::int64_t integer(std::size_t position, std::string_view name, std::int64_t absent) const;
};

class Renderer {
public:
    static constexpr std::int64_t most_steps = 1'000'000;
    static constexpr std::size_t most_output = 16U << 20;
    static constexpr std::size_t most_made = 64U << 20;  // bytes of all values made on the way
    static constexpr int deepest = 400;

    explicit Renderer(std::vector<std::pair<std::string, Value>> variables);
    std::string run(const std::vector<std::unique_ptr<Statement>>& body);

    Value evaluate(const Expression& node);
    void step(Place place);
    void made(std::size_t bytes, Place place);  // a value of about this size was made
    Value make_text(std::string text, Place place);
    Value make_list(std::vector<Value> items, Place place);
    const Value& checked(const Value& value, Place place);   // a container just made is not too deep or heavy
    std::string write_out(const Value& value, Place place);  // str() of it, counted
    // What `for` and list() go over: the items of a list, the characters of a text, the keys of a dict.
    std::vector<Value> iterate(const Value& value, Place place);

private:
    enum class Flow { onward, leave_loop, next_round };

    Flow execute(const std::vector<std::unique_ptr<Statement>>& body);
    Flow execute(const Statement& node);
    Flow condition(const Statement& node);
    void loop(const Statement& node);
    void set(const Statement& node, Value value);
    void bind(const std::vector<std::string>& names, Value value, Place place);
    void write(std::string_view text, Place place);
    std::string captured(const std::vector<std::unique_ptr<Statement>>& body);

    Value lookup(const Expression& node);
    Value attribute(const Value& value, const std::string& name, Place place);
    Value subscript(const Value& value, const Value& index, Place place);
    Value slice(const Expression& node);
    Value compare(const Expression& node);
    bool holds(const Value& left, const std::string& operation, const Value& right, Place place);
    Value binary(const Expression& node);
    Value call(const Expression& node);
    Value call_macro(const Macro& macro, const Arguments& arguments);
    Value call_builtin(const std::string& name, const Arguments& arguments);
    Arguments arguments(const Expression& node);
    Value build_dict(const Expression& node);
    Value unary(const Expression& node);

    std::deque<Scope> scopes_;  // all that were opened: macros keep pointers to them
    Scope* scope_;
    std::string output_;
    std::int64_t steps_ = 0;
    std::size_t made_ = 0;
    int depth_ = 0;
    friend class Depth;
};

// Counts one level of nesting while it lives.
class Depth {
public:
    Depth(Renderer& renderer, Place place);
    ~Depth();
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

private:
    Renderer& renderer_;
};

[[noreturn]] void undefined_use(const Value& value, Place place);

// Parts of the language with files of their own.
bool is_builtin(std::string_view name);
Value apply_filter(Renderer& renderer, const std::string& name, const Value& value, const Arguments& arguments);
bool apply_test(const std::string& name, const Value& value, const Arguments& arguments);
bool has_method(const Value& value, std::string_view name);
Value call_method(Renderer& renderer, const Value& self, const std::string& name, const Arguments& arguments);
Value arithmetic(Renderer& renderer, const std::string& operation, const Value& left, const Value& right, Place place);
bool ordered(const Value& left, const std::string& operation, const Value& right, Place place);
bool contains(const Value& container, const Value& item, Place place);
// An attribute path as in "function.name": what filters like map(attribute=...) follow.
Value follow_path(const Value& value, std::string_view path);

std::string replaced(Renderer& renderer, const std::string& text, const std::string& from, const std::string& to,
                     std::int64_t most, Place place);

std::u32string characters(std::string_view text);
std::string utf8(std::u32string_view text);
std::string stripped(std::string_view text, const std::string* characters, bool left, bool right);

}  // namespace tandem::jinja
