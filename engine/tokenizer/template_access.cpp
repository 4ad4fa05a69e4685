#include <algorithm>
#include <array>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"

namespace tandem::jinja {

Value Renderer::attribute(const Value& value, const std::string& name, Place place) {
    if (value.is_undefined()) {
        undefined_use(value, place);
    }
    if (const auto* names = value.as<std::shared_ptr<Namespace>>()) {
        const Value* found = (*names)->find(name);
        return found == nullptr ? Value::undefined(name) : *found;
    }
    if (const auto* state = value.as<std::shared_ptr<LoopState>>()) {
        return attribute_of_loop(*state, name, place);
    }
    if (const auto* cycler = value.as<std::shared_ptr<Cycler>>(); cycler != nullptr && name == "current") {
        return (*cycler)->items[(*cycler)->at];
    }
    if (const Sequence* sequence = value.sequence(); sequence != nullptr) {
        if (sequence->grouped && (name == "grouper" || name == "list")) {
            return sequence->items[name == "list" ? 1 : 0];
        }
        if (sequence->kind == SequenceKind::range && (name == "start" || name == "stop" || name == "step")) {
            return Value::integer(name == "start"  ? sequence->start
                                  : name == "stop" ? sequence->stop
                                                   : sequence->stride);
        }
    }
    if (const auto* macro = value.as<Macro>(); macro != nullptr && name == "name") {
        return macro->node->kind == StatementKind::macro ? Value::text(macro->node->text) : Value();
    }
    if (value.is_number() && (name == "real" || name == "imag")) {
        const bool real = value.as<double>() != nullptr;
        return name == "imag" ? (real ? Value::real(0) : Value::integer(0))
               : real         ? value
                              : arithmetic(*this, "+", Value::integer(0), value, place);
    }
    if (has_method(value, name)) {
        made(sizeof(Value) * 2, place);
        return Value::State(Method{std::make_shared<const Value>(value), name});
    }
    if (const Dict* dict = value.dict_value()) {
        step(place, dict->items.size() / 64);
        const Value* found = dict->find(name);
        return found == nullptr ? Value::undefined(name) : *found;
    }
    return Value::undefined(name);
}

Value Renderer::subscript(const Value& value, const Value& index, Place place) {
    if (value.is_undefined()) {
        undefined_use(value, place);
    }
    if (const Dict* dict = value.dict_value(); dict != nullptr && hashable(index)) {
        step(place, dict->items.size() / 64);
        if (const Value* found = dict->find(index)) {
            return *found;
        }
    }
    if (const std::string* name = index.text_value()) {
        if (name->starts_with("__")) {
            refuse("'" + printable(*name) + "' begins with underscores: the inside of values is out of reach", place);
        }
        // A dict's methods can be reached like this too, where it has no such key.
        return value.dict_value() != nullptr && !has_method(value, *name) ? Value::undefined(*name)
                                                                          : attribute(value, *name, place);
    }
    if (index.is_number() && index.as<double>() == nullptr) {
        auto at = static_cast<std::int64_t>(index.number());
        if (const auto* items = value.items(); items != nullptr && value.indexable()) {
            const auto size = static_cast<std::int64_t>(items->size());
            at += at < 0 ? size : 0;
            return at >= 0 && at < size ? (*items)[static_cast<std::size_t>(at)]
                                        : Value::undefined("the value has no such item");
        }
        if (const std::string* text = value.text_value()) {
            made(text->size(), place);
            const std::u32string letters = characters(*text);
            const auto size = static_cast<std::int64_t>(letters.size());
            at += at < 0 ? size : 0;
            return at >= 0 && at < size ? Value::text(utf8(letters.substr(static_cast<std::size_t>(at), 1)))
                                        : Value::undefined("the text has no such character");
        }
    }
    return Value::undefined("the value has no such item");
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
            const auto* truth = part.as<bool>();
            if (whole == nullptr && truth == nullptr && !part.is_none()) {
                refuse(std::string("a slice needs whole numbers, found ") + part.type_name(), node.place);
            }
            given[i] = !part.is_none();
            parts[i] = whole != nullptr ? *whole : truth != nullptr && *truth ? 1 : 0;
        }
    }
    const std::string* text = value.text_value();
    const auto* items = value.items();
    if (text == nullptr && !value.indexable()) {
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
        std::string part = utf8(some_letters);
        return value.is_markup() ? Value::markup(std::move(part)) : Value::text(std::move(part));
    }
    const Sequence& whole = *value.sequence();
    if (whole.kind != SequenceKind::range) {
        return Value::list(std::move(some), whole.kind);
    }
    return Value::range(whole.start + start * whole.stride, whole.start + stop * whole.stride, whole.stride * stride,
                        std::move(some));
}

Value Renderer::follow_path(const Value& value, const Value& path, Place place, const Value* absent) {
    const auto or_absent = [&](Value found) { return found.is_undefined() && absent != nullptr ? *absent : found; };
    if (path.as<std::int64_t>() != nullptr) {
        return or_absent(subscript(value, path, place));
    }
    const std::string* text = path.text_value();
    if (text == nullptr) {
        refuse(std::string("an attribute is named by a text or a number, found ") + path.type_name(), place);
    }
    Value at = value;
    for (std::size_t begin = 0; begin <= text->size();) {
        const std::size_t dot = std::min(text->find('.', begin), text->size());
        const std::string part = text->substr(begin, dot - begin);
        const bool number =
            !part.empty() && part.size() < 18 && part.find_first_not_of("0123456789") == std::string::npos;
        at = or_absent(subscript(at, number ? Value::integer(std::stoll(part)) : Value::text(part), place));
        begin = dot + 1;
    }
    return at;
}

}  // namespace tandem::jinja
