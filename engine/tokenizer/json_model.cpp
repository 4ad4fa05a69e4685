#include "engine/tokenizer/json_model.h"

#include <unordered_map>

#include "engine/api/utf8.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/merge_bpe.h"
#include "engine/tokenizer/unicode.h"
#include "engine/tokenizer/unigram.h"
#include "engine/tokenizer/word_level.h"
#include "engine/tokenizer/wordpiece.h"

namespace tandem {
namespace {

constexpr std::size_t longest_affix = 64;

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

Result<std::string> read_affix(const JsonFields& model, const char* key) {
    std::string text = TANDEM_TRY(model.text(key, ""));
    if (text.size() > longest_affix) {
        return model.refuse(std::string("'") + key + "' has more than " + std::to_string(longest_affix) + " bytes");
    }
    return text;
}

// A piece and its score.
Result<UnigramPiece> read_piece(const JsonFields& model, const Json& item, std::size_t place) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_number()) {
        return model.refuse("entry " + std::to_string(place) + " of 'vocab' must be a list of a piece and its score");
    }
    return UnigramPiece{.text = item[0].get<std::string>(), .score = item[1].get<double>()};
}

}  // namespace

Result<std::int64_t> read_id(const Json& value, const std::string& token, const std::string& origin) {
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

Result<JsonModel> JsonModel::open(const JsonFields& model) {
    // Files of 2020 leave the type out.
    const Json* vocab = model.find("vocab");
    const char* guess = model.find("merges") != nullptr                     ? "BPE"
                        : vocab != nullptr && vocab->is_array()             ? "Unigram"
                        : model.find("max_input_chars_per_word") != nullptr ? "WordPiece"
                                                                            : "WordLevel";
    const std::string type = TANDEM_TRY(model.text("type", guess));
    if (type == "BPE") {
        return JsonModel(model, Kind::bpe);
    }
    if (type == "Unigram") {
        return JsonModel(model, Kind::unigram);
    }
    if (type == "WordPiece") {
        return JsonModel(model, Kind::word_piece);
    }
    if (type == "WordLevel") {
        return JsonModel(model, Kind::word_level);
    }
    return model.refuse("the type '" + printable(type) +
                        "' is not supported, supported are BPE, Unigram, WordLevel, WordPiece");
}

Result<bool> JsonModel::takes_bytes() const {
    return kind_ == Kind::bpe && !TANDEM_TRY(model_->truth("byte_fallback", false));
}

std::string JsonModel::name() const {
    switch (kind_) {
        case Kind::bpe:
            return "BPE";
        case Kind::unigram:
            return "Unigram";
        case Kind::word_piece:
            return "WordPiece";
        case Kind::word_level:
            return "WordLevel";
    }
    return {};
}

Result<void> JsonModel::read_vocabulary(Vocabulary& vocabulary) const {
    const Json* vocab = model_->find("vocab");
    if (kind_ != Kind::unigram) {
        if (vocab == nullptr || !vocab->is_object()) {
            return model_->refuse("'vocab' must be an object of tokens and ids");
        }
        for (const auto& [token, id] : vocab->items()) {
            const std::int64_t number = TANDEM_TRY(read_id(id, token, vocabulary.origin()));
            TANDEM_TRY(vocabulary.add(token, number));
        }
        return {};
    }
    const Json* list = TANDEM_TRY(model_->list("vocab"));
    // Of pieces with equal texts the last is the one that texts are cut into.
    std::unordered_map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const UnigramPiece piece = TANDEM_TRY(read_piece(*model_, (*list)[i], i));
        last[piece.text] = i;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        const auto& text = (*list)[i][0].get_ref<const std::string&>();
        const auto id = static_cast<std::int64_t>(i);
        TANDEM_TRY(last[text] == i ? vocabulary.add(text, id) : vocabulary.add_alias(text, id));
    }
    return {};
}

Result<std::unique_ptr<const WordModel>> JsonModel::make(const std::shared_ptr<const Vocabulary>& vocabulary,
                                                         bool raw_bytes, bool in_alphabet) const {
    switch (kind_) {
        case Kind::bpe:
            return make_bpe(vocabulary, raw_bytes, in_alphabet);
        case Kind::unigram:
            return make_unigram(vocabulary->origin());
        case Kind::word_piece:
            return make_word_piece(*vocabulary);
        case Kind::word_level:
            break;
    }
    const std::string unknown = TANDEM_TRY(model_->text("unk_token"));
    std::unique_ptr<const WordModel> made = TANDEM_TRY(WordLevel::create(vocabulary, unknown));
    return made;
}

Result<std::unique_ptr<const WordModel>> JsonModel::make_bpe(const std::shared_ptr<const Vocabulary>& vocabulary,
                                                             bool raw_bytes, bool in_alphabet) const {
    const Json* dropout = model_->find("dropout");
    if (dropout != nullptr && !(dropout->is_number() && dropout->get<double>() == 0)) {
        return model_->refuse("dropout " + shown(*dropout) +
                              " makes every reading of a text different, supported is null or 0");
    }
    MergeBpeOptions options;
    options.byte_level = raw_bytes;
    options.byte_fallback = TANDEM_TRY(model_->truth("byte_fallback", false));
    options.ignore_merges = TANDEM_TRY(model_->truth("ignore_merges", false));
    options.fuse_unknown = TANDEM_TRY(model_->truth("fuse_unk", false));
    options.continuing_prefix = TANDEM_TRY(read_affix(*model_, "continuing_subword_prefix"));
    options.word_suffix = TANDEM_TRY(read_affix(*model_, "end_of_word_suffix"));
    if (in_alphabet && !options.byte_fallback) {
        TANDEM_TRY(check_byte_alphabet(*vocabulary));
    }
    const std::string unknown = TANDEM_TRY(model_->text("unk_token", ""));
    if (!unknown.empty()) {
        options.unknown = vocabulary->find_piece(unknown);
        if (!options.unknown && !in_alphabet) {
            return model_->refuse("the unk_token '" + printable(unknown) + "' is not in the vocabulary");
        }
    }
    const MergeBpe::Merges merges = TANDEM_TRY(read_merges(*model_));
    std::unique_ptr<const WordModel> made = TANDEM_TRY(MergeBpe::create(vocabulary, merges, options));
    return made;
}

Result<std::unique_ptr<const WordModel>> JsonModel::make_unigram(const std::string& origin) const {
    const Json* list = TANDEM_TRY(model_->list("vocab"));
    std::vector<UnigramPiece> pieces;
    pieces.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
        pieces.push_back(TANDEM_TRY(read_piece(*model_, (*list)[i], i)));
    }
    UnigramOptions options;
    options.byte_fallback = TANDEM_TRY(model_->truth("byte_fallback", false));
    if (model_->find("unk_id") == nullptr) {
        return model_->refuse("there is no 'unk_id', so a text with a character that no piece has could not be read");
    }
    options.unknown =
        static_cast<TokenId>(TANDEM_TRY(model_->count("unk_id", static_cast<std::size_t>(Vocabulary::most_ids))));
    std::unique_ptr<const WordModel> made = TANDEM_TRY(Unigram::create(pieces, options, origin));
    return made;
}

Result<std::unique_ptr<const WordModel>> JsonModel::make_word_piece(const Vocabulary& vocabulary) const {
    WordPieceOptions options;
    options.unknown = TANDEM_TRY(model_->text("unk_token"));
    options.continuing_prefix = TANDEM_TRY(read_affix(*model_, "continuing_subword_prefix"));
    options.longest_word = TANDEM_TRY(model_->count("max_input_chars_per_word", std::size_t{1} << 62));
    WordPiece::Pieces pieces;
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
        const std::string_view text = vocabulary.text(id);
        if (vocabulary.find_piece(text) == id) {
            pieces.emplace_back(text, id);
        }
    }
    std::unique_ptr<const WordModel> made = TANDEM_TRY(WordPiece::create(pieces, options, vocabulary.origin()));
    return made;
}

}  // namespace tandem
