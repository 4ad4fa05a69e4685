#include <algorithm>
#include <array>
#include <cmath>

#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

using Test = bool (*)(Renderer& renderer, const Value& value, const Arguments& arguments);

struct Entry {
    std::string_view name;
    Test test;
};

const Value& other(const Arguments& arguments) {
    const Value* value = arguments.find(0, "other");
    if (value == nullptr) {
        refuse("the test needs a value to compare with", arguments.place);
    }
    return *value;
}

// value % by, where both are numbers.
double rest(Renderer& renderer, const Value& value, const Value& by, Place place) {
    for (const Value* side : {&value, &by}) {
        if (!side->is_number()) {
            refuse(std::string("the test needs a number, found ") + side->type_name(), place);
        }
    }
    return arithmetic(renderer, "%", value, by, place).number();
}

bool sequence(const Value& value) {
    return value.indexable() || value.text_value() != nullptr || value.dict_value() != nullptr || value.is_undefined();
}

bool iterable(const Value& value) {
    return sequence(value) || value.items() != nullptr || value.as<std::shared_ptr<Generator>>() != nullptr ||
           value.as<std::shared_ptr<LoopState>>() != nullptr;
}

// Python's isupper and islower: some letter has a case, and none has the other.
template <std::string (*as)(std::string_view), std::string (*opposite)(std::string_view)>
bool cased(Renderer& renderer, const Value& value, const Arguments& given) {
    const std::string text = renderer.write_out(value, given.place);
    return as(text) == text && opposite(text) != text;
}

enum class Sign { equal, unequal, less, at_most, greater, at_least };

template <Sign sign>
bool against(Renderer& renderer, const Value& value, const Arguments& arguments) {
    constexpr std::array<const char*, 6> names{"==", "!=", "<", "<=", ">", ">="};
    return renderer.compared(value, names[static_cast<std::size_t>(sign)], other(arguments), arguments.place).truth();
}

bool in(Renderer& renderer, const Value& value, const Arguments& arguments) {
    return contains(renderer, other(arguments), value, arguments.place);
}

bool sameas(Renderer&, const Value& a, const Arguments& arguments) {
    const Value& b = other(arguments);
    const auto single = [](const Value& value) { return value.is_none() || value.as<bool>() != nullptr; };
    if (single(a) || single(b)) {
        return single(a) && single(b) && a.is_none() == b.is_none() && equal(a, b);
    }
    refuse("the test 'sameas' is supported for none, true and false", arguments.place);
}

bool names(const Value& value, const Arguments& arguments) {
    if (!hashable(value)) {
        refuse(std::string("the name of a filter or test is a text, found ") + value.type_name(), arguments.place);
    }
    return value.text_value() != nullptr;
}

const std::array<Entry, 39> tests{{
    {"defined", [](Renderer&, const Value& v, const Arguments&) { return !v.is_undefined(); }},
    {"undefined", [](Renderer&, const Value& v, const Arguments&) { return v.is_undefined(); }},
    {"none", [](Renderer&, const Value& v, const Arguments&) { return v.is_none(); }},
    {"string", [](Renderer&, const Value& v, const Arguments&) { return v.text_value() != nullptr; }},
    {"number", [](Renderer&, const Value& v, const Arguments&) { return v.is_number(); }},
    {"integer", [](Renderer&, const Value& v, const Arguments&) { return v.as<std::int64_t>() != nullptr; }},
    {"float", [](Renderer&, const Value& v, const Arguments&) { return v.as<double>() != nullptr; }},
    {"boolean", [](Renderer&, const Value& v, const Arguments&) { return v.as<bool>() != nullptr; }},
    {"true", [](Renderer&, const Value& v, const Arguments&) { return v.as<bool>() != nullptr && v.truth(); }},
    {"false", [](Renderer&, const Value& v, const Arguments&) { return v.as<bool>() != nullptr && !v.truth(); }},
    {"mapping", [](Renderer&, const Value& v, const Arguments&) { return v.dict_value() != nullptr; }},
    {"sequence", [](Renderer&, const Value& v, const Arguments&) { return sequence(v); }},
    {"iterable", [](Renderer&, const Value& v, const Arguments&) { return iterable(v); }},
    {"escaped", [](Renderer&, const Value& v, const Arguments&) { return v.is_markup(); }},
    {"filter", [](Renderer&, const Value& v, const Arguments& a) { return names(v, a) && is_filter(*v.text_value()); }},
    {"test", [](Renderer&, const Value& v, const Arguments& a) { return names(v, a) && is_test(*v.text_value()); }},
    {"callable", [](Renderer&, const Value& v, const Arguments&) { return v.callable() || v.is_undefined(); }},
    {"odd",
     [](Renderer& r, const Value& v, const Arguments& a) { return rest(r, v, Value::integer(2), a.place) == 1; }},
    {"even",
     [](Renderer& r, const Value& v, const Arguments& a) { return rest(r, v, Value::integer(2), a.place) == 0; }},
    {"divisibleby", [](Renderer& r, const Value& v, const Arguments& a) { return rest(r, v, other(a), a.place) == 0; }},
    {"lower", cased<unicode::lower_text, unicode::upper_text>},
    {"upper", cased<unicode::upper_text, unicode::lower_text>},
    {"eq", against<Sign::equal>},
    {"equalto", against<Sign::equal>},
    {"ne", against<Sign::unequal>},
    {"lt", against<Sign::less>},
    {"lessthan", against<Sign::less>},
    {"le", against<Sign::at_most>},
    {"gt", against<Sign::greater>},
    {"greaterthan", against<Sign::greater>},
    {"ge", against<Sign::at_least>},
    {"in", in},
    {"sameas", sameas},
    {"==", against<Sign::equal>},
    {"!=", against<Sign::unequal>},
    {"<", against<Sign::less>},
    {"<=", against<Sign::at_most>},
    {">", against<Sign::greater>},
    {">=", against<Sign::at_least>},
}};

}  // namespace

bool is_test(std::string_view name) {
    return std::any_of(tests.begin(), tests.end(), [&](const Entry& entry) { return entry.name == name; });
}

bool apply_test(Renderer& renderer, const std::string& name, const Value& value, const Arguments& arguments) {
    const auto* const entry =
        std::find_if(tests.begin(), tests.end(), [&](const Entry& one) { return one.name == name; });
    if (entry == tests.end()) {
        refuse("the test '" + name + "' is not supported", arguments.place);
    }
    constexpr std::array<std::string_view, 13> plain{"defined", "undefined", "none",    "string", "number",
                                                     "integer", "float",     "boolean", "true",   "false",
                                                     "mapping", "sequence",  "iterable"};
    const bool alone = std::find(plain.begin(), plain.end(), name) != plain.end() || name == "callable" ||
                       name == "escaped" || name == "filter" || name == "test" || name == "odd" || name == "even" ||
                       name == "lower" || name == "upper";
    arguments.at_most(alone ? 0 : 1, name);
    return entry->test(renderer, value, arguments);
}

}  // namespace tandem::jinja
