#include <algorithm>
#include <array>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"

namespace tandem::jinja {
namespace {

constexpr std::array<std::string_view, 7> builtins{"range",  "namespace", "dict",        "raise_exception",
                                                   "cycler", "joiner",    "strftime_now"};
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
    const auto name = [&](std::string key, Value value) {
        if (std::any_of(given.named.begin(), given.named.end(), [&](const auto& one) { return one.first == key; })) {
            refuse("the argument '" + printable(key) + "' is given twice", node.place);
        }
        given.named.emplace_back(std::move(key), std::move(value));
    };
    for (std::size_t i = 1; i < node.children.size(); ++i) {
        Value value = evaluate(*node.children[i]);
        const Unpack unpack = node.unpacks.empty() ? Unpack::none : node.unpacks[i - 1];
        if (unpack == Unpack::list) {
            for (Value& item : iterate(value, node.place)) {
                given.positional.push_back(std::move(item));
            }
        } else if (unpack == Unpack::dict) {
            if (value.dict_value() == nullptr) {
                refuse(std::string("** needs a dict, found ") + value.type_name(), node.place);
            }
            for (const auto& [key, item] : value.dict_value()->items) {
                if (key.text_value() == nullptr) {
                    refuse("** needs a dict whose keys are texts", node.place);
                }
                step(node.place, given.named.size() / 16);
                name(*key.text_value(), item);
            }
        } else if (i < unnamed) {
            given.positional.push_back(std::move(value));
        } else {
            step(node.place, given.named.size() / 16);
            name(node.names[i - unnamed], std::move(value));
        }
    }
    return given;
}

Value Renderer::call(const Expression& node, const Value* caller) {
    const Value callee = evaluate(*node.children[0]);
    Arguments given = arguments(node);
    if (callee.is_undefined()) {
        refuse(callee.as<Undefined>()->message() + ", so it cannot be called", node.place);
    }
    if (caller != nullptr) {
        given.named.emplace_back("caller", *caller);
    }
    return call_value(callee, given);
}

Value Renderer::call_value(const Value& callee, const Arguments& given) {
    if (const auto* method = callee.as<Method>()) {
        return call_method(*this, *method->self, method->name, given);
    }
    if (const auto* macro = callee.as<Macro>()) {
        return call_macro(*macro, given);
    }
    if (const auto* builtin = callee.as<Builtin>()) {
        return call_builtin(builtin->name, given);
    }
    if (const auto* joiner = callee.as<std::shared_ptr<Joiner>>()) {
        given.at_most(0, "joiner");
        return std::exchange((*joiner)->used, true) ? make_text((*joiner)->separator, given.place) : Value::text("");
    }
    if (const auto* state = callee.as<std::shared_ptr<LoopState>>()) {
        given.at_most(1, "loop");
        if (!(*state)->node->recursive || given.positional.empty()) {
            refuse("loop() needs a recursive loop and what to go over", given.place);
        }
        return make_text(
            recurse(*(*state)->node, (*state)->outer, given.positional[0], (*state)->depth0 + 1, given.place),
            given.place);
    }
    refuse(std::string("a value of type ") + callee.type_name() + " cannot be called", given.place);
}

Value Renderer::call_macro(const Macro& macro, const Arguments& given) {
    const Depth depth(*this, given.place);
    const Statement& node = *macro.node;
    const std::string what =
        node.kind == StatementKind::macro ? "the macro '" + printable(node.text) + "'" : "caller()";
    if (given.positional.size() > node.names.size() && !node.takes_varargs) {
        refuse(what + " takes " + std::to_string(node.names.size()) + " arguments, found " +
                   std::to_string(given.positional.size()),
               given.place);
    }
    Inside inside(*this, macro.scope, node.branches[0].frame, given.place);
    auto& own = inside.scope().variables;
    std::vector<std::pair<Value, Value>> others;
    Value caller = Value::undefined("there is no caller");
    for (const auto& [name, value] : given.named) {
        const auto at = std::find(node.names.begin(), node.names.end(), name);
        const auto position = static_cast<std::size_t>(at - node.names.begin());
        if (at != node.names.end() && position >= given.positional.size()) {
            continue;
        }
        if (name == "caller" && node.takes_caller) {
            caller = value;
        } else if (node.takes_kwargs) {
            others.emplace_back(Value::text(name), value);
        } else {
            refuse(what + " takes no argument '" + printable(name) + "'" + (at == node.names.end() ? "" : " twice"),
                   given.place);
        }
    }
    const std::size_t required = node.names.size() - node.defaults.size();
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < node.names.size(); ++i) {
        const Value* value = given.find(i, node.names[i]);
        own[node.names[i]] =
            value != nullptr
                ? *value
                : Value::undefined(i < required ? "parameter '" + node.names[i] + "' was not provided" : node.names[i]);
        if (value == nullptr && i >= required) {
            missing.push_back(i);
        }
    }
    if (node.takes_caller) {
        own["caller"] = caller;
    }
    if (node.takes_kwargs) {
        own["kwargs"] = Value::dict(std::move(others));
        checked(own["kwargs"], given.place);
    }
    if (node.takes_varargs) {
        const auto first = std::min(node.names.size(), given.positional.size());
        own["varargs"] =
            Value::list({given.positional.begin() + static_cast<std::ptrdiff_t>(first), given.positional.end()},
                        SequenceKind::tuple);
        checked(own["varargs"], given.place);
    }
    for (const std::size_t i : missing) {
        own[node.names[i]] = evaluate(*node.defaults[i - required]);
    }
    Capture capture(*this);
    execute(node.branches[0].body);
    return make_text(capture.take(), given.place);
}

Value Renderer::make_namespace(const Arguments& given) {
    auto names = std::make_shared<Namespace>();
    const Value all = dict_of(*this, given, "namespace");
    for (const auto& [key, value] : all.dict_value()->items) {
        if (key.text_value() == nullptr) {
            refuse("the fields of a namespace are named by texts", given.place);
        }
        names->put(*key.text_value(), value);
    }
    namespaces_.push_back(names);
    made(sizeof(Namespace) + names->fields.size() * 2 * sizeof(Value), given.place);
    return Value::State(std::move(names));
}

// dict(...): of a dict or of pairs, then of what is named.
Value dict_of(Renderer& renderer, const Arguments& given, const char* callee) {
    if (given.positional.size() > 1) {
        refuse(std::string(callee) + "() takes one argument without a name", given.place);
    }
    std::vector<std::pair<Value, Value>> items;
    const auto put = [&](const Value& key, const Value& value) {
        renderer.step(given.place, items.size() / 16);
        if (!hashable(key)) {
            refuse(std::string("a value of type ") + key.type_name() + " cannot be a key", given.place);
        }
        const auto there =
            std::find_if(items.begin(), items.end(), [&](const auto& item) { return equal(item.first, key); });
        if (there != items.end()) {
            there->second = value;
        } else {
            items.emplace_back(key, value);
        }
    };
    if (!given.positional.empty()) {
        const Value& from = given.positional[0];
        if (const Dict* dict = from.dict_value()) {
            items = dict->items;
        } else {
            for (const Value& pair : renderer.iterate(from, given.place)) {
                const std::vector<Value> both = renderer.iterate(pair, given.place);
                if (both.size() != 2) {
                    refuse(std::string(callee) + "() needs pairs", given.place);
                }
                put(both[0], both[1]);
            }
        }
    }
    for (const auto& [key, value] : given.named) {
        put(Value::text(key), value);
    }
    renderer.made(items.size() * 2 * sizeof(Value), given.place);
    Value made_dict = Value::dict(std::move(items));
    renderer.checked(made_dict, given.place);
    return made_dict;
}

Value Renderer::call_builtin(const std::string& name, const Arguments& given) {
    if (name == "raise_exception") {
        const Value* message = given.find(0, "message");
        if (message == nullptr || given.positional.size() + given.named.size() > 1) {
            refuse("raise_exception takes one argument, the message", given.place);
        }
        raised("the template refuses this conversation: " + write_out(*message, given.place), given.place);
    }
    if (name == "namespace") {
        return make_namespace(given);
    }
    if (name == "dict") {
        return dict_of(*this, given, "dict");
    }
    if (name == "strftime_now") {
        given.at_most(1, name);
        return make_text(local_time_text(given.text(0, "format", name), now(), given.place), given.place);
    }
    if (name == "joiner") {
        given.at_most(1, name);
        auto made_joiner = std::make_shared<Joiner>();
        const Value* separator = given.find(0, "sep");
        made_joiner->separator = separator == nullptr ? ", " : write_out(*separator, given.place);
        return Value::State(std::move(made_joiner));
    }
    if (name == "cycler") {
        if (given.positional.empty() || !given.named.empty()) {
            refuse("cycler needs values to go through", given.place);
        }
        auto made_cycler = std::make_shared<Cycler>();
        made_cycler->items = given.positional;
        made_cycler->depth = Value::list(given.positional).depth();
        made(given.positional.size() * sizeof(Value), given.place);
        return checked(Value::State(std::move(made_cycler)), given.place);
    }
    given.at_most(3, "range");
    if (given.positional.empty() || !given.named.empty()) {
        refuse("range() needs one to three whole numbers", given.place);
    }
    const bool one = given.positional.size() < 2;
    const auto whole = [&](std::size_t i, std::int64_t absent) {
        if (i < given.positional.size() && given.positional[i].is_none()) {
            refuse("range() needs whole numbers, found NoneType", given.place);
        }
        return given.integer(i, "", absent);
    };
    const std::int64_t start = one ? 0 : whole(0, 0);
    const std::int64_t stop = whole(one ? 0 : 1, 0);
    const std::int64_t stride = whole(2, 1);
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
    made(numbers.size() * sizeof(Value), given.place);
    return Value::range(start, stop, stride, std::move(numbers));
}

}  // namespace tandem::jinja
