#include "engine/tokenizer/json_reader.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/merge_bpe.h"

namespace tandem {
namespace {

constexpr std::size_t most_added = 65536;
constexpr std::size_t longest_added = 1024;

// A model object without a type is BPE where it has merges: files of 2020 leave it out.
Result<std::string> model_type(const JsonFields& model) {
    return model.text("type", model.find("merges") != nullptr ? std::optional<std::string>("BPE") : std::nullopt);
}

Result<std::int64_t> id_of(const Json& value, const std::string& token, const std::string& origin) {
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{1} << 62);
    if (!fits) {
        return tokenizer_error(
            "TOK_ID_RANGE",
            "the token '" + printable(token) + "' has the id " + shown(value) + ", which is no whole number in range",
            origin);
    }
    return value.get<std::int64_t>();
}

Result<void> read_vocabulary(const JsonFields& model, Vocabulary& vocabulary) {
    const Json* vocab = model.find("vocab");
    if (vocab == nullptr || !vocab->is_object()) {
        return model.refuse("'vocab' must be an object of tokens and ids");
    }
    for (const auto& [token, id] : vocab->items()) {
        const std::int64_t number = TANDEM_TRY(id_of(id, token, vocabulary.origin()));
        TANDEM_TRY(vocabulary.add(token, number));
    }
    return {};
}

Result<MergeBpe::Merges> read_merges(const JsonFields& model) {
    const Json* list = TANDEM_TRY(model.list("merges"));
    MergeBpe::Merges merges;
    merges.reserve(list->size());
    for (const Json& item : *list) {
        if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
            merges.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
            continue;
        }
        const std::string line = item.is_string() ? item.get<std::string>() : std::string();
        const std::size_t space = line.find(' ');
        if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos) {
            return model.refuse("merge " + std::to_string(merges.size()) +
                                " must be two tokens with a space between them, or a list of two, found " +
                                shown(item));
        }
        merges.emplace_back(line.substr(0, space), line.substr(space + 1));
    }
    return merges;
}

Result<std::vector<AddedToken>> read_added(const Json* list, Vocabulary& vocabulary) {
    std::vector<AddedToken> added;
    if (list == nullptr) {
        return added;
    }
    if (!list->is_array() || list->size() > most_added) {
        return config_error("'added_tokens' must be a list of at most " + std::to_string(most_added),
                            vocabulary.origin());
    }
    for (const Json& item : *list) {
        const JsonFields fields(item, "added_tokens", vocabulary.origin());
        AddedToken token;
        token.content = TANDEM_TRY(fields.text("content"));
        if (token.content.empty() || token.content.size() > longest_added) {
            return fields.refuse("a token's text must have 1 to " + std::to_string(longest_added) + " bytes, found " +
                                 std::to_string(token.content.size()));
        }
        token.special = TANDEM_TRY(fields.truth("special", false));
        token.normalized = TANDEM_TRY(fields.truth("normalized", !token.special));
        token.single_word = TANDEM_TRY(fields.truth("single_word", false));
        token.lstrip = TANDEM_TRY(fields.truth("lstrip", false));
        token.rstrip = TANDEM_TRY(fields.truth("rstrip", false));
        const Json* id = fields.find("id");
        const std::int64_t number = TANDEM_TRY(id_of(id == nullptr ? Json() : *id, token.content, vocabulary.origin()));
        const auto there = vocabulary.find(token.content);
        if (there && *there != number) {
            return tokenizer_error("TOK_ID_RANGE",
                                   "the added token '" + printable(token.content) + "' has the id " +
                                       std::to_string(number) + ", in the vocabulary it has " + std::to_string(*there),
                                   vocabulary.origin());
        }
        if (!there) {
            TANDEM_TRY(vocabulary.add(token.content, number));
        }
        token.id = static_cast<TokenId>(number);
        added.push_back(std::move(token));
    }
    return added;
}

Result<void> check_model(const JsonFields& model) {
    const std::string type = TANDEM_TRY(model_type(model));
    if (type != "BPE") {
        return model.refuse("the type '" + printable(type) + "' is not supported, supported is BPE");
    }
    const Json* dropout = model.find("dropout");
    if (dropout != nullptr && !(dropout->is_number() && dropout->get<double>() == 0)) {
        return model.refuse("dropout " + shown(*dropout) +
                            " makes every reading of a text different, supported is null or 0");
    }
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        if (!TANDEM_TRY(model.text(key, "")).empty()) {
            return model.refuse(std::string("'") + key + "' is not supported, supported is none");
        }
    }
    return {};
}

// Neither is applied, as transformers applies neither until it is asked to; but a broken one shows a broken file.
Result<void> check_limits(const JsonFields& root) {
    if (const Json* truncation = root.find("truncation")) {
        const JsonFields fields(*truncation, "truncation", root.origin());
        const std::size_t length = TANDEM_TRY(fields.count("max_length", std::size_t{1} << 40));
        const std::size_t stride = TANDEM_TRY(fields.count("stride", std::size_t{1} << 40));
        if (length > 0 && stride >= length) {
            return fields.refuse("stride " + std::to_string(stride) + " must be below max_length " +
                                 std::to_string(length));
        }
    }
    return {};
}

std::string kind_of(const PreTokeniserReading& words, bool byte_fallback) {
    return std::string(words.byte_level ? "byte-level BPE"
                       : byte_fallback  ? "BPE with byte fallback"
                                        : "BPE") +
           " (" + (words.names.empty() ? "no pre-tokenizer" : words.names) + ")";
}

Result<void> apply_hints(const FolderHints& hints, TokenizerParts& parts) {
    const Vocabulary& vocabulary = *parts.vocabulary;
    if (hints.vocab_size && vocabulary.size() > *hints.vocab_size) {
        return tokenizer_error("TOK_ID_RANGE",
                               "the token '" + printable(vocabulary.text(static_cast<TokenId>(vocabulary.size() - 1))) +
                                   "' has the id " + std::to_string(vocabulary.size() - 1) +
                                   ", allowed are ids below the vocab_size " + std::to_string(*hints.vocab_size) +
                                   " of config.json",
                               vocabulary.origin());
    }
    const auto named = [&](const std::optional<std::string>& name, const char* role,
                           std::optional<TokenId>& place) -> Result<void> {
        if (!name) {
            return {};
        }
        place = vocabulary.find(*name);
        if (!place) {
            return config_error(std::string("the ") + role + " '" + printable(*name) +
                                    "' of tokenizer_config.json is not in the vocabulary",
                                vocabulary.origin());
        }
        return {};
    };
    TANDEM_TRY(named(hints.bos, "bos_token", parts.bos));
    TANDEM_TRY(named(hints.eos, "eos_token", parts.eos));
    for (const std::int64_t id : hints.eos_ids) {
        if (id < 0 || id >= vocabulary.size()) {
            return tokenizer_error("TOK_ID_RANGE",
                                   "eos_token_id " + std::to_string(id) + " is not an id of the vocabulary (0 to " +
                                       std::to_string(vocabulary.size() - 1) + ")",
                                   vocabulary.origin());
        }
        parts.other_ends.push_back(static_cast<TokenId>(id));
    }
    if (!parts.eos && !parts.other_ends.empty()) {
        parts.eos = parts.other_ends.front();
    }
    parts.chat_template = hints.chat_template;
    parts.chat = hints.chat;
    return {};
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> tokenizer_from_json(std::string_view text, const std::string& origin,
                                                             const FolderHints& hints) {
    const Json tree = TANDEM_TRY(parse_bounded_json(text, origin));
    const JsonFields root(tree, "tokenizer.json", origin);
    const Json* model_object = root.find("model");
    if (model_object == nullptr || !model_object->is_object()) {
        return root.refuse("there is no 'model' object");
    }
    TANDEM_TRY(check_limits(root));
    const JsonFields model(*model_object, "model", origin);
    TANDEM_TRY(check_model(model));
    const auto part = [&](const char* key) -> const Json& {
        static const Json none;
        const Json* found = root.find(key);
        return found == nullptr ? none : *found;
    };
    TokenizerParts parts;
    const auto vocabulary = std::make_shared<Vocabulary>(origin);
    TANDEM_TRY(read_vocabulary(model, *vocabulary));
    parts.added = TANDEM_TRY(read_added(root.find("added_tokens"), *vocabulary));
    parts.vocabulary = vocabulary;
    parts.normaliser = TANDEM_TRY(read_normaliser(part("normalizer"), origin));
    PreTokeniserReading words = TANDEM_TRY(read_pre_tokeniser(part("pre_tokenizer"), origin));
    MergeBpeOptions options;
    options.byte_level = parts.byte_level = words.byte_level;
    options.byte_fallback = TANDEM_TRY(model.truth("byte_fallback", false)) && !words.byte_level;
    options.ignore_merges = TANDEM_TRY(model.truth("ignore_merges", false));
    options.fuse_unknown = TANDEM_TRY(model.truth("fuse_unk", false));
    const std::string unknown = TANDEM_TRY(model.text("unk_token", ""));
    if (!unknown.empty()) {
        options.unknown = vocabulary->find(unknown);
        if (!options.unknown) {
            return model.refuse("the unk_token '" + printable(unknown) + "' is not in the vocabulary");
        }
    }
    const MergeBpe::Merges merges = TANDEM_TRY(read_merges(model));
    parts.model = TANDEM_TRY(MergeBpe::create(vocabulary, merges, options));
    parts.splits = std::move(words.splits);
    parts.decoder = TANDEM_TRY(read_decoder(part("decoder"), origin));
    TANDEM_TRY(read_post_processor(part("post_processor"), *vocabulary, parts.before, parts.after));
    TANDEM_TRY(apply_hints(hints, parts));
    parts.kind = kind_of(words, options.byte_fallback);
    return make_tokenizer(std::move(parts));
}

}  // namespace tandem
