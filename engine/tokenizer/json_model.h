// The `model` of tokenizer.json: its vocabulary and how it makes tokens of words. Errors: TOK_*. Thread rule:
// stateless.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/pre_tokeniser.h"
#include "engine/tokenizer/vocabulary.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

class JsonModel {
public:
    // `model` must outlive the reading.
    static Result<JsonModel> open(const JsonFields& model);

    Result<void> read_vocabulary(Vocabulary& vocabulary) const;
    // With `raw_bytes` words are bytes that are to be spelled in the byte alphabet; only BPE takes those.
    // With `in_alphabet` they are, or come spelled in it.
    Result<std::unique_ptr<const WordModel>> make(const std::shared_ptr<const Vocabulary>& vocabulary, bool raw_bytes,
                                                  bool in_alphabet) const;
    // Whether `make` can take raw bytes.
    Result<bool> takes_bytes() const;
    bool is_bpe() const { return kind_ == Kind::bpe; }
    std::string name() const;  // "Unigram"

private:
    enum class Kind { bpe, unigram, word_piece, word_level };
    JsonModel(const JsonFields& model, Kind kind) : model_(&model), kind_(kind) {}
    Result<std::unique_ptr<const WordModel>> make_bpe(const std::shared_ptr<const Vocabulary>& vocabulary,
                                                      bool raw_bytes, bool in_alphabet) const;
    Result<std::unique_ptr<const WordModel>> make_unigram(const std::string& origin) const;
    Result<std::unique_ptr<const WordModel>> make_word_piece(const Vocabulary& vocabulary) const;

    const JsonFields* model_;
    Kind kind_;
};

// An id as the file has it, possibly out of range.
Result<std::int64_t> read_id(const Json& value, const std::string& token, const std::string& origin);

}  // namespace tandem
