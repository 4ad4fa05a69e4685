// Typed look-ups in a config.json that remember what was asked for, so that a key which changes what is computed and
// which a family does not know is refused, not ignored. null counts as absent.
// Errors: CFG_MISSING, CFG_TYPE, CFG_RANGE, CFG_UNSUPPORTED; all say that nothing was loaded.
// Thread rule: one thread at a time; the JSON must outlive the reader.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"
#include "engine/nn/activation.h"

namespace tandem {

class ConfigReader {
public:
    ConfigReader(const nlohmann::json& object, std::string origin);

    const std::string& origin() const { return origin_; }
    // Present and not null; counts as a look-up.
    bool has(std::string_view key) const;
    // There and null, which a few configurations mean otherwise than absent.
    bool says_null(std::string_view key) const;
    // The JSON under a key; null where it is absent.
    const nlohmann::json& value(std::string_view key) const;

    // Without `absent` the key must be there.
    Result<std::int64_t> integer(std::string_view key, std::optional<std::int64_t> absent = std::nullopt) const;
    Result<double> real(std::string_view key, std::optional<double> absent = std::nullopt) const;
    Result<std::string> text(std::string_view key, std::optional<std::string> absent = std::nullopt) const;
    Result<bool> truth(std::string_view key, std::optional<bool> absent = std::nullopt) const;
    // Empty where the key is absent.
    Result<std::vector<std::int64_t>> integers(std::string_view key) const;
    Result<std::vector<double>> reals(std::string_view key) const;
    Result<std::vector<std::string>> texts(std::string_view key) const;
    // The object under a key, whose look-ups are its own. The key must be there.
    Result<ConfigReader> object(std::string_view key) const;

    // An integer that divides: hidden / heads where `key` is absent. Errors: CFG_HEADS.
    Result<std::int64_t> head_dim(std::string_view key, std::int64_t hidden, std::int64_t heads) const;

    // A function of feed-forward blocks by its name; one that this version does not compute is refused.
    Result<Activation> activation(std::string_view key, std::string absent) const;

    // Refuses the key with any other value than `neutral` (or absent).
    Result<void> refuse_unless(std::string_view key, const nlohmann::json& neutral) const;
    // Refuses every key of the list of keys known to change what is computed, in any family, that nobody looked up
    // and whose value is not the one that changes nothing. Called once, after a family has read its configuration.
    Result<void> refuse_unread() const;

    // "W_...: ..." for the facts of the model.
    void warn(std::string warning) const { warnings_->push_back(std::move(warning)); }
    const std::vector<std::string>& warnings() const { return *warnings_; }

    Error fault(const char* code, const std::string& message) const;
    // CFG_UNSUPPORTED: `what` "is not supported by this version, and computing without it would be wrong".
    Error unsupported(const std::string& what) const;

private:
    Error missing(std::string_view key) const;
    Error wrong_type(std::string_view key, const char* need, const nlohmann::json& value) const;
    template <class Item, class Read>
    Result<std::vector<Item>> list(std::string_view key, const char* need, Read&& read) const;

    const nlohmann::json* object_;
    std::string origin_;
    std::shared_ptr<std::set<std::string, std::less<>>> asked_;
    std::shared_ptr<std::vector<std::string>> warnings_;
};

}  // namespace tandem
