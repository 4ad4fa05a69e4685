// tandem model tokenize and detokenize: lines of text to lines of ids and back. Needs no weights, no worker.
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>

#include "app/cli/model_commands.h"
#include "app/cli/open_tokenizer.h"
#include "app/cli/output.h"
#include "app/library/library.h"
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

struct TokenArguments {
    std::string model, file;
    bool no_special = false;
    bool offsets = false;
};

// Calls `take` for each line without its "\n"; a last line without one counts as well. "-" is stdin.
Result<void> each_line(const std::string& file, const std::function<Result<void>(std::string&, std::int64_t)>& take) {
    std::ifstream opened;
    if (file != "-") {
        std::error_code ignored;
        opened.open(file, std::ios::binary);
        if (!opened || std::filesystem::is_directory(file, ignored)) {
            return Error{.code = "FILE_NOT_FOUND",
                         .message = "the file cannot be read (" +
                                    std::string(opened ? "it is a folder" : std::strerror(errno)) + ")",
                         .where = file,
                         .kind = ErrorKind::bad_input};
        }
    }
    std::istream& lines = file == "-" ? std::cin : opened;
    std::string line;
    for (std::int64_t number = 1; std::getline(lines, line); ++number) {
        if (auto taken = take(line, number); !taken) {
            return taken;
        }
    }
    if (lines.bad()) {
        return Error{.code = "FILE_IO", .message = "reading failed", .where = file, .kind = ErrorKind::io};
    }
    return {};
}

Result<std::vector<TokenId>> parse_line(const std::string& line, const std::string& where, std::int64_t vocab) {
    std::vector<TokenId> ids;
    for (std::size_t begin = line.find_first_not_of(" \t\r"); begin != std::string::npos;) {
        const std::size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
        TokenId id = 0;
        const auto [last, failed] = std::from_chars(line.data() + begin, line.data() + end, id);
        if (failed != std::errc() || last != line.data() + end || id < 0 || id >= vocab) {
            return Error{.code = "TOK_ID_RANGE",
                         .message = "found '" + line.substr(begin, std::min<std::size_t>(end - begin, 40)) +
                                    "', need ids from 0 to " + std::to_string(vocab - 1) + " with blanks between them",
                         .where = where + ":" + std::to_string(begin + 1),
                         .kind = ErrorKind::bad_input};
        }
        ids.push_back(id);
        begin = line.find_first_not_of(" \t\r", end);
    }
    return ids;
}

Result<void> tokenize(const TokenArguments& arguments) {
    const auto tokenizer = TANDEM_TRY(open_tokenizer(arguments.model));
    const EncodeOptions options{.add_special = !arguments.no_special};
    return each_line(arguments.file, [&](const std::string& line, std::int64_t) {
        std::string out;
        if (arguments.offsets) {
            const Encoding encoding = tokenizer->encode_with_spans(line, options);
            for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
                out += (out.empty() ? "" : " ") + std::to_string(encoding.ids[i]) + ":" +
                       std::to_string(encoding.spans[i].first) + "-" + std::to_string(encoding.spans[i].last);
            }
            return write_out(out + "\n");
        }
        for (const TokenId id : tokenizer->encode(line, options)) {
            out += (out.empty() ? "" : " ") + std::to_string(id);
        }
        return write_out(out + "\n");
    });
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
    const auto tokenizer = TANDEM_TRY(open_tokenizer(arguments.model));
    const Frame frame = arguments.no_special ? Frame{} : frame_of(*tokenizer);
    return each_line(arguments.file, [&](const std::string& line, std::int64_t number) -> Result<void> {
        const auto ids =
            TANDEM_TRY(parse_line(line, arguments.file + ":" + std::to_string(number), tokenizer->vocab_size()));
        // Special tokens that stood in the text are part of it.
        return write_out(tokenizer->decode(unframed(ids, frame), /*skip_special=*/false) + "\n");
    });
}

}  // namespace

void declare_model_tokens(CLI::App& model, CommandLine& line) {
    const auto declare = [&](const char* name, const char* doc, const char* footer, auto action) {
        auto* command = model.add_subcommand(name, doc);
        const auto arguments = std::make_shared<TokenArguments>();
        command->add_option("model", arguments->model, "Name in the library, .gguf file, tokenizer.json or folder")
            ->required();
        command->add_option("--file", arguments->file, "The lines to read; - is standard input")
            ->required()
            ->type_name("FILE");
        command->add_flag("--no-special", arguments->no_special,
                          "Without the start and end tokens that the tokenizer itself adds");
        if (std::string_view(name) == "tokenize") {
            command->add_flag(
                "--offsets", arguments->offsets,
                "Each id with the bytes of the line that it stands for: ID:FIRST-LAST, LAST not included");
        }
        command->footer(footer);
        command->callback([&line, arguments, action] {
            line.action = [arguments, action] {
                const auto done = action(*arguments);
                return done ? static_cast<int>(exit_done) : fail(done.error());
            };
        });
    };
    declare("tokenize", "Each line of a file as one line of token ids",
            "The ids are those of the reference's tokenizer(line).input_ids: start and end tokens are there where the "
            "model's own tokenizer adds them, and a special token written out in the text becomes its one id. Lines "
            "end at a line feed, which is not part of them.",
            &tokenize);
    declare("detokenize", "Each line of token ids as one line of text: the inverse of tokenize",
            "Start and end tokens that the tokenizer itself adds are taken off; other special tokens give their text.",
            &detokenize);
}

}  // namespace tandem::cli
