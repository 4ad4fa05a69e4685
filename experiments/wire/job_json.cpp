#include "experiments/wire/job_json.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace tandem {
namespace {

using nlohmann::json;

constexpr int max_cause_depth = 16;

// --- writing ---

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

json workload_to_json(const Workload& workload, Fields fields) {
    json object = std::visit([&](const auto& options) { return options_to_json(options, fields); }, workload);
    object["kind"] = std::string(workload_kind(workload));
    return object;
}

// --- reading ---

std::string found(const json& value) {
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

template <std::size_t I = 0>
void emplace_workload(Workload& workload, std::size_t index) {
    if constexpr (I < std::variant_size_v<Workload>) {
        if (index == I) {
            workload.emplace<I>();
        } else {
            emplace_workload<I + 1>(workload, index);
        }
    }
}

Result<void> workload_from_json(const json& from, const std::string& where, Workload& out) {
    ObjectReader reader(from, where);
    std::string kind;
    reader.value(FieldInfo{.name = "kind"}, kind);
    std::size_t index = 0;
    while (index < workload_kinds.size() && workload_kinds[index] != kind) {
        ++index;
    }
    if (index == workload_kinds.size()) {
        reader.refuse(where + ".kind", "found \"" + kind + "\", which is no kind of workload of this version");
        return reader.finish();
    }
    emplace_workload(out, index);
    std::visit([&](auto& options) { reader.options(options); }, out);
    return reader.finish();
}

json model_to_json(const ModelRef& model) {
    return {{"name", model.name},
            {"location", model.location},
            {"sha256", model.sha256},
            {"adapter", model.adapter},
            {"adapter_sha256", model.adapter_sha256}};
}

Result<void> model_from_json(const json& from, const std::string& where, ModelRef& out) {
    ObjectReader reader(from, where);
    reader.value(FieldInfo{.name = "name"}, out.name);
    reader.value(FieldInfo{.name = "location"}, out.location);
    reader.value(FieldInfo{.name = "sha256"}, out.sha256);
    reader.value(FieldInfo{.name = "adapter"}, out.adapter);
    reader.value(FieldInfo{.name = "adapter_sha256"}, out.adapter_sha256);
    return reader.finish();
}

json pairing_to_json(const Pairing& pairing) {
    json object = {{"method", std::string(enum_name(pairing.method))}, {"model", model_to_json(pairing.model)}};
    if (has_partner(pairing.method)) {
        object["partner"] = model_to_json(pairing.partner);
    }
    if (!pairing.trained.location.empty()) {
        object["trained"] = {{"location", pairing.trained.location}, {"sha256", pairing.trained.sha256}};
    }
    with_method_options(pairing,
                        [&](const auto& options) { object["options"] = options_to_json(options, Fields::all); });
    return object;
}

Result<void> pairing_from_json(const json& from, const std::string& where, Pairing& out) {
    ObjectReader reader(from, where);
    reader.value(FieldInfo{.name = "method"}, out.method);
    reader.key("model", [&](const json& model, const std::string& path) {
        reader.adopt(model_from_json(model, path, out.model));
    });
    if (has_partner(out.method)) {
        reader.key("partner", [&](const json& model, const std::string& path) {
            reader.adopt(model_from_json(model, path, out.partner));
        });
    }
    reader.key("trained", [&](const json& trained, const std::string& path) {
        ObjectReader inner(trained, path);
        inner.value(FieldInfo{.name = "location"}, out.trained.location);
        inner.value(FieldInfo{.name = "sha256"}, out.trained.sha256);
        reader.adopt(inner.finish());
    });
    with_method_options(out, [&](auto& options) {
        reader.key("options", [&](const json& given, const std::string& path) {
            reader.adopt(options_from_json(given, path, options));
        });
    });
    return reader.finish();
}

json place_to_json(const JobPlace& place) {
    return {{"work", place.work}, {"cache", place.cache}};
}

Result<void> place_from_json(const json& from, const std::string& where, JobPlace& out) {
    ObjectReader reader(from, where);
    reader.value(FieldInfo{.name = "work"}, out.work);
    reader.value(FieldInfo{.name = "cache"}, out.cache);
    return reader.finish();
}

// --- one description of a report's parts for both directions ---

template <class Summary, class Each>
void each_summary_field(Summary& summary, Each&& each) {
    each("name", summary.name);
    each("n", summary.n);
    each("mean", summary.mean);
    each("sd", summary.sd);
    each("ci95_low", summary.ci95_low);
    each("ci95_high", summary.ci95_high);
    each("p50", summary.p50);
    each("p90", summary.p90);
    each("min", summary.min);
    each("max", summary.max);
    each("samples", summary.samples);
}

template <class AFact, class Each>
void each_fact_field(AFact& fact, Each&& each) {
    each("name", fact.name);
    each("value", fact.value);
}

Error error_from(const json& from, int depth) {
    Error error{
        .code = "WIRE_MESSAGE", .message = "the peer sent an error that cannot be read", .kind = ErrorKind::failed};
    if (!from.is_object()) {
        return error;
    }
    const auto text = [&](const char* key, std::string& out) {
        if (const auto entry = from.find(key); entry != from.end() && entry->is_string()) {
            out = entry->get<std::string>();
        }
    };
    text("code", error.code);
    text("message", error.message);
    text("where", error.where);
    std::string kind;
    text("kind", kind);
    error.kind = error_kind_from_name(kind);
    if (const auto cause = from.find("cause"); cause != from.end() && cause->is_object() && depth < max_cause_depth) {
        error.cause = std::make_shared<const Error>(error_from(*cause, depth + 1));
    }
    return error;
}

}  // namespace

json job_to_json(const Job& job) {
    return {{"pairing", pairing_to_json(job.pairing)},
            {"device", options_to_json(job.device, Fields::all)},
            {"load", options_to_json(job.load, Fields::all)},
            {"workload", workload_to_json(job.workload, Fields::all)},
            {"seed", job.seed},
            {"place", place_to_json(job.place)}};
}

Result<Job> job_from_json(const json& from) {
    Job job;
    ObjectReader reader(from, "job");
    reader.key("pairing", [&](const json& value, const std::string& path) {
        reader.adopt(pairing_from_json(value, path, job.pairing));
    });
    reader.key("device", [&](const json& value, const std::string& path) {
        reader.adopt(options_from_json(value, path, job.device));
    });
    reader.key("load", [&](const json& value, const std::string& path) {
        reader.adopt(options_from_json(value, path, job.load));
    });
    reader.key("workload", [&](const json& value, const std::string& path) {
        reader.adopt(workload_from_json(value, path, job.workload));
    });
    reader.value(FieldInfo{.name = "seed"}, job.seed);
    reader.key("place", [&](const json& value, const std::string& path) {
        reader.adopt(place_from_json(value, path, job.place));
    });
    if (const Result<void> finished = reader.finish(); !finished.ok()) {
        return finished.error();
    }
    return job;
}

json report_to_json(const Report& report) {
    json metrics = json::array();
    for (const MetricSummary& summary : report.metrics) {
        json object = json::object();
        each_summary_field(summary, [&](const char* name, const auto& value) { object[name] = value_to_json(value); });
        metrics.push_back(std::move(object));
    }
    json facts = json::array();
    for (const Fact& fact : report.facts) {
        json object = json::object();
        each_fact_field(fact, [&](const char* name, const auto& value) { object[name] = value_to_json(value); });
        facts.push_back(std::move(object));
    }
    return {{"metrics", std::move(metrics)}, {"facts", std::move(facts)}};
}

Result<Report> report_from_json(const json& from) {
    Report report;
    ObjectReader reader(from, "report");
    const auto list = [&](const char* name, auto&& read_item) {
        reader.key(name, [&](const json& items, const std::string& path) {
            if (!items.is_array()) {
                return reader.refuse(path, "found " + found(items) + ", an array is needed");
            }
            for (const json& item : items) {
                ObjectReader inner(item, path);
                read_item(inner);
                reader.adopt(inner.finish());
            }
        });
    };
    list("metrics", [&](ObjectReader& inner) {
        each_summary_field(report.metrics.emplace_back(),
                           [&](const char* name, auto& value) { inner.value(FieldInfo{.name = name}, value); });
    });
    list("facts", [&](ObjectReader& inner) {
        each_fact_field(report.facts.emplace_back(),
                        [&](const char* name, auto& value) { inner.value(FieldInfo{.name = name}, value); });
    });
    if (const Result<void> finished = reader.finish(); !finished.ok()) {
        return finished.error();
    }
    return report;
}

json error_to_json(const Error& error) {
    json object = {{"code", error.code},
                   {"message", error.message},
                   {"where", error.where},
                   {"kind", std::string(error_kind_name(error.kind))}};
    if (error.cause) {
        object["cause"] = error_to_json(*error.cause);
    }
    return object;
}

Error error_from_json(const json& from) {
    return error_from(from, 0);
}

std::string job_identity_json(const Job& job) {
    json identity = {{"method", std::string(enum_name(job.pairing.method))},
                     {"model", job.pairing.model.sha256},
                     {"device", options_to_json(job.device, Fields::identifying)},
                     {"load", options_to_json(job.load, Fields::identifying)},
                     {"workload", workload_to_json(job.workload, Fields::identifying)},
                     {"seed", job.seed}};
    if (job.pairing.model.adapter.empty()) {
        identity["load"].erase("adapter_mode");  // which changes nothing then
    } else {
        identity["adapter"] = job.pairing.model.adapter_sha256;
    }
    if (has_partner(job.pairing.method)) {
        identity["partner"] = job.pairing.partner.sha256;
        if (!job.pairing.partner.adapter.empty()) {
            identity["partner_adapter"] = job.pairing.partner.adapter_sha256;
        }
    }
    if (!job.pairing.trained.location.empty()) {
        identity["trained"] = job.pairing.trained.sha256;
    }
    with_method_options(
        job.pairing, [&](const auto& options) { identity["options"] = options_to_json(options, Fields::identifying); });
    return identity.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace tandem
