#include "experiments/wire/job_json.h"
#include "experiments/wire/json_fields.h"

namespace tandem {
namespace {

using namespace wire;

constexpr int max_cause_depth = 16;

// One description of a report's parts for both directions.
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

}  // namespace tandem
