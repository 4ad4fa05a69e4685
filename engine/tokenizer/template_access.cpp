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

}  // namespace tandem::jinja
