// Filters that go over sequences. What Python gives as an iterator is a generator here: to be gone through once.
#include <algorithm>
#include <array>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_filters.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

Value make_generator(Renderer& renderer, std::vector<Value> items, Place place) {
    renderer.made(items.size() * sizeof(Value), place);
    return renderer.checked(Value::generator(std::move(items)), place);
}

Value list(Renderer& renderer, const Value& value, const Arguments& given) {
    return renderer.make_list(renderer.iterate(value, given.place), given.place);
}

Value first(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value none = Value::undefined("there is no first item");
    if (const auto* generator = value.as<std::shared_ptr<Generator>>()) {
        Generator& source = **generator;
        return source.at < source.items.size() ? source.items[source.at++] : none;
    }
    const std::vector<Value> items = renderer.iterate(value, given.place);
    return items.empty() ? none : items.front();
}

Value last(Renderer& renderer, const Value& value, const Arguments& given) {
    if (value.as<std::shared_ptr<Generator>>() != nullptr) {
        refuse("'last' cannot look at the end of what is gone through once; make a list of it", given.place);
    }
    const std::vector<Value> items = renderer.iterate(value, given.place);
    return items.empty() ? Value::undefined("there is no last item") : items.back();
}

Value reverse(Renderer& renderer, const Value& value, const Arguments& given) {
    std::vector<Value> items = renderer.iterate(value, given.place);
    std::reverse(items.begin(), items.end());
    if (value.text_value() != nullptr) {
        std::string text;
        for (const Value& item : items) {
            text += *item.text_value();
        }
        return text_like(renderer, value, std::move(text), given.place);
    }
    return value.as<std::shared_ptr<Generator>>() != nullptr ? renderer.make_list(std::move(items), given.place)
                                                             : make_generator(renderer, std::move(items), given.place);
}

Value dict_items(Renderer& renderer, const Value& value, const Arguments& given) {
    if (value.is_undefined()) {
        return Value::generator({});
    }
    if (value.dict_value() == nullptr) {
        refuse(std::string("items needs a dict, found ") + value.type_name(), given.place);
    }
    const Value items = call_method(renderer, value, "items", {.place = given.place});
    return make_generator(renderer, *items.items(), given.place);
}

// --- keys to sort, group and compare by ---

Value lower_case(const Value& value, bool case_sensitive) {
    return case_sensitive || value.text_value() == nullptr ? value
                                                           : Value::text(unicode::lower_text(*value.text_value()));
}

struct KeyRule {
    const Value* attribute = nullptr;  // null: the item itself
    bool case_sensitive = false;
    const Value* absent = nullptr;

    Value operator()(Renderer& renderer, const Value& item, Place place) const {
        const Value* instead = absent != nullptr && !absent->is_none() ? absent : nullptr;
        const Value key = attribute == nullptr || attribute->is_none()
                              ? item
                              : renderer.follow_path(item, *attribute, place, instead);
        if (!case_sensitive && key.text_value() != nullptr) {
            renderer.made(key.text_value()->size(), place);
        }
        return lower_case(key, case_sensitive);
    }
};

using Keyed = std::pair<Value, Value>;  // key, item

// A merge sort of our own: keys that do not order (NaN) must not lead std::stable_sort astray.
void sort_keyed(Renderer& renderer, std::vector<Keyed>& all, bool reverse, Place place) {
    std::vector<Keyed> other(all.size());
    const auto goes_first = [&](const Keyed& right, const Keyed& left) {
        renderer.step(place);
        return reverse ? ordered(left.first, "<", right.first, place) : ordered(right.first, "<", left.first, place);
    };
    for (std::size_t width = 1; width < all.size(); width *= 2) {
        for (std::size_t begin = 0; begin < all.size(); begin += 2 * width) {
            const std::size_t middle = std::min(begin + width, all.size());
            const std::size_t end = std::min(begin + 2 * width, all.size());
            std::size_t left = begin;
            std::size_t right = middle;
            for (std::size_t at = begin; at < end; ++at) {
                const bool take_right = left == middle || (right < end && goes_first(all[right], all[left]));
                other[at] = std::move(take_right ? all[right++] : all[left++]);
            }
        }
        all.swap(other);
    }
}

std::vector<Keyed> keyed(Renderer& renderer, const Value& value, const KeyRule& rule, Place place) {
    std::vector<Keyed> all;
    for (Value& item : renderer.iterate(value, place)) {
        renderer.step(place);
        Value key = rule(renderer, item, place);
        all.emplace_back(std::move(key), std::move(item));
    }
    return all;
}

std::vector<Value> items_of(std::vector<Keyed> all) {
    std::vector<Value> items;
    for (Keyed& one : all) {
        items.push_back(std::move(one.second));
    }
    return items;
}

Value sort(Renderer& renderer, const Value& value, const Arguments& given) {
    const bool case_sensitive = flag(given, 1, "case_sensitive");
    const Value* attribute = given.find(2, "attribute");
    std::vector<Value> paths;
    if (attribute != nullptr && attribute->text_value() != nullptr) {
        const Arguments comma{.positional = {Value::text(",")}, .place = given.place};
        paths = *call_text_method(renderer, *attribute->text_value(), "split", comma).items();
    } else {
        paths.push_back(attribute == nullptr ? Value() : *attribute);
    }
    std::vector<Keyed> all;
    for (Value& item : renderer.iterate(value, given.place)) {
        std::vector<Value> keys;
        for (const Value& path : paths) {
            renderer.step(given.place);
            keys.push_back(KeyRule{&path, case_sensitive}(renderer, item, given.place));
        }
        all.emplace_back(Value::list(std::move(keys)), std::move(item));
    }
    sort_keyed(renderer, all, flag(given, 0, "reverse"), given.place);
    return renderer.make_list(items_of(std::move(all)), given.place);
}

Value dict_sort(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value* chosen = given.find(1, "by");
    const std::string by = chosen == nullptr ? "key" : given.text(1, "by", "dictsort");
    if (value.dict_value() == nullptr || (by != "key" && by != "value")) {
        refuse("dictsort needs a dict, and 'key' or 'value' to sort it by", given.place);
    }
    const Value position = Value::integer(by == "key" ? 0 : 1);
    const Value items = call_method(renderer, value, "items", {.place = given.place});
    auto all = keyed(renderer, items, {&position, flag(given, 0, "case_sensitive")}, given.place);
    sort_keyed(renderer, all, flag(given, 2, "reverse"), given.place);
    return renderer.make_list(items_of(std::move(all)), given.place);
}

Value group_by(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value* attribute = given.find(0, "attribute");
    if (attribute == nullptr) {
        refuse("groupby needs an attribute", given.place);
    }
    const KeyRule rule{attribute, flag(given, 2, "case_sensitive"), given.find(1, "default")};
    const KeyRule shown{attribute, true, rule.absent};
    auto all = keyed(renderer, value, rule, given.place);
    sort_keyed(renderer, all, false, given.place);
    std::vector<Value> groups;
    for (std::size_t begin = 0; begin < all.size();) {
        std::vector<Value> members;
        std::size_t end = begin;
        while (end < all.size() && equal(all[end].first, all[begin].first)) {
            members.push_back(all[end++].second);
        }
        Value key = shown(renderer, members.front(), given.place);
        groups.push_back(Value::group(std::move(key), renderer.make_list(std::move(members), given.place)));
        begin = end;
    }
    return renderer.make_list(std::move(groups), given.place);
}

template <bool largest>
Value extreme(Renderer& renderer, const Value& value, const Arguments& given) {
    auto all = keyed(renderer, value, {given.find(1, "attribute"), flag(given, 0, "case_sensitive")}, given.place);
    if (all.empty()) {
        return Value::undefined("there is nothing to choose from");
    }
    std::size_t best = 0;
    for (std::size_t i = 1; i < all.size(); ++i) {
        best = ordered(all[i].first, largest ? ">" : "<", all[best].first, given.place) ? i : best;
    }
    return all[best].second;
}

Value unique(Renderer& renderer, const Value& value, const Arguments& given) {
    const KeyRule rule{given.find(1, "attribute"), flag(given, 0, "case_sensitive")};
    std::vector<Value> seen;
    std::vector<Value> items;
    for (auto& [key, item] : keyed(renderer, value, rule, given.place)) {
        if (!hashable(key)) {
            refuse(std::string("unique cannot compare values of type ") + key.type_name(), given.place);
        }
        renderer.step(given.place, seen.size() / 16 + 1);
        if (std::none_of(seen.begin(), seen.end(), [&, &one = key](const Value& other) { return equal(other, one); })) {
            seen.push_back(std::move(key));
            items.push_back(std::move(item));
        }
    }
    return make_generator(renderer, std::move(items), given.place);
}

Value sum(Renderer& renderer, const Value& value, const Arguments& given) {
    const Value* attribute = given.find(0, "attribute");
    const Value* start = given.find(1, "start");
    Value total = start == nullptr ? Value::integer(0) : *start;
    if (total.text_value() != nullptr) {
        refuse("sum adds numbers or lists, not texts", given.place);
    }
    for (const Value& item : renderer.iterate(value, given.place)) {
        renderer.step(given.place);
        const Value part =
            attribute == nullptr || attribute->is_none() ? item : renderer.follow_path(item, *attribute, given.place);
        if (part.is_undefined()) {
            undefined_use(part, given.place);
        }
        total = arithmetic(renderer, "+", total, part, given.place);
    }
    return total;
}

Value batch(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::int64_t size = given.integer(0, "linecount", 0);
    const Value* fill = given.find(1, "fill_with");
    if (size < 1 || size > 100000) {
        refuse("batch needs a size of 1 to 100000", given.place);
    }
    std::vector<Value> groups;
    std::vector<Value> group;
    for (Value& item : renderer.iterate(value, given.place)) {
        if (static_cast<std::int64_t>(group.size()) == size) {
            groups.push_back(renderer.make_list(std::exchange(group, {}), given.place));
        }
        group.push_back(std::move(item));
    }
    if (!group.empty()) {
        if (fill != nullptr && !fill->is_none()) {
            group.resize(static_cast<std::size_t>(size), *fill);
        }
        groups.push_back(renderer.make_list(std::move(group), given.place));
    }
    return make_generator(renderer, std::move(groups), given.place);
}

Value slices(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::int64_t count = given.integer(0, "slices", 0);
    const Value* fill = given.find(1, "fill_with");
    if (count < 1 || count > 100000) {
        refuse("slice needs 1 to 100000 slices", given.place);
    }
    const std::vector<Value> items = renderer.iterate(value, given.place);
    const auto number = static_cast<std::size_t>(count);
    const std::size_t each = items.size() / number;
    const std::size_t with_extra = items.size() % number;
    std::vector<Value> groups;
    auto at = items.begin();
    for (std::size_t i = 0; i < number; ++i) {
        const auto end = at + static_cast<std::ptrdiff_t>(each + (i < with_extra ? 1 : 0));
        std::vector<Value> group(at, end);
        at = end;
        if (fill != nullptr && !fill->is_none() && i >= with_extra) {
            group.push_back(*fill);
        }
        groups.push_back(renderer.make_list(std::move(group), given.place));
    }
    return make_generator(renderer, std::move(groups), given.place);
}

// selectattr and rejectattr: (path, test, arguments of the test); select and reject: (test, arguments).
template <bool by_attribute, bool keep>
Value chosen(Renderer& renderer, const Value& value, const Arguments& given) {
    constexpr std::size_t test_at = by_attribute ? 1 : 0;
    if (!value.truth()) {
        return Value::generator({});
    }
    if (given.positional.size() < test_at) {
        refuse("the name of an attribute is missing", given.place);
    }
    std::string test;
    Arguments rest{.named = given.named, .place = given.place};
    if (given.positional.size() > test_at) {
        test = given.text(test_at, "test", "select");
        if (!is_test(test)) {
            refuse("the test '" + printable(test) + "' is not supported", given.place);
        }
        rest.positional.assign(given.positional.begin() + static_cast<std::ptrdiff_t>(test_at) + 1,
                               given.positional.end());
    }
    std::vector<Value> items;
    for (const Value& item : renderer.iterate(value, given.place)) {
        renderer.step(given.place);
        const Value looked_at = by_attribute ? renderer.follow_path(item, given.positional[0], given.place) : item;
        const bool holds = test.empty() ? looked_at.truth() : apply_test(renderer, test, looked_at, rest);
        if (holds == keep) {
            items.push_back(item);
        }
    }
    return make_generator(renderer, std::move(items), given.place);
}

Value map(Renderer& renderer, const Value& value, const Arguments& given) {
    if (!value.truth()) {
        return Value::generator({});
    }
    constexpr std::size_t by_name_only = 1U << 30;
    std::vector<Value> items;
    const Value* path = given.positional.empty() ? given.find(by_name_only, "attribute") : nullptr;
    const Value* absent = path != nullptr ? given.find(by_name_only, "default") : nullptr;
    const KeyRule rule{path, true, absent};
    Arguments rest{.named = given.named, .place = given.place};
    std::string name;
    if (path == nullptr) {
        if (given.positional.empty()) {
            refuse("map needs a filter's name or attribute=...", given.place);
        }
        name = given.text(0, "filter", "map");
        rest.positional.assign(given.positional.begin() + 1, given.positional.end());
    } else if (given.named.size() > (absent == nullptr ? 1U : 2U)) {
        refuse("map with an attribute takes only a default besides", given.place);
    }
    for (const Value& item : renderer.iterate(value, given.place)) {
        renderer.step(given.place);
        items.push_back(path != nullptr ? rule(renderer, item, given.place) : apply_filter(renderer, name, item, rest));
    }
    return make_generator(renderer, std::move(items), given.place);
}

const std::array<FilterEntry, 19> filters{{
    {"list", "", list},
    {"first", "", first},
    {"last", "", last},
    {"reverse", "", reverse},
    {"items", "", dict_items},
    {"sort", "reverse,case_sensitive,attribute", sort},
    {"dictsort", "case_sensitive,by,reverse", dict_sort},
    {"groupby", "attribute,default,case_sensitive", group_by},
    {"min", "case_sensitive,attribute", extreme<false>},
    {"max", "case_sensitive,attribute", extreme<true>},
    {"unique", "case_sensitive,attribute", unique},
    {"sum", "attribute,start", sum},
    {"batch", "linecount,fill_with", batch},
    {"slice", "slices,fill_with", slices},
    {"selectattr", "*", chosen<true, true>},
    {"rejectattr", "*", chosen<true, false>},
    {"select", "*", chosen<false, true>},
    {"reject", "*", chosen<false, false>},
    {"map", "*", map},
}};

}  // namespace

std::span<const FilterEntry> sequence_filters() {
    return filters;
}

}  // namespace tandem::jinja
