#include "engine/tokenizer/wordpiece.h"

#include "engine/api/utf8.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

bool has_more_chars(std::string_view text, std::size_t most) {
    if (text.size() <= most) {
        return false;
    }
    std::size_t chars = 0;
    for (const char c : text) {
        chars += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    }
    return chars > most;
}

}  // namespace

Result<std::unique_ptr<const WordPiece>> WordPiece::create(const Pieces& pieces, const WordPieceOptions& options,
                                                           const std::string& origin) {
    std::unique_ptr<WordPiece> model(new WordPiece());
    for (const auto& [text, id] : pieces) {
        model->trie_.add(text, id);
    }
    const auto unknown = model->trie_.find(options.unknown);
    if (!unknown) {
        return config_error("the unknown token '" + printable(options.unknown) + "' is not in the vocabulary", origin);
    }
    model->unknown_ = *unknown;
    model->continuing_ = model->trie_.walk(options.continuing_prefix);
    model->prefix_ = options.continuing_prefix;
    model->longest_word_ = options.longest_word;
    return std::unique_ptr<const WordPiece>(std::move(model));
}

void WordPiece::encode(std::string_view word, std::vector<TokenId>& ids) const {
    if (has_more_chars(word, longest_word_)) {
        ids.push_back(unknown_);
        return;
    }
    const std::size_t before = ids.size();
    for (std::size_t begin = 0; begin < word.size();) {
        PieceTrie::Place place = PieceTrie::root();
        if (begin > 0) {
            place = continuing_.value_or(place);
        }
        std::size_t end = begin;
        TokenId id = -1;
        for (std::size_t at = begin; (begin == 0 || continuing_) && at < word.size() && trie_.step(place, word[at]);
             ++at) {
            if (place.id >= 0) {
                id = place.id;
                end = at + 1;
            }
        }
        if (id < 0) {
            ids.resize(before);
            ids.push_back(unknown_);
            return;
        }
        ids.push_back(id);
        begin = end;
    }
}

}  // namespace tandem
