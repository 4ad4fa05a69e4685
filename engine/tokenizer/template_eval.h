// Renders a parsed template. Every step, every text made and every level of nesting is counted against a bound; nothing
// outside the variables is reachable. Thread rule: one rendering, one thread. Errors: thrown as TemplateStop.
#pragma once

#include <ctime>
#include <deque>
#include <map>
#include <optional>

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
    static constexpr std::int64_t most_steps = 4'000'000;
    static constexpr std::size_t most_output = 16U << 20;
    static constexpr std::size_t most_made = 64U << 20;  // bytes of all values made on the way
    static constexpr int deepest = 400;

    Renderer(std::vector<std::pair<std::string, Value>> variables, std::optional<std::time_t> now);
    ~Renderer();
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;
    std::string run(const Template& parsed);

    Value evaluate(const Expression& node);
    void step(Place place, std::size_t count = 1);
    void made(std::size_t bytes, Place place);  // a value of about this size was made
    Value make_text(std::string text, Place place);
    Value make_list(std::vector<Value> items, Place place);
    const Value& checked(const Value& value, Place place);   // a container just made is not too deep or heavy
    std::string write_out(const Value& value, Place place);  // str() of it, counted
    std::string write_repr(const Value& value, Place place);
    // What `for` and list() go over: the items of a list, the characters of a text, the keys of a dict. A generator is
    // used up.
    std::vector<Value> iterate(const Value& value, Place place);
    Value attribute(const Value& value, const std::string& name, Place place);
    Value subscript(const Value& value, const Value& index, Place place);
    // An attribute path as in "function.name": what filters like map(attribute=...) follow.
    // `absent` stands in for a part that is not there.
    Value follow_path(const Value& value, const Value& path, Place place, const Value* absent = nullptr);
    Value compared(const Value& left, const std::string& operation, const Value& right, Place place);
    bool pull(LoopState& state);  // one more item of a loop; false: there is none
    std::time_t now() const;

private:
    enum class Flow { onward, leave_loop, next_round };

    using Body = std::vector<std::unique_ptr<Statement>>;
    Flow execute(const Body& body);
    Flow execute(const Statement& node);
    Flow condition(const Statement& node);
    Flow loop(const Statement& node);
    std::string recurse(const Statement& node, Scope* outer, const Value& over, int depth0, Place place);
    Flow go_round(const Statement& node, const std::shared_ptr<LoopState>& state);
    Flow captured_block(const Statement& node);
    void call_block(const Statement& node);
    void block(const Statement& node);
    void assign(const Expression& target, Value value);
    void store(const std::string& name, Value value);
    void write(std::string_view text, Place place);
    void write_text(const Value& value, Place place);

    // A scope of the frame's variables while it lives.
    class Inside {
    public:
        Inside(Renderer& renderer, Scope* outer, const Frame& frame, Place place);
        ~Inside();
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;
        Scope& scope() { return own_; }

    private:
        Renderer& renderer_;
        Scope* before_;
        Scope& own_;
    };
    // Collects what is written while it lives.
    class Capture {
    public:
        explicit Capture(Renderer& renderer) : renderer_(renderer) { outer_.swap(renderer.output_); }
        ~Capture() { outer_.swap(renderer_.output_); }
        Capture(const Capture&) = delete;
        Capture& operator=(const Capture&) = delete;
        std::string take() { return std::move(renderer_.output_); }

    private:
        Renderer& renderer_;
        std::string outer_;
    };
    void fill(Scope& scope, const Frame& frame, Place place);
    Value from_context(const std::string& name) const;
    Value filtered(const Expression& node, const Value* body);

    Value lookup(const Expression& node);
    Value attribute_of_loop(const std::shared_ptr<LoopState>& state, const std::string& name, Place place);
    Value slice(const Expression& node);
    Value compare(const Expression& node);
    bool holds(const Value& left, const std::string& operation, const Value& right, Place place);
    Value binary(const Expression& node);
    Value call(const Expression& node, const Value* caller = nullptr);
    Value call_value(const Value& callee, const Arguments& arguments);
    Value call_macro(const Macro& macro, const Arguments& arguments);
    Value call_builtin(const std::string& name, const Arguments& arguments);
    Value make_namespace(const Arguments& arguments);
    Arguments arguments(const Expression& node);
    Value build_dict(const Expression& node);
    Value unary(const Expression& node);

    std::map<std::string, Value, std::less<>> context_;  // what is given, and what the template's top level sets
    std::optional<std::time_t> now_;
    std::vector<std::shared_ptr<Namespace>> namespaces_;
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
bool apply_test(Renderer& renderer, const std::string& name, const Value& value, const Arguments& arguments);
bool has_method(const Value& value, std::string_view name);
Value call_method(Renderer& renderer, const Value& self, const std::string& name, const Arguments& arguments);
Value call_text_method(Renderer& renderer, const std::string& text, const std::string& name,
                       const Arguments& arguments);
bool is_text_method(std::string_view name);
Value arithmetic(Renderer& renderer, const std::string& operation, const Value& left, const Value& right, Place place);
bool ordered(const Value& left, const std::string& operation, const Value& right, Place place);
bool contains(Renderer& renderer, const Value& container, const Value& item, Place place);
std::int64_t length_of(const Value& value, Place place);
Value dict_of(Renderer& renderer, const Arguments& arguments, const char* callee);

std::string replaced(Renderer& renderer, const std::string& text, const std::string& from, const std::string& to,
                     std::int64_t most, Place place);
std::string escaped(std::string_view text);  // for HTML, as markupsafe
// A text as HTML: as it is where it counts as HTML already.
std::string as_html(Renderer& renderer, const Value& value, Place place);
// "%s of %d" % values, and "{} of {name}".format(...), as Python writes them.
std::string percent_format(Renderer& renderer, const Value& format, const Value& values, Place place);
std::string brace_format(Renderer& renderer, const std::string& format, const Arguments& arguments);
std::string local_time_text(const std::string& format, std::time_t now, Place place);  // strftime

std::u32string characters(std::string_view text);
std::string utf8(std::u32string_view text);
std::string stripped(std::string_view text, const std::string* characters, bool left, bool right);
bool is_space(char32_t code);  // as Python's str.isspace
std::vector<std::string> lines_of(std::string_view text, bool keep_ends);

}  // namespace tandem::jinja
