#include "engine/benchmark/score_record.h"

#include <nlohmann/json.hpp>

namespace tandem {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::optional<double>& number) {
    return number ? ordered_json(*number) : ordered_json(nullptr);
}

std::optional<double> number_of(const ordered_json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

}  // namespace

std::string to_text(const ScoreRecord& record) {
    const ordered_json json{
        {"n", record.n}, {"low", or_null(record.low)}, {"high", or_null(record.high)}, {"signature", record.signature}};
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::optional<ScoreRecord> read_score_record(std::string_view text) {
    const auto json = ordered_json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    const auto n = json.find("n");
    if (n == json.end() || !n->is_number_integer()) {
        return std::nullopt;
    }
    ScoreRecord record{
        .n = n->get<std::int64_t>(), .low = number_of(json, "low"), .high = number_of(json, "high"), .signature = {}};
    if (!record.low || !record.high) {
        record.low = record.high = std::nullopt;
    }
    if (const auto signature = json.find("signature"); signature != json.end() && signature->is_string()) {
        record.signature = signature->get<std::string>();
    }
    return record;
}

}  // namespace tandem
