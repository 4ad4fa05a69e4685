// tandem model embed: the vectors that a vision encoder makes of pictures, as a safetensors file.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/cli/interrupt.h"
#include "app/cli/model_commands.h"
#include "app/cli/out_file.h"
#include "app/cli/output.h"
#include "app/cli/single_job.h"
#include "app/cli/status_line.h"
#include "app/library/files.h"
#include "engine/tensor/safetensors.h"

namespace tandem::cli {
namespace {

struct EmbedArguments {
    SingleArguments single;
    EmbedWorkload workload;
    std::string out;
};

Result<const ArtefactProduced*> embeddings_of(const SingleRun& run, const std::string& out) {
    for (const ArtefactProduced& artefact : run.artefacts) {
        if (artefact.name == "embeddings.safetensors") {
            return &artefact;
        }
    }
    return Error{.code = "EMBEDDINGS_MISSING",
                 .message = "the worker ended well but sent no embeddings; nothing was written; please report this",
                 .where = out,
                 .kind = ErrorKind::internal};
}

std::string shape_text(const TensorView& tensor) {
    std::string text;
    for (const std::int64_t size : tensor.shape) {
        text += (text.empty() ? "[" : ", ") + std::to_string(size);
    }
    return text + "]";
}

// The names and shapes of what was written.
int tell(const EmbedArguments& arguments, const ModelFacts& facts, const SingleRun& run,
         const SafetensorsFile& written) {
    nlohmann::ordered_json tensors = nlohmann::ordered_json::object();
    std::string text;
    for (const TensorView& tensor : written.tensors()) {
        tensors[tensor.name] = tensor.shape;
        text += "tensor " + tensor.name + ", f32 " + shape_text(tensor) + "\n";
    }
    if (arguments.single.json) {
        return finish(write_json({{"model", facts_json(facts)},
                                  {"out", arguments.out},
                                  {"tensors", tensors},
                                  {"facts", facts_json(run.report)}}));
    }
    return finish(write_out(text + "in " + arguments.out + "\n"));
}

int write_embeddings(EmbedArguments& arguments) {
    SingleArguments& single = arguments.single;
    std::error_code ignored;
    for (std::string& image : arguments.workload.images) {
        image = std::filesystem::absolute(image, ignored).string();
    }
    single.job.workload = arguments.workload;
    const auto found = resolve_model(single);
    if (!found) {
        return fail(found.error(), single.json);
    }
    const auto place = place_of_out(arguments.out);
    if (!place) {
        return fail(place.error(), single.json);
    }
    StatusLine status;
    const Interrupts interrupts;
    status.show("computing embeddings");
    const auto run = run_single(single.job, single.worker, {}, interrupts.token());
    status.clear();
    if (!run) {
        return fail(run.error(), single.json);
    }
    warn_of_weights(*run, *found);
    const auto artefact = embeddings_of(*run, arguments.out);
    if (!artefact) {
        return fail(artefact.error(), single.json);
    }
    const std::span<const std::byte> bytes = (*artefact)->bytes;
    const auto written = SafetensorsFile::parse(bytes, "embeddings.safetensors");
    if (!written) {
        return fail(written.error(), single.json);
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (const auto replaced = library::replace_file(*place, text); !replaced) {
        return fail(replaced.error(), single.json);
    }
    return tell(arguments, *found, *run, **written);
}

}  // namespace

void declare_model_embed(CLI::App& model, CommandLine& line) {
    auto* command = model.add_subcommand(
        "embed",
        "The vectors of pictures by a vision encoder: tensors \"hidden\", f32 [views, tokens, hidden], and \"pooled\"");
    const auto arguments = std::make_shared<EmbedArguments>();
    command->add_option("--image", arguments->workload.images, "A PNG or JPEG file; may be given several times")
        ->required()
        ->type_name("FILE");
    command->add_option("--layer", arguments->workload.layer,
                        "Take the hidden states of this layer instead: 0 before the first, -1 after the last, -2 ...");
    command->add_option("--out", arguments->out, "The file to write; one that exists is replaced")
        ->required()
        ->type_name("FILE");
    add_single_options(*command, arguments->single);
    command->callback([&line, arguments] { line.action = [arguments] { return write_embeddings(*arguments); }; });
}

}  // namespace tandem::cli
