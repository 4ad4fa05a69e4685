#include "engine/models/target_tokens.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/inspect_sources.h"
#include "engine/tensor/mapped_file.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

// An id or a list of ids, of which the lowest wins, as it does where the reference gives all of them one score.
Result<std::int64_t> one_id(const ConfigReader& config, std::string_view key, std::int64_t absent) {
    if (!config.value(key).is_array()) {
        return config.integer(key, absent);
    }
    const std::vector<std::int64_t> ids = TANDEM_TRY(config.integers(key));
    return ids.empty() ? absent : *std::ranges::min_element(ids);
}

// Words of one token: longer ones depend on what stands before.
Result<void> add_bad_words(const ConfigReader& config, std::vector<std::int64_t>& never) {
    const Json& words = config.value("bad_words_ids");
    if (!words.is_array()) {
        return {};
    }
    for (const Json& word : words) {
        if (word.is_array() && word.size() == 1 && word[0].is_number_integer()) {
            never.push_back(word[0].get<std::int64_t>());
        }
    }
    return {};
}

}  // namespace

Result<TargetTokens> read_target_tokens(const ConfigReader& config, TargetTokens absent) {
    TargetTokens target = std::move(absent);
    // A target without a start of its own begins as a sequence does.
    target.start = TANDEM_TRY(one_id(config, "bos_token_id", target.start));
    target.start = TANDEM_TRY(one_id(config, "decoder_start_token_id", target.start));
    target.forced_first = TANDEM_TRY(one_id(config, "forced_bos_token_id", target.forced_first));
    target.forced_last = TANDEM_TRY(one_id(config, "forced_eos_token_id", target.forced_last));
    TANDEM_TRY(add_bad_words(config, target.never));
    for (const std::int64_t id : TANDEM_TRY(config.integers("suppress_tokens"))) {
        target.never.push_back(id);
    }
    return target;
}

Result<void> read_generation_config(const std::filesystem::path& folder, ModelShape& shape) {
    const std::filesystem::path path = folder / "generation_config.json";
    std::error_code ignored;
    if (shape.kind != ModelKind::encoder_decoder || !std::filesystem::exists(path, ignored)) {
        return {};
    }
    const auto file = TANDEM_TRY(MappedFile::open(path, EmptyFile::allowed));
    const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    const Json json = TANDEM_TRY(parse_config(text, path.string()));
    const ConfigReader config(json, path.string());
    // Where there is such a file, what the model's configuration forces and forbids is not looked at, as in the
    // reference; nor are the defaults of its class, which files that mean them state.
    shape.target = TANDEM_TRY(read_target_tokens(config, {.start = shape.target.start}));
    return check_target_tokens(shape, path.string());
}

Result<void> check_target_tokens(const ModelShape& shape, const std::string& origin) {
    const std::int64_t last = shape.vocab - 1;
    TANDEM_TRY(check_range("decoder_start_token_id", shape.target.start, 0, last, origin));
    TANDEM_TRY(check_range("forced_bos_token_id", shape.target.forced_first, -1, last, origin));
    TANDEM_TRY(check_range("forced_eos_token_id", shape.target.forced_last, -1, last, origin));
    for (const std::int64_t id : shape.target.never) {
        TANDEM_TRY(check_range("a token of bad_words_ids or suppress_tokens", id, 0, last, origin));
    }
    return {};
}

}  // namespace tandem
