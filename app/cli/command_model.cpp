// tandem model list, add, info, verify.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/cli/interrupt.h"
#include "app/cli/model_commands.h"
#include "app/cli/output.h"
#include "app/cli/status_line.h"
#include "app/cli/text_table.h"
#include "app/cli/tokenizer_facts.h"
#include "app/library/library.h"
#include "app/library/sources.h"
#include "app/library/trained_pairing.h"
#include "experiments/plan/estimate.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

Result<Library> open_library() {
    return Library::open(Library::default_folder());
}

// --- list ---

bool is_present(const LibraryEntry& entry) {
    std::error_code ignored;
    return std::filesystem::exists(entry.location, ignored);
}

std::vector<const ModelSource*> not_added(const Library& library) {
    std::vector<const ModelSource*> sources;
    for (const ModelSource& source : model_sources()) {
        if (library.find(source.name) == nullptr) {
            sources.push_back(&source);
        }
    }
    return sources;
}

ordered_json list_json(const Library& library) {
    ordered_json models = ordered_json::array();
    for (const LibraryEntry& entry : library.entries()) {
        models.push_back({{"name", entry.name},
                          {"location", entry.location},
                          {"sha256", entry.sha256},
                          {"bytes", entry.bytes},
                          {"source", entry.source},
                          {"licence", entry.licence},
                          {"added_at", entry.added_at},
                          {"present", is_present(entry)}});
    }
    ordered_json available = ordered_json::array();
    for (const ModelSource* source : not_added(library)) {
        available.push_back({{"name", source->name},
                             {"bytes", source->bytes},
                             {"sha256", source->sha256},
                             {"licence", source->licence},
                             {"needs_accept_terms", source->opt_in}});
    }
    return {{"models", models}, {"available", available}};
}

std::string list_text(const Library& library) {
    std::string text;
    TextTable table({{"model"}, {"size", Align::right}, {"licence"}, {"where"}});
    for (const LibraryEntry& entry : library.entries()) {
        table.add({entry.name, show_bytes(entry.bytes), entry.licence.empty() ? "not said" : entry.licence,
                   entry.location + (is_present(entry) ? "" : "  (gone)")});
    }
    text += library.entries().empty() ? "No models yet.\n" : table.text();
    const auto sources = not_added(library);
    if (!sources.empty()) {
        text += "\n`tandem model add NAME` can fetch:\n";
        TextTable fetchable({{"model"}, {"size", Align::right}, {"licence"}});
        for (const ModelSource* source : sources) {
            fetchable.add(
                {source->name, show_bytes(source->bytes), source->licence.empty() ? "none given" : source->licence});
        }
        text += fetchable.text();
    }
    return text;
}

// --- add ---

struct AddArguments {
    std::string source, name, sha256, ca_file;
    bool copy = false, accept_terms = false, json = false;
};

int add_model(const AddArguments& arguments) {
    auto library = open_library();
    if (!library) {
        return fail(library.error(), arguments.json);
    }
    const Interrupts interrupts;
    StatusLine status;
    BytesProgress progress(status);
    const AddOptions options{.local = arguments.copy ? LocalFiles::copy : LocalFiles::reference,
                             .accept_terms = arguments.accept_terms,
                             .sha256 = arguments.sha256,
                             .ca_file = arguments.ca_file,
                             .notice = [&](const std::string& notice) { status.print("note: " + notice); }};
    const auto added = library->add(
        arguments.source, arguments.name,
        [&](const DownloadProgress& news) { progress.update(news.what, news.done_bytes, news.total_bytes); },
        interrupts.token(), options);
    status.clear();
    if (!added) {
        return fail(added.error(), arguments.json);
    }
    if (arguments.json) {
        return finish(write_json({{"name", added->name},
                                  {"location", added->location},
                                  {"sha256", added->sha256},
                                  {"bytes", added->bytes},
                                  {"source", added->source},
                                  {"licence", added->licence},
                                  {"added_at", added->added_at}}));
    }
    return finish(write_out("added " + added->name + " (" + show_bytes(added->bytes) + ", licence " +
                            (added->licence.empty() ? "not said" : added->licence) + ")\n" + added->location + "\n"));
}

// --- info, verify ---

std::string info_text(const std::string& model, const ModelFacts& facts) {
    TextTable table({{""}, {""}});
    const ModelShape& shape = facts.shape;
    table.add({"model", model});
    table.add({"where", facts.location});
    table.add({"format", facts.format});
    table.add({"sha256", facts.sha256});
    table.add({"family", shape.architecture + ", " + std::string(kind_name(shape.kind))});
    table.add({"parameters", std::to_string(facts.parameters)});
    table.add(
        {"layers", shape.kind == ModelKind::encoder_decoder
                       ? std::to_string(shape.encoder_layers) + " encoder, " + std::to_string(shape.layers) + " decoder"
                       : std::to_string(shape.layers)});
    table.add({"width", std::to_string(shape.hidden) + ", feed-forward " + std::to_string(shape.ffn)});
    table.add({"heads", std::to_string(shape.heads) + " of width " + std::to_string(shape.head_dim) + ", key-value " +
                            std::to_string(shape.kv_heads)});
    table.add({"vocabulary", std::to_string(shape.vocab) + (shape.tied_embeddings ? ", embeddings shared" : "")});
    table.add({"context", shape.context > 0 ? std::to_string(shape.context) + " tokens" : "no limit"});
    if (shape.config) {
        for (const auto& [what, value] : shape.config->details()) {
            table.add({what, value});
        }
    }
    table.add({"weights", show_bytes(facts.weights_bytes)});
    for (const auto& [part, bytes] : facts.bytes_by_part) {
        table.add({"  " + part, show_bytes(bytes)});
    }
    std::string types;
    for (const auto& [type, count] : facts.tensors_by_type) {
        types += (types.empty() ? "" : ", ") + std::to_string(count) + " " + type;
    }
    table.add({"tensors", types.empty() ? "none stored" : types});
    table.add({"tokenizer", facts.tokenizer.empty() ? "none" : facts.tokenizer});
    table.add({"chat template", facts.has_chat_template ? "yes" : "no"});
    table.add({"licence", facts.licence.empty() ? "not said" : facts.licence});
    if (!facts.adapter.empty()) {
        table.add({"adapter", facts.adapter});
        table.add({"  sha256", facts.adapter_sha256});
    }
    return table.text();
}

int show_tokenizer(const std::string& model, const ordered_json& alone, bool json) {
    warn("W_NO_WEIGHTS: the folder holds a tokenizer only; it can tokenize but not compute");
    if (json) {
        ordered_json document{{"model", model}};
        document.update(alone);
        return finish(write_json(document));
    }
    TextTable table({{""}, {""}});
    table.add({"model", model});
    table.add({"where", alone["location"].get<std::string>()});
    table.add({"format", "tokenizer only"});
    table.add({"tokenizer", alone["tokenizer"].get<std::string>()});
    table.add({"vocabulary", std::to_string(alone["vocab"].get<std::int64_t>())});
    table.add({"chat template", alone["has_chat_template"].get<bool>() ? "yes" : "no"});
    return finish(write_out(table.text()));
}

int show_model(const std::string& model, const std::string& adapter, bool verify, bool json) {
    auto library = open_library();
    if (!library) {
        return fail(library.error(), json);
    }
    if (!verify && is_pairing_folder(*library, model)) {
        return show_pairing(*library, model, json);
    }
    auto facts = verify ? library->verify(model) : library->resolve(model);
    if (!facts) {
        const bool may_be_tokenizer = !verify && adapter.empty() && facts.error().code == "MODEL_NOT_FOUND";
        const auto alone = may_be_tokenizer ? tokenizer_alone(model) : std::nullopt;
        return alone ? show_tokenizer(model, *alone, json) : fail(facts.error(), json);
    }
    if (!adapter.empty()) {
        if (const auto attached = library->attach_adapter(*facts, adapter); !attached) {
            return fail(attached.error(), json);
        }
    }
    if (!verify) {
        describe_tokenizer(*facts);
    }
    for (const std::string& warning : facts->warnings) {
        warn(warning);
    }
    if (json) {
        ordered_json document{{"model", model}};
        document.update(facts_json(*facts));
        if (verify) {
            document["verified"] = true;
        }
        return finish(write_json(document));
    }
    return finish(
        write_out(verify ? "unchanged: " + facts->sha256 + "  " + facts->location + "\n" : info_text(model, *facts)));
}

}  // namespace

void declare_model_list(CLI::App& model, CommandLine& line) {
    auto* list = model.add_subcommand("list", "The models of the library, and those that can be fetched by name");
    const auto json = std::make_shared<bool>(false);
    list->add_flag("--json", *json, "One JSON document on stdout");
    list->callback([&line, json] {
        line.action = [json] {
            const auto library = open_library();
            if (!library) {
                return fail(library.error(), *json);
            }
            return finish(*json ? write_json(list_json(*library)) : write_out(list_text(*library)));
        };
    });
}

void declare_model_add(CLI::App& model, CommandLine& line) {
    auto* add = model.add_subcommand(
        "add", "Add a model: a .gguf file or a folder (used where it lies), an https:// address, or a catalogue name");
    const auto arguments = std::make_shared<AddArguments>();
    add->add_option("source", arguments->source, "File, folder, https:// address of a .gguf, or catalogue name")
        ->required();
    add->add_option("--name", arguments->name, "Name in the library; taken from the source where not given");
    add->add_flag("--copy", arguments->copy, "Copy local files into the library's folder");
    add->add_option("--sha256", arguments->sha256, "Refuse the file unless it has this sum");
    add->add_flag("--accept-terms", arguments->accept_terms, "You have read the model's notice and may use it");
    add->add_option("--ca-file", arguments->ca_file, "Certificate authorities (PEM) to trust in place of the system's");
    add->add_flag("--json", arguments->json, "One JSON document on stdout");
    add->footer("An interrupted download goes on where it stopped when the same command is run again.");
    add->callback([&line, arguments] { line.action = [arguments] { return add_model(*arguments); }; });
}

void declare_model_info(CLI::App& model, CommandLine& line) {
    struct Arguments {
        std::string model, adapter;
        bool json = false;
    };
    const auto declare = [&](const char* name, const char* doc, bool verify) {
        auto* command = model.add_subcommand(name, doc);
        const auto arguments = std::make_shared<Arguments>();
        command->add_option("model", arguments->model, "Name, .gguf file, folder or random:CATALOGUE-ID")->required();
        if (!verify) {
            command->add_option("--adapter", arguments->adapter, "Folder of a LoRA adapter that is to fit the model")
                ->type_name("FOLDER");
        }
        command->add_flag("--json", arguments->json, "One JSON document on stdout");
        command->callback([&line, arguments, verify] {
            line.action = [arguments, verify] {
                return show_model(arguments->model, arguments->adapter, verify, arguments->json);
            };
        });
    };
    declare("info", "What a model is: shape, size, number formats, tokenizer, licence", false);
    declare("verify", "Read a model's files again and compare their sum with the one stored", true);
}

void declare_model(CLI::App& program, CommandLine& line) {
    auto* model =
        program.add_subcommand("model", "The library of models; convert one, its tokens, logits and embeddings");
    model->require_subcommand(1);
    declare_model_list(*model, line);
    declare_model_add(*model, line);
    declare_model_info(*model, line);
    declare_model_convert(*model, line);
    declare_model_tokens(*model, line);
    declare_model_render(*model, line);
    declare_model_logits(*model, line);
    declare_model_embed(*model, line);
}

}  // namespace tandem::cli
