#include "engine/models/catalogue.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/models/catalogue_text.h"
#include "engine/models/inspect.h"
#include "engine/models/inspect_check.h"

namespace tandem {
namespace {

// The text is part of the program and a test reads every row, so a fault in it cannot reach a user.
std::vector<CatalogueModel> read_catalogue() {
    std::vector<CatalogueModel> models;
    const auto parsed = nlohmann::json::parse(catalogue_text());
    for (const nlohmann::json& row : parsed.at("models")) {
        models.push_back({.id = row.at("id"),
                          .aliases = row.value("aliases", std::vector<std::string>()),
                          .checkpoint = row.at("checkpoint"),
                          .reported_parameters = row.at("reported_parameters"),
                          .exact_parameters = row.at("exact_parameters"),
                          .note = row.value("note", ""),
                          .config = row.at("config").dump()});
    }
    return models;
}

// Ids are ASCII; people write smollm2-135m as often as SmolLM2-135M.
bool same_id(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b,
                              [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

std::span<const CatalogueModel> catalogue() {
    static const std::vector<CatalogueModel> models = read_catalogue();
    return models;
}

Result<const CatalogueModel*> catalogue_model(std::string_view id) {
    std::vector<std::string> ids;
    for (const CatalogueModel& model : catalogue()) {
        const bool is_alias = std::ranges::any_of(model.aliases, [&](const auto& alias) { return same_id(alias, id); });
        if (is_alias || same_id(model.id, id) || same_id(model.checkpoint, id)) {
            return &model;
        }
        ids.push_back(model.id);
    }
    return Error{.code = "MODEL_NOT_IN_CATALOGUE",
                 .message = "the catalogue has no shape of this name; nearest are " + nearest_names(id, ids, 3),
                 .where = "random:" + std::string(id),
                 .kind = ErrorKind::bad_input};
}

Result<ModelShape> catalogue_shape(std::string_view id) {
    const CatalogueModel* model = TANDEM_TRY(catalogue_model(id));
    return shape_from_config(model->config, "random:" + model->id);
}

}  // namespace tandem
