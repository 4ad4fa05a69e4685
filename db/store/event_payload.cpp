#include "db/store/event_payload.h"

#include <nlohmann/json.hpp>

#include "experiments/wire/job_json.h"

namespace tandem::db {
namespace {

using nlohmann::json;

template <class... Cases>
struct Overload : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overload(Cases...) -> Overload<Cases...>;

class Fnv1a {
public:
    void add(std::string_view bytes) {
        for (const char byte : bytes) {
            hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
        }
    }
    std::int64_t value() const { return static_cast<std::int64_t>(hash_); }

private:
    std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

json payload(const TrialEvent& event) {
    return std::visit(
        Overload{[](const AttemptStarted& body) {
                     return json{{"target", body.target}, {"environment", body.environment_json}};
                 },
                 [](const Observation& body) {
                     return json{{"time_ns", body.time_ns}, {"repetition", body.repetition}, {"index", body.index},
                                 {"name", body.name},       {"value", body.value},           {"text", body.text}};
                 },
                 [](const LogLine& body) {
                     return json{{"text", body.text}};
                 },
                 [](const ArtefactProduced& body) {
                     return json{{"name", body.name}, {"media_type", body.media_type}, {"size", body.bytes.size()}};
                 },
                 [](const AttemptDone& body) { return report_to_json(body.report); },
                 [](const AttemptFailed& body) { return error_to_json(body.error); },
                 [](const AttemptCancelled&) { return json::object(); }},
        event.body);
}

}  // namespace

std::string compact_json(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string_view event_kind(const TrialEvent& event) {
    return std::visit(Overload{[](const AttemptStarted&) -> std::string_view { return "started"; },
                               [](const Observation& body) { return enum_name(body.kind); },
                               [](const LogLine&) -> std::string_view { return "log"; },
                               [](const ArtefactProduced&) -> std::string_view { return "artefact"; },
                               [](const AttemptDone&) -> std::string_view { return "done"; },
                               [](const AttemptFailed&) -> std::string_view { return "failed"; },
                               [](const AttemptCancelled&) -> std::string_view { return "cancelled"; }},
                      event.body);
}

std::string event_payload_json(const TrialEvent& event) {
    return compact_json(payload(event));
}

std::int64_t event_digest(const TrialEvent& event) {
    Fnv1a hash;
    hash.add(event_kind(event));
    if (const auto* line = std::get_if<LogLine>(&event.body)) {
        hash.add(line->text);
        return hash.value();
    }
    hash.add(event_payload_json(event));
    if (const auto* artefact = std::get_if<ArtefactProduced>(&event.body)) {
        hash.add({reinterpret_cast<const char*>(artefact->bytes.data()), artefact->bytes.size()});
    }
    return hash.value();
}

std::string metric_samples_json(std::span<const double> samples) {
    return compact_json(json(std::vector<double>(samples.begin(), samples.end())));
}

}  // namespace tandem::db
