// The methods of values that are no texts, and of HTML.
#include <algorithm>
#include <array>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"

namespace tandem::jinja {
namespace {

constexpr std::array<std::string_view, 11> dict_methods{"clear", "copy",    "fromkeys",   "get",    "items", "keys",
                                                        "pop",   "popitem", "setdefault", "update", "values"};
constexpr std::array<std::string_view, 11> list_methods{"append", "clear", "copy",   "count",   "extend", "index",
                                                        "insert", "pop",   "remove", "reverse", "sort"};
constexpr std::array<std::string_view, 2> tuple_methods{"count", "index"};
// Python has them, and they change values, which templates may not.
constexpr std::array<std::string_view, 12> changing{"append", "extend", "insert",  "pop",     "remove",     "clear",
                                                    "update", "sort",   "reverse", "popitem", "setdefault", "add"};

template <std::size_t count>
bool among(const std::array<std::string_view, count>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Value call_dict(Renderer& renderer, const Value& self, const std::string& name, const Arguments& given) {
    const Dict& dict = *self.dict_value();
    if (!given.named.empty()) {
        refuse("'" + name + "' takes no arguments with names", given.place);
    }
    if (name == "get") {
        given.at_most(2, name);
        if (given.positional.empty() || !hashable(given.positional[0])) {
            refuse("'get' needs a key", given.place);
        }
        renderer.step(given.place, dict.items.size() / 64);
        const Value* found = dict.find(given.positional[0]);
        const Value* absent = given.find(1, "");
        return found != nullptr ? *found : absent != nullptr ? *absent : Value();
    }
    given.at_most(0, name);
    if (name == "copy") {
        return self;
    }
    if (name != "items" && name != "keys" && name != "values") {
        refuse("the method '" + name + "' of dicts is not supported", given.place);
    }
    std::vector<Value> items;
    renderer.made(dict.items.size() * 3 * sizeof(Value), given.place);
    for (const auto& [key, value] : dict.items) {
        items.push_back(name == "keys"     ? key
                        : name == "values" ? value
                                           : Value::list({key, value}, SequenceKind::tuple));
    }
    return renderer.checked(Value::list(std::move(items), name == "keys"     ? SequenceKind::keys
                                                          : name == "values" ? SequenceKind::values
                                                                             : SequenceKind::items),
                            given.place);
}

Value call_list(Renderer& renderer, const Value& self, const std::string& name, const Arguments& given) {
    if (name == "copy") {
        given.at_most(0, name);
        return self;
    }
    const auto& items = *self.items();
    given.at_most(name == "count" ? 1 : 3, name);
    if (given.positional.empty() || !given.named.empty()) {
        refuse("'" + name + "' needs a value to look for", given.place);
    }
    const Value& item = given.positional[0];
    renderer.step(given.place, items.size() / 16);
    const auto is_it = [&](const Value& one) { return equal(one, item); };
    if (name == "count") {
        return Value::integer(std::count_if(items.begin(), items.end(), is_it));
    }
    const auto size = static_cast<std::int64_t>(items.size());
    const auto bound = [&](std::size_t at, std::int64_t absent) {
        const std::int64_t value = given.integer(at, "", absent);
        return items.begin() + std::clamp<std::int64_t>(value < 0 ? value + size : value, 0, size);
    };
    const auto begin = bound(1, 0);
    const auto end = std::max(begin, bound(2, size));
    const auto found = std::find_if(begin, end, is_it);
    if (found == end) {
        refuse("index() does not find the value", given.place);
    }
    return Value::integer(found - items.begin());
}

Value call_loop(Renderer& renderer, LoopState& state, const std::string& name, const Arguments& given) {
    if (!given.named.empty()) {
        refuse("loop." + name + " takes no arguments with names", given.place);
    }
    if (name == "cycle") {
        if (given.positional.empty()) {
            refuse("loop.cycle needs values to go through", given.place);
        }
        return given.positional[state.index0 % given.positional.size()];
    }
    for (const Value& value : given.positional) {
        if (value.holds_objects()) {
            refuse("loop.changed cannot keep a namespace or a loop", given.place);
        }
    }
    renderer.made(given.positional.size() * sizeof(Value), given.place);
    const bool same = state.changed_before && std::equal(state.last_changed.begin(), state.last_changed.end(),
                                                         given.positional.begin(), given.positional.end(), equal);
    state.changed_before = true;
    state.last_changed = given.positional;
    return Value::boolean(!same);
}

// What a method of HTML gives is HTML again; other texts that go into it are escaped.
Value call_markup(Renderer& renderer, const Value& self, const std::string& name, const Arguments& given) {
    Arguments escaping{.place = given.place};
    const bool replaces = name == "replace";
    const bool takes_texts = name == "format" || name == "format_map";
    if (takes_texts) {
        refuse("'" + name + "' of a text that counts as HTML is not supported", given.place);
    }
    for (std::size_t i = 0; i < given.positional.size(); ++i) {
        const Value& value = given.positional[i];
        if (name == "join" && i == 0) {
            std::vector<Value> parts;
            for (const Value& part : renderer.iterate(value, given.place)) {
                parts.push_back(Value::text(as_html(renderer, part, given.place)));
            }
            escaping.positional.push_back(renderer.make_list(std::move(parts), given.place));
        } else {
            escaping.positional.push_back(replaces && i == 1 ? Value::text(as_html(renderer, value, given.place))
                                                             : value);
        }
    }
    escaping.named = given.named;
    const Value result = call_text_method(renderer, *self.text_value(), name, escaping);
    if (result.text_value() != nullptr) {
        return Value::markup(*result.text_value());
    }
    if (result.items() == nullptr) {
        return result;
    }
    std::vector<Value> parts;
    for (const Value& part : *result.items()) {
        parts.push_back(Value::markup(*part.text_value()));
    }
    return Value::list(std::move(parts), result.sequence()->kind);
}

}  // namespace

bool has_method(const Value& value, std::string_view name) {
    if (value.text_value() != nullptr) {
        return is_text_method(name) ||
               (value.is_markup() && (name == "unescape" || name == "striptags" || name == "escape"));
    }
    if (value.dict_value() != nullptr) {
        return among(dict_methods, name);
    }
    if (const Sequence* sequence = value.sequence()) {
        return sequence->kind == SequenceKind::list ? among(list_methods, name)
               : sequence->kind == SequenceKind::tuple || sequence->kind == SequenceKind::range
                   ? among(tuple_methods, name)
                   : sequence->kind != SequenceKind::values && name == "isdisjoint";
    }
    return value.as<std::shared_ptr<Cycler>>() != nullptr && (name == "next" || name == "reset");
}

Value call_method(Renderer& renderer, const Value& self, const std::string& name, const Arguments& given) {
    renderer.made(self.weight() / 16, given.place);
    if (self.is_markup()) {
        return call_markup(renderer, self, name, given);
    }
    if (const std::string* text = self.text_value()) {
        return call_text_method(renderer, *text, name, given);
    }
    if (const auto* state = self.as<std::shared_ptr<LoopState>>()) {
        return call_loop(renderer, **state, name, given);
    }
    if (const auto* cycler = self.as<std::shared_ptr<Cycler>>()) {
        given.at_most(0, name);
        Cycler& walk = **cycler;
        if (name == "reset") {
            walk.at = 0;
            return {};
        }
        const std::size_t at = std::exchange(walk.at, (walk.at + 1) % walk.items.size());
        return walk.items[at];
    }
    if (among(changing, name)) {
        refuse("'" + name + "' would change a value, which templates may not", given.place);
    }
    if (self.dict_value() != nullptr) {
        return call_dict(renderer, self, name, given);
    }
    if (self.items() != nullptr && (name == "copy" || name == "count" || name == "index")) {
        return call_list(renderer, self, name, given);
    }
    refuse("the method '" + printable(name) + "' is not supported", given.place);
}

}  // namespace tandem::jinja
