#include "engine/tokenizer/json_reader.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/clean_up.h"
#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/json_model.h"

namespace tandem {
namespace {

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

// Behind the whole text, as transformers does it.
void add_clean_up(Decoder& decoder) {
    decoder.push_back({.kind = DecodeStep::Kind::fuse});
    for (const auto& [from, to] : clean_ups) {
        DecodeStep step{.kind = DecodeStep::Kind::replace};
        step.pattern = from;
        step.content = to;
        decoder.push_back(std::move(step));
    }
}

}  // namespace

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
    const auto named = [&](const std::optional<FolderHints::NamedToken>& name, const char* role,
                           std::optional<TokenId>& place) -> Result<void> {
        if (!name) {
            return {};
        }
        place = vocabulary.find(name->text);
        if (!place) {
            return config_error(std::string("the ") + role + " '" + printable(name->text) + "' of " + name->file +
                                    " is not in the vocabulary",
                                vocabulary.origin());
        }
        return {};
    };
    TANDEM_TRY(named(hints.bos, "bos_token", parts.bos));
    TANDEM_TRY(named(hints.eos, "eos_token", parts.eos));
    for (const std::int64_t id : hints.eos_ids) {
        if (id < 0 || id >= vocabulary.size()) {
            continue;  // no text ends with it; `tandem model info` warns
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

Result<std::shared_ptr<const Tokenizer>> tokenizer_from_json(std::string_view text, const std::string& origin,
                                                             const FolderHints& hints) {
    return tokenizer_from_tree(TANDEM_TRY(parse_bounded_json(text, origin)), origin, hints);
}

Result<std::shared_ptr<const Tokenizer>> tokenizer_from_tree(const Json& tree, const std::string& origin,
                                                             const FolderHints& hints) {
    const JsonFields root(tree, "tokenizer.json", origin);
    const Json* model_object = root.find("model");
    if (model_object == nullptr || !model_object->is_object()) {
        return root.refuse("there is no 'model' object");
    }
    TANDEM_TRY(check_limits(root));
    const JsonFields model_fields(*model_object, "model", origin);
    const JsonModel model = TANDEM_TRY(JsonModel::open(model_fields));
    const auto part = [&](const char* key) -> const Json& {
        static const Json none;
        const Json* found = root.find(key);
        return found == nullptr ? none : *found;
    };
    TokenizerParts parts;
    const auto vocabulary = std::make_shared<Vocabulary>(origin);
    TANDEM_TRY(model.read_vocabulary(*vocabulary));
    parts.added = TANDEM_TRY(read_added_tokens(root.find("added_tokens"), *vocabulary));
    parts.vocabulary = vocabulary;
    parts.normaliser = TANDEM_TRY(read_normaliser(part("normalizer"), origin));
    PreTokeniserReading words = TANDEM_TRY(read_pre_tokeniser(part("pre_tokenizer"), origin));
    const auto spells = [](const SplitStep& step) { return step.kind == SplitStep::Kind::byte_alphabet; };
    const auto spellings = std::count_if(words.splits.begin(), words.splits.end(), spells);
    const bool in_alphabet =
        spellings > 0 || std::any_of(parts.normaliser.begin(), parts.normaliser.end(), [](const NormaliseStep& step) {
            return step.kind == NormaliseStep::Kind::byte_alphabet;
        });
    // Where the spelling is the last step, the model does it faster.
    const bool raw_bytes = spellings == 1 && spells(words.splits.back()) && TANDEM_TRY(model.takes_bytes());
    if (raw_bytes) {
        words.splits.pop_back();
    }
    parts.model = TANDEM_TRY(model.make(vocabulary, raw_bytes, in_alphabet));
    TANDEM_TRY(check_added_ids(parts.added, *vocabulary));
    TANDEM_TRY(apply_config_tokens(hints.tokens, hints.vocab_size, *vocabulary, parts.added));
    parts.byte_level = in_alphabet;
    parts.splits = std::move(words.splits);
    parts.decoder = TANDEM_TRY(read_decoder(part("decoder"), origin));
    if (hints.cleans_up && !model.is_bpe()) {  // BPE keeps its spaces
        add_clean_up(parts.decoder);
    }
    TANDEM_TRY(read_post_processor(part("post_processor"), *vocabulary, parts.before, parts.after));
    TANDEM_TRY(apply_hints(hints, parts));
    parts.kind = std::string(in_alphabet ? "byte-level " : "") + model.name() + " (" +
                 (words.names.empty() ? "no pre-tokenizer" : words.names) + ")";
    return make_tokenizer(std::move(parts));
}

}  // namespace tandem
