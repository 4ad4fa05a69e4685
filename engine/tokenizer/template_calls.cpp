#include <algorithm>
#include <array>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"

namespace tandem::jinja {
namespace {

constexpr std::array<std::string_view, 4> builtins{"range", "namespace", "dict", "raise_exception"};
constexpr std::int64_t longest_range = 100000;

}  // namespace

bool is_builtin(std::string_view name) {
    return std::find(builtins.begin(), builtins.end(), name) != builtins.end();
}

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
