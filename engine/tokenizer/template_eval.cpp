#include "engine/tokenizer/template_eval.h"

#include <algorithm>
#include <array>

#include "engine/tensor/utf8.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {

class Depth {
public:
    Depth(Renderer& renderer, Place place) : renderer_(renderer) {
        if (renderer_.depth_ >= Renderer::deepest) {
            over_limit("the template nests or recurses deeper than " + std::to_string(Renderer::deepest) + " levels",
                       place);
        }
        ++renderer_.depth_;
    }
    ~Depth() { --renderer_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

private:
    Renderer& renderer_;
};

namespace {

constexpr std::array<std::string_view, 4> builtins{"range", "namespace", "dict", "raise_exception"};
constexpr std::int64_t longest_range = 100000;

[[noreturn]] void undefined_use(const Value& value, Place place) {
    refuse("'" + printable(value.as<Undefined>()->name) + "' is undefined", place);
}

}  // namespace

const Value* Arguments::find(std::size_t position, std::string_view name) const {
    if (position < positional.size()) {
        return &positional[position];
    }
    for (const auto& [key, value] : named) {
        if (key == name) {
            return &value;
        }
    }
    return nullptr;
}

void Arguments::at_most(std::size_t count, std::string_view callee) const {
    if (positional.size() + named.size() > count) {
        refuse("'" + std::string(callee) + "' takes at most " + std::to_string(count) + " arguments, found " +
                   std::to_string(positional.size() + named.size()),
               place);
    }
}

std::string Arguments::text(std::size_t position, std::string_view name, std::string_view callee) const {
    const Value* value = find(position, name);
    if (value == nullptr || value->text_value() == nullptr) {
        refuse(
            "'" + std::string(callee) + "' needs a text, found " + (value == nullptr ? "nothing" : value->type_name()),
            place);
    }
    return *value->text_value();
}

std::int64_t Arguments::integer(std::size_t position, std::string_view name, std::int64_t absent) const {
    const Value* value = find(position, name);
    if (value == nullptr || value->is_none()) {
        return absent;
    }
    if (const auto* whole = value->as<std::int64_t>()) {
        return *whole;
    }
    if (const auto* truth = value->as<bool>()) {
        return *truth ? 1 : 0;
    }
    refuse(std::string("need a whole number, found ") + value->type_name(), place);
}

Renderer::Renderer(std::vector<std::pair<std::string, Value>> variables) : scope_(&scopes_.emplace_back()) {
    for (auto& [name, value] : variables) {
        scope_->variables[name] = std::move(value);
    }
}

std::string Renderer::run(const std::vector<std::unique_ptr<Statement>>& body) {
    // What the template sets must not hide the variables' absence from macros: one scope holds both.
    execute(body);
    return std::move(output_);
}

void Renderer::step(Place place) {
    if (++steps_ > most_steps) {
        over_limit("rendering takes more than " + std::to_string(most_steps) + " steps", place);
    }
}

void Renderer::made(std::size_t bytes, Place place) {
    made_ += bytes;
    if (made_ > most_made) {
        over_limit("rendering makes more than " + std::to_string(most_made) + " bytes of values", place);
    }
}

Value Renderer::make_text(std::string text, Place place) {
    made(text.size(), place);
    return Value::text(std::move(text));
}

Value Renderer::make_list(std::vector<Value> items, Place place) {
    made(items.size() * sizeof(Value), place);
    Value list = Value::list(std::move(items));
    checked(list, place);
    return list;
}

const Value& Renderer::checked(const Value& value, Place place) {
    if (value.depth() > deepest_value) {
        over_limit("a value nests deeper than " + std::to_string(deepest_value) + " levels", place);
    }
    if (value.weight() > most_output) {
        over_limit("a value has more than " + std::to_string(most_output) + " bytes written out", place);
    }
    return value;
}

std::string Renderer::write_out(const Value& value, Place place) {
    made(value.weight(), place);
    return str(value);
}

std::vector<Value> Renderer::iterate(const Value& value, Place place) {
    if (const auto* items = value.items()) {
        made(items->size() * sizeof(Value), place);
        return *items;
    }
    std::vector<Value> items;
    if (const Dict* dict = value.dict_value()) {
        made(dict->items.size() * sizeof(Value), place);
        for (const auto& [key, ignored] : dict->items) {
            items.push_back(Value::text(key));
        }
    } else if (const std::string* text = value.text_value()) {
        made(text->size() * 2 * sizeof(Value), place);
        for (std::size_t at = 0; at < text->size();) {
            const std::size_t size = unicode::char_size((*text)[at]);
            items.push_back(Value::text(text->substr(at, size)));
            at += size;
        }
    } else if (!value.is_undefined()) {
        refuse(std::string("a value of type ") + value.type_name() + " cannot be gone through", place);
    }
    return items;
}

void Renderer::write(std::string_view text, Place place) {
    if (output_.size() + text.size() > most_output) {
        over_limit("the output has more than " + std::to_string(most_output) + " bytes", place);
    }
    output_ += text;
}

std::string Renderer::captured(const std::vector<std::unique_ptr<Statement>>& body) {
    std::string outer;
    outer.swap(output_);
    execute(body);
    outer.swap(output_);
    return outer;
}

Renderer::Flow Renderer::execute(const std::vector<std::unique_ptr<Statement>>& body) {
    for (const auto& node : body) {
        const Flow flow = execute(*node);
        if (flow != Flow::onward) {
            return flow;
        }
    }
    return Flow::onward;
}

Renderer::Flow Renderer::execute(const Statement& node) {
    const Depth depth(*this, node.place);
    step(node.place);
    switch (node.kind) {
        case StatementKind::data:
            write(node.text, node.place);
            break;
        case StatementKind::output:
            write(write_out(evaluate(*node.expression), node.place), node.place);
            break;
        case StatementKind::condition:
            return condition(node);
        case StatementKind::loop:
            loop(node);
            break;
        case StatementKind::set:
            set(node, evaluate(*node.expression));
            break;
        case StatementKind::set_block:
            set(node, make_text(captured(node.branches[0].body), node.place));
            break;
        case StatementKind::macro:
            scope_->variables[node.text] = Value::State(Macro{&node, scope_});
            break;
        case StatementKind::group:
            return execute(node.branches[0].body);
        case StatementKind::leave_loop:
            return Flow::leave_loop;
        case StatementKind::next_round:
            return Flow::next_round;
    }
    return Flow::onward;
}

Renderer::Flow Renderer::condition(const Statement& node) {
    for (const Branch& branch : node.branches) {
        if (!branch.condition || evaluate(*branch.condition).truth()) {
            return execute(branch.body);
        }
    }
    return Flow::onward;
}

void Renderer::loop(const Statement& node) {
    std::vector<Value> all = iterate(evaluate(*node.expression), node.place);
    Scope* outer = scope_;
    made(sizeof(Scope), node.place);
    Scope& own = scopes_.emplace_back();
    own.outer = outer;
    scope_ = &own;
    std::vector<Value> items;
    if (node.condition) {
        for (Value& item : all) {
            step(node.place);
            bind(node.names, item, node.place);
            if (evaluate(*node.condition).truth()) {
                items.push_back(std::move(item));
            }
        }
    } else {
        items = std::move(all);
    }
    const Value over = Value::list(std::move(items));
    const auto& sequence = *over.as<std::shared_ptr<const Sequence>>();
    for (std::size_t i = 0; i < sequence->items.size(); ++i) {
        step(node.place);
        own.variables.clear();
        own.variables["loop"] = Value::State(std::make_shared<const LoopState>(LoopState{sequence, i}));
        bind(node.names, sequence->items[i], node.place);
        if (execute(node.branches[0].body) == Flow::leave_loop) {
            break;
        }
    }
    own.variables.clear();
    scope_ = outer;
    if (sequence->items.empty() && node.branches.size() > 1) {
        execute(node.branches[1].body);
    }
}

void Renderer::bind(const std::vector<std::string>& names, Value value, Place place) {
    if (names.size() == 1) {
        scope_->variables[names[0]] = std::move(value);
        return;
    }
    std::vector<Value> items = iterate(value, place);
    if (items.size() != names.size()) {
        refuse("need " + std::to_string(names.size()) + " values to take apart, found " + std::to_string(items.size()),
               place);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        scope_->variables[names[i]] = std::move(items[i]);
    }
}

void Renderer::set(const Statement& node, Value value) {
    if (node.text.empty()) {
        return bind(node.names, std::move(value), node.place);
    }
    Value target;
    for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
        if (const auto found = scope->variables.find(node.text); found != scope->variables.end()) {
            target = found->second;
            break;
        }
    }
    const auto* names = target.as<std::shared_ptr<Namespace>>();
    if (names == nullptr) {
        refuse("'" + printable(node.text) + "' is no namespace, so its fields cannot be set", node.place);
    }
    if (value.may_form_ring()) {
        refuse("a namespace cannot hold a namespace, a loop or a method", node.place);
    }
    (*names)->fields[node.names[0]] = std::move(value);
}

Value Renderer::evaluate(const Expression& node) {
    const Depth depth(*this, node.place);
    step(node.place);
    switch (node.kind) {
        case ExpressionKind::constant:
            return node.constant;
        case ExpressionKind::name:
            return lookup(node);
        case ExpressionKind::list:
        case ExpressionKind::tuple: {
            std::vector<Value> items;
            for (const auto& child : node.children) {
                items.push_back(evaluate(*child));
            }
            Value list = Value::list(std::move(items), node.kind == ExpressionKind::tuple);
            made(node.children.size() * sizeof(Value), node.place);
            return checked(list, node.place);
        }
        case ExpressionKind::dict:
            return build_dict(node);
        case ExpressionKind::attribute:
            return attribute(evaluate(*node.children[0]), node.text, node.place);
        case ExpressionKind::subscript: {
            const Value value = evaluate(*node.children[0]);
            return subscript(value, evaluate(*node.children[1]), node.place);
        }
        case ExpressionKind::slice:
            return slice(node);
        case ExpressionKind::call:
            return call(node);
        case ExpressionKind::filter: {
            const Value value = evaluate(*node.children[0]);
            return apply_filter(*this, node.text, value, arguments(node));
        }
        case ExpressionKind::test: {
            const Value value = evaluate(*node.children[0]);
            return Value::boolean(apply_test(node.text, value, arguments(node)));
        }
        case ExpressionKind::negate:
            return Value::boolean(!evaluate(*node.children[0]).truth());
        case ExpressionKind::minus:
        case ExpressionKind::plus:
            return unary(node);
        case ExpressionKind::both: {
            Value left = evaluate(*node.children[0]);
            return left.truth() ? evaluate(*node.children[1]) : left;
        }
        case ExpressionKind::either: {
            Value left = evaluate(*node.children[0]);
            return left.truth() ? left : evaluate(*node.children[1]);
        }
        case ExpressionKind::comparison:
            return compare(node);
        case ExpressionKind::binary:
            return binary(node);
        case ExpressionKind::concatenate: {
            std::string text = write_out(evaluate(*node.children[0]), node.place);
            text += write_out(evaluate(*node.children[1]), node.place);
            return make_text(std::move(text), node.place);
        }
        case ExpressionKind::conditional:
            if (evaluate(*node.children[1]).truth()) {
                return evaluate(*node.children[0]);
            }
            return node.children[2] ? evaluate(*node.children[2]) : Value::undefined("the missing else");
    }
    return {};
}

Value Renderer::lookup(const Expression& node) {
    for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
        if (const auto found = scope->variables.find(node.text); found != scope->variables.end()) {
            return found->second;
        }
    }
    if (std::find(builtins.begin(), builtins.end(), node.text) != builtins.end()) {
        return Value::State(Builtin{node.text});
    }
    return Value::undefined(node.text);
}

Value Renderer::attribute(const Value& value, const std::string& name, Place place) {
    if (value.is_undefined()) {
        undefined_use(value, place);
    }
    if (const auto* names = value.as<std::shared_ptr<Namespace>>()) {
        const auto found = (*names)->fields.find(name);
        return found == (*names)->fields.end() ? Value::undefined(name) : found->second;
    }
    if (const auto* state = value.as<std::shared_ptr<const LoopState>>()) {
        const auto length = static_cast<std::int64_t>((*state)->over->items.size());
        const auto index = static_cast<std::int64_t>((*state)->index0);
        const std::array<std::pair<std::string_view, Value>, 7> fields{{
            {"index", Value::integer(index + 1)},
            {"index0", Value::integer(index)},
            {"revindex", Value::integer(length - index)},
            {"revindex0", Value::integer(length - index - 1)},
            {"first", Value::boolean(index == 0)},
            {"last", Value::boolean(index + 1 == length)},
            {"length", Value::integer(length)},
        }};
        for (const auto& [field, content] : fields) {
            if (field == name) {
                return content;
            }
        }
        const bool previous = name == "previtem";
        if (previous || name == "nextitem") {
            const std::int64_t at = previous ? index - 1 : index + 1;
            return at >= 0 && at < length ? (*state)->over->items[static_cast<std::size_t>(at)]
                                          : Value::undefined(name);
        }
        refuse("loop." + printable(name) + " is not supported", place);
    }
    if (has_method(value, name)) {
        made(sizeof(Value) * 2, place);
        return Value::State(Method{std::make_shared<const Value>(value), name});
    }
    if (const Dict* dict = value.dict_value()) {
        const Value* found = dict->find(name);
        return found == nullptr ? Value::undefined(name) : *found;
    }
    return Value::undefined(name);
}

Value Renderer::subscript(const Value& value, const Value& index, Place place) {
    if (value.is_undefined()) {
        undefined_use(value, place);
    }
    if (const std::string* name = index.text_value()) {
        if (name->starts_with('_') && (value.dict_value() == nullptr || value.dict_value()->find(*name) == nullptr)) {
            refuse("'" + printable(*name) + "' begins with an underscore: the inside of values is out of reach", place);
        }
        if (const Dict* dict = value.dict_value()) {
            const Value* found = dict->find(*name);
            return found == nullptr ? Value::undefined(*name) : *found;
        }
        return attribute(value, *name, place);
    }
    if (index.is_number() && index.as<double>() == nullptr) {
        auto at = static_cast<std::int64_t>(index.number());
        if (const auto* items = value.items()) {
            const auto size = static_cast<std::int64_t>(items->size());
            at += at < 0 ? size : 0;
            return at >= 0 && at < size ? (*items)[static_cast<std::size_t>(at)] : Value::undefined("the item");
        }
        if (const std::string* text = value.text_value()) {
            made(text->size(), place);
            const std::u32string letters = characters(*text);
            const auto size = static_cast<std::int64_t>(letters.size());
            at += at < 0 ? size : 0;
            return at >= 0 && at < size ? Value::text(utf8(letters.substr(static_cast<std::size_t>(at), 1)))
                                        : Value::undefined("the character");
        }
    }
    return Value::undefined("the item");
}

Value Renderer::slice(const Expression& node) {
    const Value value = evaluate(*node.children[0]);
    if (value.is_undefined()) {
        undefined_use(value, node.place);
    }
    std::array<std::int64_t, 3> parts{};
    std::array<bool, 3> given{};
    for (std::size_t i = 0; i < 3; ++i) {
        if (node.children[i + 1]) {
            const Value part = evaluate(*node.children[i + 1]);
            const auto* whole = part.as<std::int64_t>();
            if (whole == nullptr && !part.is_none()) {
                refuse(std::string("a slice needs whole numbers, found ") + part.type_name(), node.place);
            }
            given[i] = whole != nullptr;
            parts[i] = whole != nullptr ? *whole : 0;
        }
    }
    const std::string* text = value.text_value();
    const auto* items = value.items();
    if (text == nullptr && items == nullptr) {
        refuse(std::string("a value of type ") + value.type_name() + " cannot be sliced", node.place);
    }
    const std::u32string letters = text != nullptr ? characters(*text) : std::u32string();
    const auto size = static_cast<std::int64_t>(text != nullptr ? letters.size() : items->size());
    const std::int64_t stride = given[2] ? parts[2] : 1;
    if (stride == 0) {
        refuse("a slice's step is 0", node.place);
    }
    const auto bound = [&](std::size_t which, std::int64_t absent) {
        if (!given[which]) {
            return absent;
        }
        std::int64_t at = parts[which];
        at += at < 0 ? size : 0;
        return std::clamp<std::int64_t>(at, stride > 0 ? 0 : -1, stride > 0 ? size : size - 1);
    };
    const std::int64_t start = bound(0, stride > 0 ? 0 : size - 1);
    const std::int64_t stop = bound(1, stride > 0 ? size : -1);
    std::u32string some_letters;
    std::vector<Value> some;
    made(static_cast<std::size_t>(size) * (text != nullptr ? 4 : sizeof(Value)), node.place);
    for (std::int64_t at = start; stride > 0 ? at < stop : at > stop;) {
        if (text != nullptr) {
            some_letters += letters[static_cast<std::size_t>(at)];
        } else {
            some.push_back((*items)[static_cast<std::size_t>(at)]);
        }
        if (stride > size || stride < -size) {
            break;  // the next one is outside, and the sum might not fit
        }
        at += stride;
    }
    if (text != nullptr) {
        return Value::text(utf8(some_letters));
    }
    return Value::list(std::move(some), (*value.as<std::shared_ptr<const Sequence>>())->tuple);
}

Value Renderer::compare(const Expression& node) {
    Value left = evaluate(*node.children[0]);
    for (std::size_t i = 0; i < node.names.size(); ++i) {
        Value right = evaluate(*node.children[i + 1]);
        if (!holds(left, node.names[i], right, node.place)) {
            return Value::boolean(false);
        }
        left = std::move(right);
    }
    return Value::boolean(true);
}

bool Renderer::holds(const Value& left, const std::string& operation, const Value& right, Place place) {
    made(std::min(left.weight(), right.weight()) / 16, place);
    if (operation == "==" || operation == "!=") {
        return equal(left, right) == (operation == "==");
    }
    if (operation == "in" || operation == "not in") {
        made(right.weight() / 16, place);
        return contains(right, left, place) == (operation == "in");
    }
    return ordered(left, operation, right, place);
}

Value Renderer::binary(const Expression& node) {
    const Value left = evaluate(*node.children[0]);
    const Value right = evaluate(*node.children[1]);
    for (const Value* side : {&left, &right}) {
        if (side->is_undefined()) {
            undefined_use(*side, node.place);
        }
    }
    return arithmetic(*this, node.text, left, right, node.place);
}

Value Renderer::unary(const Expression& node) {
    const Value value = evaluate(*node.children[0]);
    const bool minus = node.kind == ExpressionKind::minus;
    if (const auto* real = value.as<double>()) {
        return Value::State(minus ? -*real : *real);
    }
    if (!value.is_number()) {
        refuse(std::string("a value of type ") + value.type_name() + " has no sign", node.place);
    }
    return arithmetic(*this, minus ? "-" : "+", Value::integer(0), value, node.place);
}

Value Renderer::build_dict(const Expression& node) {
    std::vector<std::pair<std::string, Value>> items;
    made(node.children.size() * sizeof(Value) * 2, node.place);
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
        const Value key = evaluate(*node.children[i]);
        if (key.text_value() == nullptr) {
            refuse(std::string("a key must be a text, found ") + key.type_name(), node.place);
        }
        Value value = evaluate(*node.children[i + 1]);
        const auto there =
            std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.first == *key.text_value(); });
        if (there != items.end()) {
            there->second = std::move(value);
        } else {
            items.emplace_back(*key.text_value(), std::move(value));
        }
    }
    Value dict = Value::dict(std::move(items));
    checked(dict, node.place);
    return dict;
}

Arguments Renderer::arguments(const Expression& node) {
    Arguments given{.place = node.place};
    const std::size_t unnamed = node.children.size() - node.names.size();
    for (std::size_t i = 1; i < node.children.size(); ++i) {
        Value value = evaluate(*node.children[i]);
        if (i < unnamed) {
            given.positional.push_back(std::move(value));
        } else {
            given.named.emplace_back(node.names[i - unnamed], std::move(value));
        }
    }
    return given;
}

Value Renderer::call(const Expression& node) {
    const Value callee = evaluate(*node.children[0]);
    if (callee.is_undefined()) {
        refuse("'" + printable(callee.as<Undefined>()->name) +
                   "' cannot be called: it is not among what templates have here",
               node.place);
    }
    const Arguments given = arguments(node);
    if (const auto* method = callee.as<Method>()) {
        return call_method(*this, *method->self, method->name, given);
    }
    if (const auto* macro = callee.as<Macro>()) {
        return call_macro(*macro, given);
    }
    if (const auto* builtin = callee.as<Builtin>()) {
        return call_builtin(builtin->name, given);
    }
    refuse(std::string("a value of type ") + callee.type_name() + " cannot be called", node.place);
}

Value Renderer::call_macro(const Macro& macro, const Arguments& given) {
    const Depth depth(*this, given.place);
    const Statement& node = *macro.node;
    if (given.positional.size() > node.names.size()) {
        refuse("the macro '" + printable(node.text) + "' takes " + std::to_string(node.names.size()) +
                   " arguments, found " + std::to_string(given.positional.size()),
               given.place);
    }
    made(sizeof(Scope), given.place);
    Scope& own = scopes_.emplace_back();
    own.outer = macro.scope;
    Scope* caller = std::exchange(scope_, &own);
    const std::size_t required = node.names.size() - node.defaults.size();
    for (std::size_t i = 0; i < node.names.size(); ++i) {
        if (const Value* value = given.find(i, node.names[i])) {
            own.variables[node.names[i]] = *value;
        } else if (i >= required) {
            own.variables[node.names[i]] = evaluate(*node.defaults[i - required]);
        } else {
            own.variables[node.names[i]] = Value::undefined(node.names[i]);
        }
    }
    for (const auto& [name, ignored] : given.named) {
        if (std::find(node.names.begin(), node.names.end(), name) == node.names.end()) {
            refuse("the macro '" + printable(node.text) + "' has no parameter '" + printable(name) + "'", given.place);
        }
    }
    std::string text = captured(node.branches[0].body);
    scope_ = caller;
    return make_text(std::move(text), given.place);
}

Value Renderer::call_builtin(const std::string& name, const Arguments& given) {
    if (name == "raise_exception") {
        const Value* message = given.find(0, "message");
        raised("the template refuses this conversation: " +
                   printable(message == nullptr ? std::string("no reason given") : str(*message)),
               given.place);
    }
    if (name == "namespace") {
        auto names = std::make_shared<Namespace>();
        if (const Value* from = given.find(0, ""); from != nullptr && from->dict_value() != nullptr) {
            for (const auto& [key, value] : from->dict_value()->items) {
                names->fields[key] = value;
            }
        }
        for (const auto& [key, value] : given.named) {
            names->fields[key] = value;
        }
        for (const auto& [key, value] : names->fields) {
            if (value.may_form_ring()) {
                refuse("a namespace cannot hold a namespace, a loop or a method", given.place);
            }
        }
        made(sizeof(Namespace) + names->fields.size() * 2 * sizeof(Value), given.place);
        return Value::State(std::move(names));
    }
    if (name == "dict") {
        if (!given.positional.empty()) {
            refuse("dict() takes named arguments only", given.place);
        }
        made(given.named.size() * 2 * sizeof(Value), given.place);
        Value made_dict = Value::dict(given.named);
        checked(made_dict, given.place);
        return made_dict;
    }
    given.at_most(3, "range");
    const bool one = given.positional.size() < 2;
    const std::int64_t start = one ? 0 : given.integer(0, "start", 0);
    const std::int64_t stop = given.integer(one ? 0 : 1, "stop", 0);
    const std::int64_t stride = given.integer(2, "step", 1);
    if (stride == 0) {
        refuse("range() with a step of 0", given.place);
    }
    constexpr std::int64_t far = std::int64_t{1} << 40;
    if (std::max({std::abs(start / 2), std::abs(stop / 2), std::abs(stride / 2)}) > far) {
        over_limit("range() goes too far", given.place);
    }
    std::vector<Value> numbers;
    for (std::int64_t at = start; stride > 0 ? at < stop : at > stop; at += stride) {
        if (static_cast<std::int64_t>(numbers.size()) >= longest_range) {
            over_limit("range() has more than " + std::to_string(longest_range) + " numbers", given.place);
        }
        numbers.push_back(Value::integer(at));
    }
    return make_list(std::move(numbers), given.place);
}

}  // namespace tandem::jinja
