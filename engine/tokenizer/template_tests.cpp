#include <algorithm>
#include <array>
#include <cmath>

#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::jinja {
namespace {

using Test = bool (*)(const Value& value, const Arguments& arguments);

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

std::int64_t whole(const Value& value, Place place) {
    if (value.as<std::int64_t>() == nullptr && value.as<bool>() == nullptr) {
        refuse(std::string("the test needs a whole number, found ") + value.type_name(), place);
    }
    return static_cast<std::int64_t>(value.number());
}

bool sequence(const Value& value) {
    return value.items() != nullptr || value.text_value() != nullptr || value.dict_value() != nullptr;
}

// Python's isupper and islower: some letter has a case, and none has the other.
bool cased(const Value& value, std::string (*as)(std::string_view), std::string (*opposite)(std::string_view)) {
    const std::string text = str(value);
    return as(text) == text && opposite(text) != text;
}

template <bool (*compare)(const Value&, const Value&, Place)>
bool against(const Value& value, const Arguments& arguments) {
    return compare(value, other(arguments), arguments.place);
}

bool same(const Value& a, const Value& b, Place) {
    return equal(a, b);
}
bool different(const Value& a, const Value& b, Place) {
    return !equal(a, b);
}
bool less(const Value& a, const Value& b, Place place) {
    return ordered(a, "<", b, place);
}
bool at_most(const Value& a, const Value& b, Place place) {
    return ordered(a, "<=", b, place);
}
bool greater(const Value& a, const Value& b, Place place) {
    return ordered(a, ">", b, place);
}
bool at_least(const Value& a, const Value& b, Place place) {
    return ordered(a, ">=", b, place);
}
bool in(const Value& a, const Value& b, Place place) {
    return contains(b, a, place);
}

bool sameas(const Value& a, const Value& b, Place place) {
    if ((a.is_none() || a.as<bool>() != nullptr) && (b.is_none() || b.as<bool>() != nullptr)) {
        return a.is_none() == b.is_none() && equal(a, b);
    }
    if (a.is_none() || a.as<bool>() != nullptr || b.is_none() || b.as<bool>() != nullptr) {
        return false;
    }
    refuse("the test 'sameas' is supported for none, true and false", place);
}

const std::array<Entry, 35> tests{{
    {"defined", [](const Value& v, const Arguments&) { return !v.is_undefined(); }},
    {"undefined", [](const Value& v, const Arguments&) { return v.is_undefined(); }},
    {"none", [](const Value& v, const Arguments&) { return v.is_none(); }},
    {"string", [](const Value& v, const Arguments&) { return v.text_value() != nullptr; }},
    {"number", [](const Value& v, const Arguments&) { return v.is_number(); }},
    {"integer", [](const Value& v, const Arguments&) { return v.as<std::int64_t>() != nullptr; }},
    {"float", [](const Value& v, const Arguments&) { return v.as<double>() != nullptr; }},
    {"boolean", [](const Value& v, const Arguments&) { return v.as<bool>() != nullptr; }},
    {"true", [](const Value& v, const Arguments&) { return v.as<bool>() != nullptr && v.truth(); }},
    {"false", [](const Value& v, const Arguments&) { return v.as<bool>() != nullptr && !v.truth(); }},
    {"mapping", [](const Value& v, const Arguments&) { return v.dict_value() != nullptr; }},
    {"sequence", [](const Value& v, const Arguments&) { return sequence(v) || v.is_undefined(); }},
    {"iterable", [](const Value& v, const Arguments&) { return sequence(v) || v.is_undefined(); }},
    {"callable", [](const Value& v, const Arguments&) { return v.callable(); }},
    {"odd", [](const Value& v, const Arguments& a) { return (whole(v, a.place) & 1) != 0; }},
    {"even", [](const Value& v, const Arguments& a) { return (whole(v, a.place) & 1) == 0; }},
    {"divisibleby",
     [](const Value& v, const Arguments& a) {
         const std::int64_t by = whole(other(a), a.place);
         if (by == 0) {
             refuse("division by zero", a.place);
         }
         return by == -1 || whole(v, a.place) % by == 0;
     }},
    {"lower", [](const Value& v, const Arguments&) { return cased(v, unicode::lower_text, unicode::upper_text); }},
    {"upper", [](const Value& v, const Arguments&) { return cased(v, unicode::upper_text, unicode::lower_text); }},
    {"eq", against<same>},
    {"equalto", against<same>},
    {"ne", against<different>},
    {"lt", against<less>},
    {"lessthan", against<less>},
    {"le", against<at_most>},
    {"gt", against<greater>},
    {"greaterthan", against<greater>},
    {"ge", against<at_least>},
    {"in", against<in>},
    {"sameas", against<sameas>},
    {"==", against<same>},
    {"!=", against<different>},
    {"<", against<less>},
    {">", against<greater>},
    {">=", against<at_least>},
}};

}  // namespace

bool is_test(std::string_view name) {
    return std::any_of(tests.begin(), tests.end(), [&](const Entry& entry) { return entry.name == name; });
}

bool apply_test(const std::string& name, const Value& value, const Arguments& arguments) {
    const auto* const entry =
        std::find_if(tests.begin(), tests.end(), [&](const Entry& one) { return one.name == name; });
    if (entry == tests.end()) {
        refuse("the test '" + name + "' is not supported", arguments.place);
    }
    return entry->test(value, arguments);
}

}  // namespace tandem::jinja
