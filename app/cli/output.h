// What goes to stdout and how commands end. Results are the only thing on stdout; an output that cannot be written
// (a full disk) is an error, not silence; a pipe that was closed ends the command quietly. Errors: OUTPUT_*. Thread
// rule: main thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "engine/api/model_facts.h"
#include "engine/api/report.h"
#include "engine/api/result.h"

namespace tandem::cli {

// Writes to stdout as it is; OUTPUT_WRITE where that fails, OUTPUT_CLOSED where nobody reads it any more.
Result<void> write_out(std::string_view text);
// One document, indented, and a line's end.
Result<void> write_json(const nlohmann::ordered_json& document);
// The end of a command that wrote its result: exit_done, or what fail() makes of the error.
int finish(const Result<void>& written);

void warn(const std::string& text);  // "warning: ..." on stderr
void tell(const std::string& text);  // one line on stderr

nlohmann::ordered_json facts_json(const ModelFacts& facts);
// "decoder-only", "encoder-decoder", "vision encoder".
std::string_view kind_name(ModelKind kind);
nlohmann::ordered_json metric_json(const MetricSummary& metric);
// Every metric of the command line's contract by name, null where the trial has none, then whatever else there is.
nlohmann::ordered_json metrics_json(const Report& report);
nlohmann::ordered_json facts_json(const Report& report);

}  // namespace tandem::cli
