// tandem model tokenize and detokenize: lines of text to lines of ids and back. Needs no weights, no worker.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/cli/interrupt.h"
#include "app/cli/line_reader.h"
#include "app/cli/model_commands.h"
#include "app/cli/open_tokenizer.h"
#include "app/cli/output.h"
#include "app/cli/read_ids.h"
#include "app/library/library.h"
#include "engine/api/utf8.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem::cli {

Result<std::shared_ptr<const Tokenizer>> open_tokenizer(const std::string& model) {
    const Library library = TANDEM_TRY(Library::open(Library::default_folder()));
    if (const LibraryEntry* entry = library.find(model)) {
        return Tokenizer::open(entry->location);
    }
    std::error_code ignored;
    if (std::filesystem::exists(model, ignored)) {
        return Tokenizer::open(model);
    }
    Library again = library;
    const auto facts = again.resolve(model);
    if (!facts) {
        return facts.error();
    }
    return Error{.code = "TOK_NONE",
                 .message = "a model of random weights has no tokenizer; name a .gguf file or a folder",
                 .where = model,
                 .kind = ErrorKind::bad_input};
}

namespace {

using nlohmann::ordered_json;

struct TokenArguments {
    std::string model, file;
    bool no_special = false, json = false, offsets = false;
};

// What lines become: each written at once, or with --json one list of all of them when the last is read.
class Lines {
public:
    explicit Lines(bool json) : json_(json) {}

    Result<void> add(std::string_view text, const ordered_json& value) {
        if (!json_) {
            return write_out(std::string(text) + "\n");
        }
        list_ += list_.empty() ? "[\n  " : ",\n  ";
        list_ += value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
        return {};
    }
    Result<void> end() { return json_ ? write_out(list_.empty() ? "[]\n" : list_ + "\n]\n") : Result<void>(); }

private:
    bool json_;
    std::string list_;
};

// Bytes that are no UTF-8 are told once, when all lines are done.
class BadText {
public:
    void look_at(std::string_view line, std::int64_t number) {
        if (!is_utf8(line)) {
            first_ = count_ == 0 ? number : first_;
            ++count_;
        }
    }
    void tell(const std::string& file) const {
        if (count_ > 0) {
            warn("W_NOT_UTF8: " + std::to_string(count_) + (count_ == 1 ? " line is" : " lines are") +
                 " no UTF-8, the first is line " + std::to_string(first_) +
                 "; each byte that is none was read as U+FFFD, at " + file);
        }
    }

private:
    std::int64_t first_ = 0, count_ = 0;
};

Result<void> tokenize(const TokenArguments& arguments) {
    LineReader lines = TANDEM_TRY(LineReader::open(arguments.file));
    const Interrupts interrupts;
    const auto tokenizer = TANDEM_TRY(open_tokenizer(arguments.model));
    const EncodeOptions options{.add_special = !arguments.no_special};
    Lines out(arguments.json);
    BadText bad;
    std::string line;
    for (;;) {
        const auto more = lines.next(line, interrupts.token());
        if (!more || !*more) {
            bad.tell(arguments.file);
            return more ? out.end() : Result<void>(more.error());
        }
        bad.look_at(line, lines.number());
        if (arguments.offsets) {
            const Encoding encoding = tokenizer->encode_with_spans(line, options);
            std::string text;
            ordered_json list = ordered_json::array();
            for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
                const auto [first, last] = encoding.spans[i];
                text += (text.empty() ? "" : " ") + std::to_string(encoding.ids[i]) + ":" + std::to_string(first) +
                        "-" + std::to_string(last);
                list.push_back({encoding.ids[i], first, last});
            }
            TANDEM_TRY(out.add(text, list));
            continue;
        }
        const std::vector<TokenId> ids = tokenizer->encode(line, options);
        std::string text;
        for (const TokenId id : ids) {
            text += (text.empty() ? "" : " ") + std::to_string(id);
        }
        TANDEM_TRY(out.add(text, arguments.json ? ordered_json(ids) : ordered_json()));
    }
}

// What the tokenizer itself puts before and after a text, to be taken off again.
struct Frame {
    std::vector<TokenId> before, after;
};

Frame frame_of(const Tokenizer& tokenizer) {
    const auto bare = tokenizer.encode("a", {.add_special = false});
    const auto framed = tokenizer.encode("a", {.add_special = true});
    Frame frame;
    const auto at = std::search(framed.begin(), framed.end(), bare.begin(), bare.end());
    if (at != framed.end()) {
        frame.before.assign(framed.begin(), at);
        frame.after.assign(at + static_cast<std::ptrdiff_t>(bare.size()), framed.end());
    }
    return frame;
}

std::span<const TokenId> unframed(std::span<const TokenId> ids, const Frame& frame) {
    const auto& [before, after] = frame;
    if (ids.size() >= before.size() && std::equal(before.begin(), before.end(), ids.begin())) {
        ids = ids.subspan(before.size());
    }
    if (ids.size() >= after.size() && std::equal(after.begin(), after.end(), ids.end() - after.size())) {
        ids = ids.first(ids.size() - after.size());
    }
    return ids;
}

Result<void> detokenize(const TokenArguments& arguments) {
    LineReader lines = TANDEM_TRY(LineReader::open(arguments.file));
    const Interrupts interrupts;
    const auto tokenizer = TANDEM_TRY(open_tokenizer(arguments.model));
    const Frame frame = arguments.no_special ? Frame{} : frame_of(*tokenizer);
    Lines out(arguments.json);
    std::string line;
    while (TANDEM_TRY(lines.next(line, interrupts.token()))) {
        const auto read = TANDEM_TRY(
            read_ids(line, tokenizer->vocab_size(), arguments.file + ":" + std::to_string(lines.number()), ""));
        const std::vector<TokenId> ids(read.begin(), read.end());
        // Special tokens that stood in the text are part of it.
        const std::string text = tokenizer->decode(unframed(ids, frame), /*skip_special=*/false);
        TANDEM_TRY(out.add(text, arguments.json ? ordered_json(text) : ordered_json()));
    }
    return out.end();
}

}  // namespace

void declare_model_tokens(CLI::App& model, CommandLine& line) {
    const auto declare = [&](const char* name, const char* doc, const char* json_doc, const char* footer, auto action) {
        auto* command = model.add_subcommand(name, doc);
        const auto arguments = std::make_shared<TokenArguments>();
        command->add_option("model", arguments->model, "Name in the library, .gguf file, tokenizer.json or folder")
            ->required();
        command->add_option("--file", arguments->file, "The lines to read; - is standard input")
            ->required()
            ->type_name("FILE");
        command->add_flag("--no-special", arguments->no_special,
                          "Without the start and end tokens that the tokenizer itself adds");
        command->add_flag("--json", arguments->json, json_doc);
        if (std::string_view(name) == "tokenize") {
            command->add_flag(
                "--offsets", arguments->offsets,
                "Each id with the bytes of the line that it stands for: ID:FIRST-LAST, LAST not included");
        }
        command->footer(footer);
        command->callback([&line, arguments, action] {
            line.action = [arguments, action] {
                const auto done = action(*arguments);
                return done ? static_cast<int>(exit_done) : fail(done.error(), arguments->json);
            };
        });
    };
    declare("tokenize", "Each line of a file as one line of token ids",
            "One JSON document on stdout: a list with the list of ids of each line",
            "The ids are those of the reference's tokenizer(line).input_ids, which is the tokenizers library over "
            "tokenizer.json with the added tokens of the files beside it, and transformers where there is none "
            "(docs/decisions/0010): start and end tokens are there where the "
            "model's own tokenizer adds them, and a special token written out in the text becomes its one id. Lines "
            "end at a line feed, which is not part of them. Bytes that are no UTF-8 are read as U+FFFD and told of.",
            &tokenize);
    declare(
        "detokenize", "Each line of token ids as its text: the inverse of tokenize",
        "One JSON document on stdout: a list with the text of each line",
        "Ids have blanks or commas between them. A text that holds line feeds takes several lines; --json keeps texts "
        "apart. Start and end tokens that the tokenizer itself adds are taken off; other special tokens give their "
        "text.",
        &detokenize);
}

}  // namespace tandem::cli
