// tandem model logits: one forward pass over given ids, as a safetensors file.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cli/interrupt.h"
#include "app/cli/model_commands.h"
#include "app/cli/out_file.h"
#include "app/cli/output.h"
#include "app/cli/read_ids.h"
#include "app/cli/single_job.h"
#include "app/cli/status_line.h"
#include "app/library/files.h"

namespace tandem::cli {
namespace {

struct LogitsArguments {
    SingleArguments single;
    std::string ids, decoder_ids, out;
};

Result<std::vector<std::int64_t>> parse_ids(const std::string& text, const char* option, std::int64_t vocab) {
    auto ids = TANDEM_TRY(read_ids(text, vocab, option, "; nothing was run"));
    if (ids.empty()) {
        return Error{.code = "TOK_ID_RANGE",
                     .message = "there is no id; need at least one, as in \"1 2 3\"; nothing was run",
                     .where = option,
                     .kind = ErrorKind::bad_input};
    }
    return ids;
}

Result<void> write_logits(const SingleRun& run, const std::string& out) {
    for (const ArtefactProduced& artefact : run.artefacts) {
        if (artefact.name == "logits.safetensors") {
            return library::replace_file(
                out, std::string_view(reinterpret_cast<const char*>(artefact.bytes.data()), artefact.bytes.size()));
        }
    }
    return Error{.code = "LOGITS_MISSING",
                 .message = "the worker ended well but sent no logits; nothing was written; please report this",
                 .where = out,
                 .kind = ErrorKind::internal};
}

Result<LogitsWorkload> workload_of(const LogitsArguments& arguments, const ModelFacts& facts) {
    const ModelShape& shape = facts.shape;
    const bool encodes = shape.kind == ModelKind::encoder_decoder;
    LogitsWorkload work;
    work.ids = TANDEM_TRY(parse_ids(arguments.ids, "--ids", encodes ? shape.source_vocab : shape.vocab));
    if (arguments.decoder_ids.empty()) {
        return work;
    }
    if (!encodes) {
        return Error{.code = "MODEL_KIND",
                     .message = "--decoder-ids is for encoder-decoder models; a model of family " + shape.architecture +
                                " is decoder-only and takes --ids alone; nothing was run",
                     .where = arguments.single.model,
                     .kind = ErrorKind::unsupported};
    }
    work.decoder_ids = TANDEM_TRY(parse_ids(arguments.decoder_ids, "--decoder-ids", shape.vocab));
    return work;
}

int write_model_logits(LogitsArguments& arguments) {
    SingleArguments& single = arguments.single;
    const auto found = resolve_model(single);
    if (!found) {
        return fail(found.error(), single.json);
    }
    auto work = workload_of(arguments, *found);
    if (!work) {
        return fail(work.error(), single.json);
    }
    // The decoder's start is the model's own where none was given.
    const std::int64_t rows = found->shape.kind != ModelKind::encoder_decoder
                                  ? static_cast<std::int64_t>(work->ids.size())
                                  : std::max<std::int64_t>(static_cast<std::int64_t>(work->decoder_ids.size()), 1);
    single.job.workload = std::move(*work);
    // Once more: the need depends on how many ids there are.
    if (const auto fits = resolve_model(single); !fits) {
        return fail(fits.error(), single.json);
    }
    const auto place = place_of_out(arguments.out);
    if (!place) {
        return fail(place.error(), single.json);
    }
    StatusLine status;
    const Interrupts interrupts;
    status.show("computing logits");
    const auto run = run_single(single.job, single.worker, {}, interrupts.token());
    status.clear();
    if (!run) {
        return fail(run.error(), single.json);
    }
    warn_of_weights(*run, *found);
    if (auto written = write_logits(*run, *place); !written) {
        return fail(written.error(), single.json);
    }
    if (single.json) {
        return finish(write_json({{"model", facts_json(*found)},
                                  {"out", arguments.out},
                                  {"tensor", "logits"},
                                  {"shape", {rows, found->shape.vocab}},
                                  {"facts", facts_json(run->report)}}));
    }
    return finish(write_out("tensor logits, f32 [" + std::to_string(rows) + ", " + std::to_string(found->shape.vocab) +
                            "]: " + arguments.out + "\n"));
}

}  // namespace

void declare_model_logits(CLI::App& model, CommandLine& line) {
    auto* command = model.add_subcommand(
        "logits",
        "The logits after each of the given token ids, as tensor \"logits\", f32 [T, V], of a safetensors file; of an "
        "encoder-decoder, after each of the decoder's ids");
    const auto arguments = std::make_shared<LogitsArguments>();
    command->add_option("--ids", arguments->ids, "Token ids, as in \"1 2 3\" or 1,2,3")->required();
    command->add_option("--decoder-ids", arguments->decoder_ids,
                        "Ids for the decoder of an encoder-decoder model; without them its own start of a target");
    command->add_option("--out", arguments->out, "The file to write; one that exists is replaced")
        ->required()
        ->type_name("FILE");
    add_single_options(*command, arguments->single);
    command->callback([&line, arguments] { line.action = [arguments] { return write_model_logits(*arguments); }; });
}

}  // namespace tandem::cli
