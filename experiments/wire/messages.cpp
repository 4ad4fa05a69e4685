#include "experiments/wire/messages.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "engine/api/utf8.h"
#include "experiments/wire/job_json.h"
#include "experiments/wire/json_message.h"

namespace tandem::wire {
namespace {

using nlohmann::json;

constexpr std::size_t max_word_bytes = 4096;
constexpr std::size_t max_instruction_sets = 64;

json keyed(const AttemptKey& key) {
    return {{"trial", key.trial}, {"attempt", key.attempt}};
}

std::string fitting(std::string_view text, std::size_t most) {
    std::string repaired = repaired_utf8(text);
    repaired.resize(utf8_prefix(repaired, most).size());
    return repaired;
}

// Metrics and facts are looked up by name.
std::optional<std::string> repeated_name(const Report& report) {
    std::set<std::string_view> metrics;
    std::set<std::string_view> facts;
    for (const MetricSummary& metric : report.metrics) {
        if (!metrics.insert(metric.name).second) {
            return fitting(metric.name, max_name_bytes);
        }
    }
    for (const Fact& fact : report.facts) {
        if (!facts.insert(fact.name).second) {
            return fitting(fact.name, max_name_bytes);
        }
    }
    return std::nullopt;
}

}  // namespace

bool is_artefact_name(std::string_view name) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !name.empty() && name.size() <= max_name_bytes && name.front() != '.' &&
           name.find_first_not_of(allowed) == std::string_view::npos;
}

Bytes encode(const Hello& message) {
    return to_bytes({{"version", message.version},
                     {"build", message.build},
                     {"libtorch", message.libtorch},
                     {"instruction_sets", message.instruction_sets},
                     {"process", message.process}});
}

Result<Hello> decode_hello(View payload) {
    MessageReader reader(parse_document(payload, "hello"), "hello");
    Hello hello;
    hello.version = reader.text("version", max_word_bytes);
    hello.build = reader.text("build", max_word_bytes);
    hello.libtorch = reader.text("libtorch", max_word_bytes);
    hello.instruction_sets = reader.texts("instruction_sets", max_instruction_sets, max_name_bytes);
    const std::uint64_t process = reader.unsigned_number("process");
    constexpr std::uint64_t most_processes = 1U << 31U;
    if (process > most_processes) {
        reader.refuse("process", "a process number is needed");
    }
    hello.process = static_cast<std::int64_t>(std::min(process, most_processes));
    return reader.finish(std::move(hello));
}

Bytes encode(const Start& message) {
    json document = keyed(message.key);
    document["job"] = job_to_json(message.job);
    return to_bytes(document);
}

Result<Start> decode_start(View document) {
    MessageReader reader(parse_document(document, "start"), "start");
    Start start;
    start.key = reader.attempt_key();
    start.job = reader.adopt(job_from_json(reader.take("job")));
    return reader.finish(std::move(start));
}

Bytes encode(const Cancel& message) {
    return to_bytes(keyed(message.key));
}

Result<Cancel> decode_cancel(View payload) {
    MessageReader reader(parse_document(payload, "cancel"), "cancel");
    return reader.finish(Cancel{reader.attempt_key()});
}

Bytes encode(const Acknowledge& message) {
    json document = keyed(message.key);
    document["sequence"] = message.sequence;
    return to_bytes(document);
}

Result<Acknowledge> decode_acknowledge(View payload) {
    MessageReader reader(parse_document(payload, "acknowledge"), "acknowledge");
    AttemptKey key = reader.attempt_key();
    const std::uint64_t sequence = reader.unsigned_number("sequence");
    return reader.finish(Acknowledge{std::move(key), sequence});
}

Bytes encode(const LogMessage& message) {
    return to_bytes({{"sequence", message.sequence}, {"text", fitting(message.text, max_log_bytes)}});
}

Result<LogMessage> decode_log(View payload) {
    MessageReader reader(parse_document(payload, "log"), "log");
    LogMessage log;
    log.sequence = reader.unsigned_number("sequence");
    log.text = reader.text("text", max_log_bytes);
    return reader.finish(std::move(log));
}

Bytes encode(const Progress& message) {
    const double fraction = std::isfinite(message.fraction) ? std::clamp(message.fraction, 0.0, 1.0) : 0.0;
    return to_bytes({{"fraction", fraction}, {"what", fitting(message.what, max_word_bytes)}});
}

Result<Progress> decode_progress(View payload) {
    MessageReader reader(parse_document(payload, "progress"), "progress");
    Progress progress;
    progress.fraction = reader.fraction("fraction");
    progress.what = reader.text("what", max_word_bytes);
    return reader.finish(std::move(progress));
}

Bytes encode(const Done& message) {
    json document = keyed(message.key);
    document["last_sequence"] = message.last_sequence;
    document["report"] = report_to_json(message.report);
    return to_bytes(document);
}

Result<Done> decode_done(View document) {
    MessageReader reader(parse_document(document, "done"), "done");
    Done done;
    done.key = reader.attempt_key();
    done.last_sequence = reader.unsigned_number("last_sequence");
    done.report = reader.adopt(report_from_json(reader.take("report")));
    if (const auto twice = repeated_name(done.report)) {
        reader.refuse("report", "the name " + *twice + " stands there twice");
    }
    return reader.finish(std::move(done));
}

Bytes encode(const Failed& message) {
    json document = keyed(message.key);
    document["last_sequence"] = message.last_sequence;
    document["error"] = error_to_json(message.error);
    return to_bytes(document);
}

Result<Failed> decode_failed(View document) {
    MessageReader reader(parse_document(document, "failed"), "failed");
    Failed failed;
    failed.key = reader.attempt_key();
    failed.last_sequence = reader.unsigned_number("last_sequence");
    failed.error = error_from_json(reader.take("error"));
    return reader.finish(std::move(failed));
}

Bytes encode_batch(std::uint64_t first_sequence, std::span<const Observation> observations, std::size_t& taken) {
    Bytes records;
    ByteWriter writer(records);
    std::uint32_t count = 0;
    for (const Observation& o : observations) {
        if (count == max_batch_observations || records.size() > max_batch_bytes) {
            break;
        }
        const std::string name = fitting(o.name, max_name_bytes);
        const std::string text = fitting(o.text, max_observation_text_bytes);
        writer.number(static_cast<std::uint8_t>(o.kind));
        writer.number(o.time_ns);
        writer.number(o.repetition);
        writer.number(o.index);
        writer.number(o.value);
        writer.number(static_cast<std::uint8_t>(name.size()));
        writer.number(static_cast<std::uint32_t>(text.size()));
        writer.raw(name);
        writer.raw(text);
        ++count;
    }
    taken += count;
    Bytes payload;
    ByteWriter header(payload);
    header.number(first_sequence);
    header.number(count);
    header.raw(records);
    return payload;
}

Result<ObservationBatch> decode_observations(View payload) {
    ByteReader reader(payload);
    ObservationBatch batch;
    batch.first_sequence = reader.number<std::uint64_t>();
    const auto count = reader.number<std::uint32_t>();
    if (!reader.ok() || count < 1 || count > max_batch_observations) {
        return message_error("found a batch of " + std::to_string(count) + " observations, allowed 1 to " +
                                 std::to_string(max_batch_observations),
                             "observations");
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        Observation o;
        const auto kind = reader.number<std::uint8_t>();
        o.time_ns = reader.number<std::int64_t>();
        o.repetition = reader.number<std::int64_t>();
        o.index = reader.number<std::int64_t>();
        o.value = reader.real();
        const std::size_t name_bytes = reader.number<std::uint8_t>();
        const std::size_t text_bytes = reader.number<std::uint32_t>();
        o.name = reader.text(name_bytes);
        o.text = reader.text(text_bytes);
        const std::string where = "observations, number " + std::to_string(i);
        if (!reader.ok()) {
            return message_error("the batch ends within an observation", where);
        }
        if (kind >= EnumNames<ObservationKind>::values.size()) {
            return message_error("found kind " + std::to_string(kind) + ", which this version does not know", where);
        }
        if (text_bytes > max_observation_text_bytes || !is_utf8(o.name) || !is_utf8(o.text)) {
            return message_error("its name and text must be UTF-8, the text of at most " +
                                     std::to_string(max_observation_text_bytes) + " bytes",
                                 where);
        }
        o.kind = static_cast<ObservationKind>(kind);
        batch.observations.push_back(std::move(o));
    }
    if (!reader.finished()) {
        return message_error(std::to_string(reader.left()) + " bytes are left over", "observations");
    }
    return batch;
}

Bytes encode(const ArtefactPart& message) {
    Bytes payload;
    ByteWriter writer(payload);
    writer.number(message.sequence);
    writer.number(message.total);
    writer.number(message.offset);
    writer.number(static_cast<std::uint8_t>(message.name.size()));
    writer.number(static_cast<std::uint8_t>(message.media_type.size()));
    writer.raw(message.name);
    writer.raw(message.media_type);
    writer.raw(message.chunk);
    return payload;
}

Result<ArtefactPart> decode_artefact(View payload) {
    ByteReader reader(payload);
    ArtefactPart part;
    part.sequence = reader.number<std::uint64_t>();
    part.total = reader.number<std::uint64_t>();
    part.offset = reader.number<std::uint64_t>();
    const std::size_t name_bytes = reader.number<std::uint8_t>();
    const std::size_t media_type_bytes = reader.number<std::uint8_t>();
    part.name = reader.text(name_bytes);
    part.media_type = reader.text(media_type_bytes);
    part.chunk = reader.rest();
    if (!reader.ok()) {
        return message_error("the part ends within its header", "artefact");
    }
    const bool first = part.offset == 0;
    const bool named = is_artefact_name(part.name) && is_utf8(part.media_type);
    if (first ? !named : !part.name.empty() || !part.media_type.empty()) {
        return message_error(first
                                 ? "its name must be made of letters, digits, '.', '_' and '-', not beginning with '.'"
                                 : "only the first part carries name and type",
                             "artefact");
    }
    return part;
}

}  // namespace tandem::wire
