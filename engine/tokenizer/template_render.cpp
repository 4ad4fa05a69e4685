#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {

Depth::Depth(Renderer& renderer, Place place) : renderer_(renderer) {
    if (renderer_.depth_ >= Renderer::deepest) {
        over_limit("the template nests or recurses deeper than " + std::to_string(Renderer::deepest) + " levels",
                   place);
    }
    ++renderer_.depth_;
}

Depth::~Depth() {
    --renderer_.depth_;
}

void undefined_use(const Value& value, Place place) {
    refuse(value.as<Undefined>()->message(), place);
}

Renderer::Renderer(std::vector<std::pair<std::string, Value>> variables, std::optional<std::time_t> now)
    : now_(now), scope_(&scopes_.emplace_back()) {
    for (auto& [name, value] : variables) {
        context_[name] = std::move(value);
    }
}

Renderer::~Renderer() {
    for (const auto& names : namespaces_) {
        names->fields.clear();
    }
}

std::string Renderer::run(const Template& parsed) {
    fill(*scope_, parsed.frame, {});
    execute(parsed.body);
    return std::move(output_);
}

std::time_t Renderer::now() const {
    return now_ ? *now_ : std::time(nullptr);
}

void Renderer::step(Place place, std::size_t count) {
    steps_ += static_cast<std::int64_t>(count);
    if (steps_ > most_steps) {
        over_limit("rendering takes more than " + std::to_string(most_steps) + " steps", place);
    }
}

// --- variables ---

Value Renderer::from_context(const std::string& name) const {
    if (const auto found = context_.find(name); found != context_.end()) {
        return found->second;
    }
    return is_builtin(name) ? Value(Value::State(Builtin{name})) : Value::undefined(name);
}

void Renderer::fill(Scope& scope, const Frame& frame, Place place) {
    step(place, frame.size() / 4);
    for (const auto& [name, load] : frame) {
        if (load == Load::from_context) {
            scope.variables[name] = from_context(name);
        } else if (load == Load::from_outer) {
            const Scope* at = scope.outer;
            while (at != nullptr && !at->variables.contains(name)) {
                at = at->outer;
            }
            scope.variables[name] = at != nullptr ? at->variables.find(name)->second : from_context(name);
        } else {
            scope.variables[name] = Value::undefined(name);
        }
    }
}

Renderer::Inside::Inside(Renderer& renderer, Scope* outer, const Frame& frame, Place place)
    : renderer_(renderer), before_(renderer.scope_), own_(renderer.scopes_.emplace_back()) {
    renderer.made(sizeof(Scope), place);
    own_.outer = outer;
    renderer.fill(own_, frame, place);
    renderer.scope_ = &own_;
}

Renderer::Inside::~Inside() {
    renderer_.scope_ = before_;
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
    return value.text_value() != nullptr || value.is_undefined() ? (made(value.weight(), place), str(value))
                                                                 : write_repr(value, place);
}

// What holds a namespace or a loop may be a ring, or far longer than its parts; generators and functions are written
// with their addresses in Python.
std::string Renderer::write_repr(const Value& value, Place place) {
    std::size_t weight = value.weight();
    bool writable = !value.callable() && value.as<std::shared_ptr<Generator>>() == nullptr &&
                    value.as<std::shared_ptr<Cycler>>() == nullptr;
    if (const auto* names = value.as<std::shared_ptr<Namespace>>()) {
        for (const auto& [name, field] : (*names)->fields) {
            weight += name.size() + field.value.weight();
            writable = writable && !field.value.holds_objects();
        }
    } else {
        writable = writable && !value.holds_objects();
    }
    if (!writable) {
        refuse(std::string("a value of type ") + value.type_name() + " cannot be written out", place);
    }
    if (weight > most_output) {
        over_limit("a value has more than " + std::to_string(most_output) + " bytes written out", place);
    }
    made(weight, place);
    return repr(value);
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
            items.push_back(key);
        }
    } else if (const std::string* text = value.text_value()) {
        made(text->size() * 2 * sizeof(Value), place);
        for (std::size_t at = 0; at < text->size();) {
            const std::size_t size = unicode::char_size((*text)[at]);
            items.push_back(Value::text(text->substr(at, size)));
            at += size;
        }
    } else if (const auto* generator = value.as<std::shared_ptr<Generator>>()) {
        Generator& source = **generator;
        made((source.items.size() - source.at) * sizeof(Value), place);
        items.assign(source.items.begin() + static_cast<std::ptrdiff_t>(source.at), source.items.end());
        source.at = source.items.size();
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

Renderer::Flow Renderer::execute(const Body& body) {
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
            return loop(node);
        case StatementKind::set:
            assign(*node.target, evaluate(*node.expression));
            break;
        case StatementKind::set_block:
        case StatementKind::filter_block:
            return captured_block(node);
        case StatementKind::macro:
            store(node.text, Value::State(Macro{&node, scope_}));
            break;
        case StatementKind::call_block:
            call_block(node);
            break;
        case StatementKind::with: {
            std::vector<Value> values;
            for (const auto& value : node.defaults) {
                values.push_back(evaluate(*value));
            }
            Inside inside(*this, scope_, node.branches[0].frame, node.place);
            for (std::size_t i = 0; i < values.size(); ++i) {
                inside.scope().variables[node.names[i]] = std::move(values[i]);
            }
            return execute(node.branches[0].body);
        }
        case StatementKind::block:
            block(node);
            break;
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

// What a body that is left early has written is lost, as in Jinja.
Renderer::Flow Renderer::captured_block(const Statement& node) {
    Value text;
    {
        Inside inside(*this, scope_, node.branches[0].frame, node.place);
        Capture capture(*this);
        const Flow flow = execute(node.branches[0].body);
        if (flow != Flow::onward) {
            return flow;
        }
        text = make_text(capture.take(), node.place);
        if (node.expression) {
            text = filtered(*node.expression, &text);
        }
    }
    if (node.kind == StatementKind::filter_block) {
        write_text(text, node.place);
    } else {
        assign(*node.target, std::move(text));
    }
    return Flow::onward;
}

void Renderer::call_block(const Statement& node) {
    const Value caller = Value::State(Macro{&node, scope_});
    const Value result =
        node.expression ? call(*node.expression, &caller) : call_macro(*caller.as<Macro>(), {.place = node.place});
    write_text(result, node.place);
}

// What filter and call blocks give is joined as it is.
void Renderer::write_text(const Value& value, Place place) {
    if (value.text_value() == nullptr) {
        refuse(std::string("this block gives no text but a value of type ") + value.type_name(), place);
    }
    write(*value.text_value(), place);
}

// A block sees what the top level has set so far, and nothing of the blocks around it.
void Renderer::block(const Statement& node) {
    const Inside inside(*this, nullptr, node.branches[0].frame, node.place);
    execute(node.branches[0].body);
}

void Renderer::store(const std::string& name, Value value) {
    if (scope_ == &scopes_.front()) {
        context_[name] = value;
    }
    scope_->variables[name] = std::move(value);
}

void Renderer::assign(const Expression& target, Value value) {
    if (target.kind == ExpressionKind::name) {
        return store(target.text, std::move(value));
    }
    if (target.kind == ExpressionKind::tuple) {
        std::vector<Value> items = iterate(value, target.place);
        if (items.size() != target.children.size()) {
            refuse("need " + std::to_string(target.children.size()) + " values to take apart, found " +
                       std::to_string(items.size()),
                   target.place);
        }
        for (std::size_t i = 0; i < items.size(); ++i) {
            assign(*target.children[i], std::move(items[i]));
        }
        return;
    }
    const Value owner = lookup(target);
    const auto* names = owner.as<std::shared_ptr<Namespace>>();
    if (names == nullptr) {
        refuse("'" + printable(target.text) + "' is no namespace, so its fields cannot be set", target.place);
    }
    made(target.names[0].size() + sizeof(Value), target.place);
    (*names)->put(target.names[0], std::move(value));
}

}  // namespace tandem::jinja
