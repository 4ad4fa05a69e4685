#include "engine/pairing/trained_parts.h"

#include <type_traits>
#include <vector>

namespace tandem {
namespace {

namespace fs = std::filesystem;

Error refused(const fs::path& folder, std::string message) {
    return {.code = "PAIRING_FOLDER", .message = std::move(message) + "; nothing was loaded", .where = folder.string()};
}

bool holds(const fs::path& folder, std::string_view name) {
    std::error_code failed;
    return fs::is_directory(folder / name, failed);
}

struct Spelled {
    std::vector<std::pair<std::string, std::string>> fields;

    template <class Field>
    void operator()(const FieldInfo& info, const Field& field) {
        if constexpr (std::is_enum_v<Field>) {
            fields.emplace_back(info.name, enum_name(field));
        } else {
            fields.emplace_back(info.name, std::to_string(field));
        }
    }
};

std::vector<std::pair<std::string, std::string>> values_of(const PairingSettings& settings) {
    Spelled visitor;
    PairingSettings::visit(settings, visitor);
    return visitor.fields;
}

Result<void> check_sum(const fs::path& folder, const ModelRef& trained, const ModelRef& declared,
                       const std::string& whose) {
    const auto differ = [](const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; };
    if (differ(trained.sha256, declared.sha256) || differ(trained.adapter_sha256, declared.adapter_sha256)) {
        return refused(folder, "it was trained with another " + whose + " than " + declared.location + ": '" +
                                   (trained.name.empty() ? trained.location : trained.name) + "', sha256 " +
                                   trained.sha256 + " (declared: " + declared.sha256 + ")");
    }
    return {};
}

}  // namespace

Result<ModelRef> trained_model(const fs::path& folder, const ModelRef& declared) {
    const bool whole = holds(folder, trained_model_folder);
    const bool adapter = holds(folder, trained_adapter_folder);
    if (whole && adapter) {
        return refused(folder, "it has both a whole model (small) and an adapter, of which one must be the trained");
    }
    ModelRef model = declared;
    if (whole) {
        model.location = (folder / trained_model_folder).string();
        model.sha256.clear();
        model.adapter.clear();
        model.adapter_sha256.clear();
    } else if (adapter) {
        if (!declared.adapter.empty()) {
            return refused(folder, "it has an adapter, and the model is declared with another, " + declared.adapter);
        }
        model.adapter = (folder / trained_adapter_folder).string();
    }
    return model;
}

Result<void> check_trained_with(const fs::path& folder, const SavedPairing& saved, const ModelRef& model,
                                const ModelRef& partner) {
    TANDEM_TRY(check_sum(folder, saved.large, partner, "large model"));
    return holds(folder, trained_model_folder) ? Result<void>() : check_sum(folder, saved.small, model, "small model");
}

Result<void> check_trained_with(const fs::path& folder, const SavedSoftPrompt& saved, const ModelRef& model) {
    return holds(folder, trained_model_folder) ? Result<void>() : check_sum(folder, saved.model, model, "model");
}

Result<std::int64_t> trained_soft_tokens(const fs::path& folder, std::int64_t trained, std::int64_t declared) {
    if (declared != SoftPromptOptions{}.soft_tokens && declared != trained) {
        return refused(folder, "it was trained with soft_tokens " + std::to_string(trained) + ", declared is " +
                                   std::to_string(declared));
    }
    return trained;
}

Result<PairingSettings> trained_settings(const fs::path& folder, const PairingSettings& trained,
                                         const PairingSettings& declared) {
    const auto had = values_of(trained);
    const auto said = values_of(declared);
    const auto defaults = values_of(PairingSettings{});
    for (std::size_t i = 0; i < had.size(); ++i) {
        if (said[i].second != defaults[i].second && said[i].second != had[i].second) {
            return refused(folder, "it was trained with " + had[i].first + " " + had[i].second + ", declared is " +
                                       said[i].second);
        }
    }
    return trained;
}

}  // namespace tandem
