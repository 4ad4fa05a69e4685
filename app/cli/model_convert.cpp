// tandem model convert: a model in another number format or kind of file.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/cli/interrupt.h"
#include "app/cli/model_commands.h"
#include "app/cli/output.h"
#include "app/cli/status_line.h"
#include "app/library/library.h"
#include "engine/convert/convert.h"
#include "experiments/plan/estimate.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

struct ConvertArguments {
    std::string model, out, to = "keep";
    double shard_gigabytes = 5;
    int threads = 0;
    bool pure = false, no_tokenizer = false, force = false, json = false;
};

// A name of the library is where its files lie.
Result<std::string> location_of(const std::string& model) {
    if (model.starts_with("random:")) {
        return Error{.code = "CONVERT_UNSUPPORTED",
                     .message =
                         "random weights are drawn when they are needed and are in no file to convert; nothing "
                         "was written",
                     .where = model,
                     .kind = ErrorKind::bad_input};
    }
    std::error_code ignored;
    if (std::filesystem::exists(model, ignored)) {
        return model;
    }
    auto library = TANDEM_TRY(Library::open(Library::default_folder()));
    const LibraryEntry* entry = library.find(model);
    return entry == nullptr ? model : entry->location;
}

std::string report_text(const ConvertReport& report, const std::string& out) {
    std::string types;
    for (const auto& [type, count] : report.tensors_by_type) {
        types += (types.empty() ? "" : ", ") + std::to_string(count) + " " + type;
    }
    return "wrote " + std::to_string(report.tensors) + " tensors (" + types + "), " + show_bytes(report.target_bytes) +
           " of weights from " + show_bytes(report.source_bytes) + "\n" + out + "\n";
}

int convert(const ConvertArguments& arguments) {
    const auto target = weight_target(arguments.to);
    if (!target) {
        return fail(target.error(), arguments.json);
    }
    const auto source = location_of(arguments.model);
    if (!source) {
        return fail(source.error(), arguments.json);
    }
    const Interrupts interrupts;
    StatusLine status;
    BytesProgress progress(status);
    status.show("reading " + *source);
    const ConvertOptions options{.to = *target,
                                 .pure = arguments.pure,
                                 .tokenizer = !arguments.no_tokenizer,
                                 .existing = arguments.force ? Existing::replace : Existing::refuse,
                                 .shard_bytes = static_cast<std::int64_t>(arguments.shard_gigabytes * 1e9),
                                 .threads = arguments.threads,
                                 .stop = interrupts.token(),
                                 .progress = [&](std::string_view, std::int64_t done, std::int64_t total) {
                                     progress.update("writing", done, total);
                                 }};
    const auto report = convert_model(*source, arguments.out, options);
    status.clear();
    if (!report) {
        return fail(report.error(), arguments.json);
    }
    for (const std::string& note : report->notes) {
        warn(note);
    }
    if (arguments.json) {
        return finish(write_json({{"model", arguments.model},
                                  {"out", arguments.out},
                                  {"source_format", report->source_format},
                                  {"format", report->target_format},
                                  {"tensors", report->tensors},
                                  {"tensors_by_type", report->tensors_by_type},
                                  {"source_bytes", report->source_bytes},
                                  {"bytes", report->target_bytes},
                                  {"files", report->files},
                                  {"notes", report->notes}}));
    }
    return finish(write_out(report_text(*report, arguments.out)));
}

}  // namespace

void declare_model_convert(CLI::App& model, CommandLine& line) {
    auto* command = model.add_subcommand(
        "convert", "Write a model in another number format, as a .gguf file or as a folder of Hugging Face files");
    const auto arguments = std::make_shared<ConvertArguments>();
    command->add_option("model", arguments->model, "Name, .gguf file or folder")->required();
    command->add_option("--out", arguments->out, "What to write: a name ending in .gguf, or else a folder")
        ->required()
        ->type_name("PATH");
    std::vector<std::string> types = weight_target_names();
    types.insert(types.begin(), "keep");
    command->add_option("--to", arguments->to, "How to store weights; int8 has a scale for each row and is for folders")
        ->check(CLI::IsMember(types))
        ->capture_default_str();
    command->add_flag("--pure", arguments->pure,
                      "Store embeddings and outputs like the rest, not finer (formats below 6 bits)");
    command->add_flag("--no-tokenizer", arguments->no_tokenizer, "Leave the tokenizer out");
    command->add_option("--shard-size", arguments->shard_gigabytes, "Largest weight file of a folder, in GB")
        ->check(CLI::Range(0.001, 1e6))
        ->capture_default_str();
    command->add_option("--threads", arguments->threads, "Threads; 0: as many as the machine has")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_flag("--force", arguments->force, "Replace what is there");
    command->add_flag("--json", arguments->json, "One JSON document on stdout");
    command->footer("Nothing is left half-written: what is made gets its name when it is whole.");
    command->callback([&line, arguments] { line.action = [arguments] { return convert(*arguments); }; });
}

}  // namespace tandem::cli
