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
            Value list = Value::list(std::move(items),
                                     node.kind == ExpressionKind::tuple ? SequenceKind::tuple : SequenceKind::list);
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
        case ExpressionKind::filter:
            return filtered(node, nullptr);
        case ExpressionKind::test: {
            const Value value = evaluate(*node.children[0]);
            return Value::boolean(apply_test(*this, node.text, value, arguments(node)));
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
            return node.children[2] ? evaluate(*node.children[2])
                                    : Value::undefined("the condition is false and there is no else");
        case ExpressionKind::field:
            break;  // never evaluated: a target
    }
    return {};
}

// `body` is the text that the filters of a block begin with.
Value Renderer::filtered(const Expression& node, const Value* body) {
    const Depth depth(*this, node.place);
    const auto& child = node.children[0];
    const Value value = !child                                                     ? *body
                        : body != nullptr && child->kind == ExpressionKind::filter ? filtered(*child, body)
                                                                                   : evaluate(*child);
    return apply_filter(*this, node.text, value, arguments(node));
}

Value Renderer::lookup(const Expression& node) {
    for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
        if (const auto found = scope->variables.find(node.text); found != scope->variables.end()) {
            return found->second;
        }
    }
    return from_context(node.text);
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
        return contains(*this, right, left, place) == (operation == "in");
    }
    return ordered(left, operation, right, place);
}

Value Renderer::compared(const Value& left, const std::string& operation, const Value& right, Place place) {
    return Value::boolean(holds(left, operation, right, place));
}

Value Renderer::binary(const Expression& node) {
    const Value left = evaluate(*node.children[0]);
    const Value right = evaluate(*node.children[1]);
    if (node.text == "%" && left.text_value() != nullptr) {
        std::string text = percent_format(*this, left, right, node.place);
        return left.is_markup() ? Value::markup(std::move(text)) : Value::text(std::move(text));
    }
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
    if (value.is_undefined()) {
        undefined_use(value, node.place);
    }
    if (const auto* real = value.as<double>()) {
        return Value::real(minus ? -*real : *real);
    }
    if (!value.is_number()) {
        refuse(std::string("a value of type ") + value.type_name() + " has no sign", node.place);
    }
    return arithmetic(*this, minus ? "-" : "+", Value::integer(0), value, node.place);
}

Value Renderer::build_dict(const Expression& node) {
    std::vector<std::pair<Value, Value>> items;
    made(node.children.size() * sizeof(Value) * 2, node.place);
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
        Value key = evaluate(*node.children[i]);
        if (!hashable(key)) {
            refuse(std::string("a value of type ") + key.type_name() + " cannot be a key", node.place);
        }
        Value value = evaluate(*node.children[i + 1]);
        step(node.place, items.size() / 16);
        const auto there =
            std::find_if(items.begin(), items.end(), [&](const auto& item) { return equal(item.first, key); });
        if (there != items.end()) {
            there->second = std::move(value);
        } else {
            items.emplace_back(std::move(key), std::move(value));
        }
    }
    Value dict = Value::dict(std::move(items));
    checked(dict, node.place);
    return dict;
}

}  // namespace tandem::jinja
