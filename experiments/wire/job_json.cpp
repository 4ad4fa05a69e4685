#include "experiments/wire/job_json.h"

#include "experiments/wire/json_fields.h"

namespace tandem {
namespace {

using namespace wire;

json workload_to_json(const Workload& workload, Fields fields) {
    json object = std::visit([&](const auto& options) { return options_to_json(options, fields); }, workload);
    object["kind"] = std::string(workload_kind(workload));
    return object;
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

// Whose answers are learned, and to what: only where they are.
void add_labels(const Job& job, json& identity) {
    const auto* train = std::get_if<TrainWorkload>(&job.workload);
    if (train == nullptr || train->labels != Labels::llm) {
        return;
    }
    if (!job.labeller.location.empty()) {
        identity["labels_from"] = job.labeller.sha256;
        if (!job.labeller.adapter.empty()) {
            identity["labels_from_adapter"] = job.labeller.adapter_sha256;
        }
    }
    if (!train->labels_prompt.empty()) {
        identity["labels_prompt"] = train->labels_prompt;
    }
}

}  // namespace

json job_to_json(const Job& job) {
    json object = {{"pairing", pairing_to_json(job.pairing)},
                   {"device", options_to_json(job.device, Fields::all)},
                   {"load", options_to_json(job.load, Fields::all)},
                   {"workload", workload_to_json(job.workload, Fields::all)},
                   {"seed", job.seed},
                   {"place", place_to_json(job.place)}};
    if (!job.labeller.location.empty()) {
        object["labeller"] = model_to_json(job.labeller);
    }
    return object;
}

Result<Job> job_from_json(const json& from) {
    Job job;
    ObjectReader reader(from, "job");
    reader.key("pairing", [&](const json& value, const std::string& path) {
        reader.adopt(pairing_from_json(value, path, job.pairing));
    });
    reader.key("labeller", [&](const json& value, const std::string& path) {
        reader.adopt(model_from_json(value, path, job.labeller));
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
    if (json& workload = identity["workload"]; workload.value("prefix_reuse", "") == enum_name(PrefixReuse::off)) {
        workload.erase("prefix_reuse");  // as trials were before there was any
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
    add_labels(job, identity);
    with_method_options(
        job.pairing, [&](const auto& options) { identity["options"] = options_to_json(options, Fields::identifying); });
    return identity.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace tandem
