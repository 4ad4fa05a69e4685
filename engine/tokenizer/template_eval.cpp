#include "engine/tokenizer/template_eval.h"

#include <algorithm>

namespace tandem::jinja {

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
    if (is_builtin(node.text)) {
        return Value::State(Builtin{node.text});
    }
    return Value::undefined(node.text);
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

}  // namespace tandem::jinja
