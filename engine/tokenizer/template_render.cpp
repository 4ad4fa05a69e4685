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
    refuse("'" + printable(value.as<Undefined>()->name) + "' is undefined", place);
}

Renderer::Renderer(std::vector<std::pair<std::string, Value>> variables) : scope_(&scopes_.emplace_back()) {
    for (auto& [name, value] : variables) {
        scope_->variables[name] = std::move(value);
    }
}

std::string Renderer::run(const std::vector<std::unique_ptr<Statement>>& body) {
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

}  // namespace tandem::jinja
