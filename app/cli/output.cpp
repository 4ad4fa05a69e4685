#include "app/cli/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/terminal.h"
#include "experiments/wire/job_json.h"

namespace tandem::cli {

using nlohmann::ordered_json;

int fail(const Error& error, bool json) {
    if (error.code == "OUTPUT_CLOSED") {
        return exit_output_closed;  // as in `| head`: nobody is left who wants to be told
    }
    std::string text = toned(Stream::err, Tone::red, "error:") + " " + error.code + ": " + error.message;
    if (!error.where.empty()) {
        text += ", at " + error.where;
    }
    for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get()) {
        text += "\n  because " + cause->code + ": " + cause->message;
        if (!cause->where.empty()) {
            text += ", at " + cause->where;
        }
    }
    std::fprintf(stderr, "%s\n", text.c_str());
    if (json) {
        const auto written = write_json({{"error", ordered_json(error_to_json(error))}});
        (void)written;  // the exit code says it in any case
    }
    switch (error.kind) {
        case ErrorKind::bad_input:
        case ErrorKind::io:
        case ErrorKind::unsupported:
            return exit_bad_input;
        case ErrorKind::cancelled:
            return exit_interrupted;
        case ErrorKind::out_of_memory:
        case ErrorKind::failed:
        case ErrorKind::internal:
            return exit_trials_failed;
    }
    return exit_trials_failed;
}

Result<void> write_out(std::string_view text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
        return {};
    }
    if (errno == EPIPE) {
        return Error{.code = "OUTPUT_CLOSED",
                     .message = "whoever read standard output went away; what is stored is not affected",
                     .where = "stdout",
                     .kind = ErrorKind::io};
    }
    return Error{.code = "OUTPUT_WRITE",
                 .message = "the result could not be written to standard output (" + std::string(std::strerror(errno)) +
                            "); what is stored is not affected",
                 .where = "stdout",
                 .kind = ErrorKind::io};
}

Result<void> write_json(const ordered_json& document) {
    return write_out(document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

int finish(const Result<void>& written) {
    return written ? exit_done : fail(written.error());
}

void warn(const std::string& text) {
    std::fprintf(stderr, "%s %s\n", toned(Stream::err, Tone::yellow, "warning:").c_str(), text.c_str());
}

void tell(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
}

std::string_view kind_name(ModelKind kind) {
    switch (kind) {
        case ModelKind::decoder:
            return "decoder-only";
        case ModelKind::encoder_decoder:
            return "encoder-decoder";
        case ModelKind::vision_encoder:
            return "vision encoder";
    }
    return "";
}

ordered_json facts_json(const ModelFacts& facts) {
    const ModelShape& shape = facts.shape;
    ordered_json details = ordered_json::object();
    if (shape.config) {
        for (const auto& [what, value] : shape.config->details()) {
            details[what] = value;
        }
    }
    return {{"location", facts.location},
            {"format", facts.format},
            {"sha256", facts.sha256},
            {"shape",
             {{"architecture", shape.architecture},
              {"kind", kind_name(shape.kind)},
              {"layers", shape.layers},
              {"encoder_layers", shape.encoder_layers},
              {"hidden", shape.hidden},
              {"heads", shape.heads},
              {"kv_heads", shape.kv_heads},
              {"head_dim", shape.head_dim},
              {"ffn", shape.ffn},
              {"vocab", shape.vocab},
              {"context", shape.context},
              {"tied_embeddings", shape.tied_embeddings},
              {"cache_numbers_per_token", shape.cache_per_token},
              {"cache_numbers_fixed", shape.cache_fixed},
              {"details", details}}},
            {"parameters", facts.parameters},
            {"weights_bytes", facts.weights_bytes},
            {"bytes_by_part", facts.bytes_by_part},
            {"tensors_by_type", facts.tensors_by_type},
            {"tokenizer", facts.tokenizer},
            {"has_chat_template", facts.has_chat_template},
            {"licence", facts.licence},
            {"adapter", facts.adapter},
            {"adapter_sha256", facts.adapter_sha256},
            {"warnings", facts.warnings}};
}

ordered_json metric_json(const MetricSummary& metric) {
    const auto number = [](const std::optional<double>& value) {
        return value ? ordered_json(*value) : ordered_json(nullptr);
    };
    return {{"n", metric.n},
            {"mean", number(metric.mean)},
            {"sd", number(metric.sd)},
            {"ci95_low", number(metric.ci95_low)},
            {"ci95_high", number(metric.ci95_high)},
            {"p50", number(metric.p50)},
            {"p90", number(metric.p90)},
            {"min", number(metric.min)},
            {"max", number(metric.max)},
            {"samples", metric.samples}};
}

ordered_json metrics_json(const Report& report) {
    ordered_json metrics = ordered_json::object();
    for (const std::string_view name : metric_names) {
        metrics[std::string(name)] = nullptr;
    }
    for (const MetricSummary& metric : report.metrics) {
        metrics[metric.name] = metric.n > 0 ? metric_json(metric) : ordered_json(nullptr);
    }
    return metrics;
}

ordered_json facts_json(const Report& report) {
    ordered_json facts = ordered_json::object();
    for (const Fact& fact : report.facts) {
        facts[fact.name] = fact.value;
    }
    return facts;
}

}  // namespace tandem::cli
