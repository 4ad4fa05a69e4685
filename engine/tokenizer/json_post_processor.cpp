#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/json_walk.h"

namespace tandem {
namespace {

Result<TokenId> known_token(const JsonFields& fields, const Vocabulary& vocabulary, const std::string& name,
                            const Json& id) {
    const auto there = vocabulary.find(name);
    if (!there) {
        return fields.refuse("names the token '" + printable(name) + "', which is not in the vocabulary");
    }
    if (!id.is_number_integer() || id.get<std::int64_t>() != *there) {
        return tokenizer_error("TOK_ID_RANGE",
                               fields.what() + ": '" + printable(name) + "' has the id " + shown(id) + " here and " +
                                   std::to_string(*there) + " in the vocabulary",
                               fields.origin());
    }
    return *there;
}

Result<void> read_template(const JsonFields& fields, const Vocabulary& vocabulary, std::vector<TokenId>& before,
                           std::vector<TokenId>& after) {
    const Json* single = TANDEM_TRY(fields.list("single"));
    const Json* known = fields.find("special_tokens");
    if (single->size() > most_parts) {
        return fields.refuse("more than " + std::to_string(most_parts) + " parts");
    }
    std::vector<TokenId> head;
    std::vector<TokenId> tail;
    bool seen_text = false;
    for (const Json& item : *single) {
        const JsonFields part(item, fields.what() + ".single", fields.origin());
        if (const Json* sequence = part.find("Sequence")) {
            const std::string id = TANDEM_TRY(JsonFields(*sequence, part.what(), fields.origin()).text("id"));
            if (id != "A" || seen_text) {
                return part.refuse("must name the sequence A once, found '" + printable(id) + "'");
            }
            seen_text = true;
            continue;
        }
        const Json* special = part.find("SpecialToken");
        if (special == nullptr) {
            return part.refuse("a part is neither Sequence nor SpecialToken");
        }
        const std::string name = TANDEM_TRY(JsonFields(*special, part.what(), fields.origin()).text("id"));
        const Json* entry = nullptr;
        if (known != nullptr && known->is_object() && known->contains(name)) {
            entry = &known->at(name);
        }
        if (entry == nullptr) {
            return part.refuse("names '" + printable(name) + "', which special_tokens does not have");
        }
        const JsonFields described(*entry, part.what() + "." + printable(name), fields.origin());
        const Json* ids = TANDEM_TRY(described.list("ids"));
        const Json* tokens = TANDEM_TRY(described.list("tokens"));
        if (ids->size() != tokens->size() || ids->size() > most_parts) {
            return described.refuse("'ids' and 'tokens' differ in length");
        }
        for (std::size_t i = 0; i < ids->size(); ++i) {
            if (!(*tokens)[i].is_string()) {
                return described.refuse("a token is not a string");
            }
            (seen_text ? tail : head)
                .push_back(TANDEM_TRY(known_token(described, vocabulary, (*tokens)[i].get<std::string>(), (*ids)[i])));
        }
    }
    if (!seen_text) {
        return fields.refuse("the template has no sequence A");
    }
    before.insert(before.begin(), head.begin(), head.end());
    after.insert(after.end(), tail.begin(), tail.end());
    return {};
}

Result<TokenId> named_pair(const JsonFields& fields, const Vocabulary& vocabulary, std::string_view key) {
    const Json* pair = TANDEM_TRY(fields.list(key));
    if (pair->size() != 2 || !(*pair)[0].is_string()) {
        return fields.refuse("'" + std::string(key) + "' must be a token and its id");
    }
    return known_token(fields, vocabulary, (*pair)[0].get<std::string>(), (*pair)[1]);
}

}  // namespace

Result<void> read_post_processor(const Json& value, const Vocabulary& vocabulary, std::vector<TokenId>& before,
                                 std::vector<TokenId>& after) {
    const std::string& origin = vocabulary.origin();
    return walk(value, "post_processor", "processors", origin,
                [&](const std::string& type, const JsonFields& fields) -> Result<void> {
                    if (type == "ByteLevel") {
                        return {};  // it only trims offsets
                    }
                    if (type == "TemplateProcessing") {
                        return read_template(fields, vocabulary, before, after);
                    }
                    if (type == "BertProcessing" || type == "RobertaProcessing") {
                        before.insert(before.begin(), TANDEM_TRY(named_pair(fields, vocabulary, "cls")));
                        after.push_back(TANDEM_TRY(named_pair(fields, vocabulary, "sep")));
                        return {};
                    }
                    return unsupported("the post_processor", type,
                                       "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing",
                                       origin);
                });
}

}  // namespace tandem
