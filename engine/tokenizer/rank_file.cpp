#include "engine/tokenizer/rank_file.h"

#include <charconv>

#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/base64.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/score_bpe.h"
#include "engine/tokenizer/small_json.h"
#include "engine/tokenizer/split_kinds.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr int extra_tokens = 205;

// Of all neighbours whose joined bytes are a token, the one with the lowest rank merges first; a word that is a token
// is that token.
class RankBpe final : public WordModel {
public:
    RankBpe(std::shared_ptr<const Vocabulary> vocabulary, std::unique_ptr<const ScoreBpe> merging)
        : vocabulary_(std::move(vocabulary)), merging_(std::move(merging)) {}

    void encode(std::string_view word, std::vector<TokenId>& ids) const override {
        const std::string spelled = byte_alphabet::spelled(word);
        if (const auto whole = vocabulary_->find(spelled)) {
            ids.push_back(*whole);
        } else {
            merging_->encode(spelled, ids);
        }
    }

    WordSpelling spelling() const override { return {.byte_level = true, .unknown = merging_->spelling().unknown}; }

private:
    std::shared_ptr<const Vocabulary> vocabulary_;
    std::unique_ptr<const ScoreBpe> merging_;
};

Result<void> read_ranks(const std::filesystem::path& path, Vocabulary& vocabulary) {
    const auto file = TANDEM_TRY(MappedFile::open(path));
    if (file->bytes().size() > most_bytes) {
        return config_error("the file has more than " + std::to_string(most_bytes) + " bytes", path.string());
    }
    std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    for (std::int64_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty()) {
            continue;
        }
        const std::size_t space = line.find(' ');
        const auto token = space == std::string_view::npos ? std::nullopt : base64_decoded(line.substr(0, space));
        std::int64_t rank = -1;
        if (token && !token->empty()) {
            const char* last = line.data() + line.size();
            const auto read = std::from_chars(line.data() + space + 1, last, rank);
            rank = read.ec == std::errc() && read.ptr == last ? rank : -1;
        }
        if (rank < 0) {
            return config_error("line " + std::to_string(number) + " must be a token in base64, a space and its rank",
                                path.string());
        }
        TANDEM_TRY(vocabulary.add(byte_alphabet::spelled(*token), rank));
    }
    std::size_t missing = 0;
    for (int byte = 0; byte < 256; ++byte) {
        const std::string one(1, static_cast<char>(byte));
        missing += vocabulary.find(byte_alphabet::spelled(one)) ? 0 : 1;
    }
    if (missing > 0) {
        return tokenizer_error("TOK_BYTES_MISSING", std::to_string(missing) + " of 256 bytes have no token",
                               path.string());
    }
    return {};
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> rank_file_tokenizer(const std::filesystem::path& folder,
                                                             const FolderHints& hints) {
    const std::filesystem::path path = folder / "qwen.tiktoken";
    if (!is_there(path)) {
        return config_error("the folder has neither tokenizer.json nor qwen.tiktoken", folder.string());
    }
    const auto vocabulary = std::make_shared<Vocabulary>(path.string());
    TANDEM_TRY(read_ranks(path, *vocabulary));
    const std::int64_t ranks = vocabulary->size();
    std::vector<float> scores;
    for (std::int64_t rank = 0; rank < ranks; ++rank) {
        scores.push_back(-static_cast<float>(rank));
    }
    TokenizerParts parts;
    std::vector<std::string> special{"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
    for (int i = 0; i < extra_tokens; ++i) {
        special.push_back("<|extra_" + std::to_string(i) + "|>");
    }
    for (const std::string& token : special) {
        const auto id = static_cast<TokenId>(vocabulary->size());
        TANDEM_TRY(vocabulary->add(token, id));
        parts.added.push_back({.id = id, .content = token, .special = true});
        scores.push_back(0);
    }
    std::vector<PieceUse> uses(scores.size(), PieceUse::none);
    std::fill(uses.begin(), uses.begin() + ranks, PieceUse::normal);
    parts.eos = static_cast<TokenId>(ranks);
    parts.vocabulary = vocabulary;
    // Every byte is a token, so nothing is unknown.
    auto merging = TANDEM_TRY(ScoreBpe::create(vocabulary, std::move(scores), std::move(uses), TokenId{0}));
    parts.model = std::make_unique<const RankBpe>(vocabulary, std::move(merging));
    parts.byte_level = true;
    parts.normaliser.push_back({.kind = NormaliseStep::Kind::form, .form = Form::nfc});
    parts.splits.push_back({.regex = TANDEM_TRY(SplitRegex::compile(qwen2_expression, path.string()))});
    parts.decoder.push_back({.kind = DecodeStep::Kind::byte_level});
    parts.kind = "byte-level BPE by ranks (Qwen)";
    TANDEM_TRY(apply_hints(hints, parts));
    return make_tokenizer(std::move(parts));
}

}  // namespace tandem
