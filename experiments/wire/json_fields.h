// Values, options and objects of the wire's JSON, by the one declaration of each options struct (engine/api/field.h):
// what job_json.cpp and report_json.cpp are written with. Errors: WIRE_MESSAGE with the key. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "engine/api/data_file.h"
#include "engine/api/field.h"
#include "engine/api/result.h"

namespace tandem::wire {

using nlohmann::json;

template <class T>
json value_to_json(const T& value) {
    if constexpr (std::is_enum_v<T>) {
        return std::string(enum_name(value));
    } else if constexpr (is_optional<T>::value) {
        return value ? value_to_json(*value) : json(nullptr);
    } else if constexpr (is_vector<T>::value) {
        json list = json::array();
        for (const auto& item : value) {
            list.push_back(value_to_json(item));
        }
        return list;
    } else if constexpr (std::is_same_v<T, DataFile>) {
        return {{"path", value.path}, {"split", value.split}, {"sha256", value.sha256}};
    } else {
        return value;
    }
}

enum class Fields { all, identifying };

template <class Options>
json options_to_json(const Options& options, Fields fields) {
    json object = json::object();
    Options::visit(options, [&](const FieldInfo& info, const auto& value) {
        if (fields == Fields::all || info.changes_result) {
            json& field = object[std::string(info.name)] = value_to_json(value);
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, DataFile>) {
                if (fields == Fields::identifying) {
                    field.erase("path");
                }
            }
        }
    });
    return object;
}

inline std::string found(const json& value) {
    std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    constexpr std::size_t longest = 60;
    if (text.size() > longest) {
        text = text.substr(0, longest) + "...";
    }
    return std::string(value.type_name()) + " " + text;
}

// Reads one object key by key; the first fault is kept and everything after it is ignored.
class ObjectReader {
public:
    ObjectReader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
        if (!object_.is_object()) {
            refuse(where_, "found " + found(object_) + ", an object is needed");
        }
    }

    template <class Read>
    void key(const std::string& name, Read&& read) {
        known_.insert(name);
        if (error_ || !object_.is_object()) {
            return;
        }
        if (const auto entry = object_.find(name); entry != object_.end()) {
            read(*entry, where_ + "." + name);
        }
    }

    template <class T>
    void value(const FieldInfo& info, T& out) {
        key(std::string(info.name),
            [&](const json& from, const std::string& path) { read_value(from, path, info, out); });
    }

    template <class Options>
    void options(Options& out) {
        Options::visit(out, [&](const FieldInfo& info, auto& field) { value(info, field); });
    }

    void adopt(const Result<void>& inner) {
        if (!error_ && !inner.ok()) {
            error_ = inner.error();
        }
    }

    void refuse(const std::string& path, const std::string& what) {
        if (!error_) {
            error_ = Error{.code = "WIRE_MESSAGE",
                           .message = what + "; the message was refused",
                           .where = path,
                           .kind = ErrorKind::bad_input};
        }
    }

    // The fault found, or one for a key that nobody asked for.
    Result<void> finish() {
        if (!error_ && object_.is_object()) {
            for (const auto& [name, value] : object_.items()) {
                if (!known_.contains(name)) {
                    refuse(where_ + "." + name, "the key is not known to this version");
                    break;
                }
            }
        }
        if (error_) {
            return *error_;
        }
        return {};
    }

private:
    template <class T>
    void read_value(const json& from, const std::string& path, const FieldInfo& info, T& out) {
        if constexpr (is_optional<T>::value) {
            if (from.is_null()) {
                out.reset();
            } else {
                typename T::value_type inner{};
                read_value(from, path, info, inner);
                out = std::move(inner);
            }
        } else if constexpr (is_vector<T>::value) {
            if (!from.is_array()) {
                return refuse(path, "found " + found(from) + ", an array is needed");
            }
            out.clear();
            out.reserve(from.size());
            for (const json& item : from) {
                typename T::value_type inner{};
                read_value(item, path, info, inner);
                out.push_back(std::move(inner));
            }
        } else if constexpr (std::is_enum_v<T>) {
            const auto known =
                from.is_string() ? enum_from_name<T>(from.template get_ref<const std::string&>()) : std::nullopt;
            if (!known) {
                return refuse(path, "found " + found(from) + ", which is not one of the known words");
            }
            out = *known;
        } else if constexpr (std::is_same_v<T, bool>) {
            if (!from.is_boolean()) {
                return refuse(path, "found " + found(from) + ", true or false is needed");
            }
            out = from.template get<bool>();
        } else if constexpr (std::is_same_v<T, std::string>) {
            if (!from.is_string()) {
                return refuse(path, "found " + found(from) + ", a string is needed");
            }
            out = from.template get<std::string>();
        } else if constexpr (std::is_same_v<T, DataFile>) {
            ObjectReader inner(from, path);
            inner.value(FieldInfo{.name = "path"}, out.path);
            inner.value(FieldInfo{.name = "split"}, out.split);
            inner.value(FieldInfo{.name = "sha256"}, out.sha256);
            adopt(inner.finish());
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
            if (!from.is_number_unsigned()) {
                return refuse(path, "found " + found(from) + ", a whole number from 0 is needed");
            }
            out = from.template get<std::uint64_t>();
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            const bool fits = from.is_number_integer() &&
                              (!from.is_number_unsigned() ||
                               from.template get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<T>::max()});
            if (!fits) {
                return refuse(path, "found " + found(from) + ", a whole number is needed");
            }
            out = from.template get<T>();
            check_range(from, static_cast<double>(out), path, info);
        } else {
            static_assert(std::is_same_v<T, double>);
            if (!from.is_number()) {
                return refuse(path, "found " + found(from) + ", a number is needed");
            }
            out = from.template get<double>();
            check_range(from, out, path, info);
        }
    }

    void check_range(const json& from, double value, const std::string& path, const FieldInfo& info) {
        if (!(value >= info.min && value <= info.max)) {
            refuse(path, "found " + found(from) + ", allowed " + json(info.min).dump() + " to " +
                             json(info.max).dump() + (info.unit.empty() ? "" : " ") + std::string(info.unit));
        }
    }

    const json& object_;
    std::string where_;
    std::set<std::string> known_;
    std::optional<Error> error_;
};

template <class Options>
Result<void> options_from_json(const json& from, const std::string& where, Options& out) {
    ObjectReader reader(from, where);
    reader.options(out);
    return reader.finish();
}

}  // namespace tandem::wire
