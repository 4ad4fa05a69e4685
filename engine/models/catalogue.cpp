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

ModelShape shape_of(const nlohmann::json& row) {
    ModelShape shape;
    row.at("architecture").get_to(shape.architecture);
    row.at("layers").get_to(shape.layers);
    row.at("hidden").get_to(shape.hidden);
    row.at("heads").get_to(shape.heads);
    row.at("kv_heads").get_to(shape.kv_heads);
    row.at("head_dim").get_to(shape.head_dim);
    row.at("ffn").get_to(shape.ffn);
    row.at("vocab").get_to(shape.vocab);
    row.at("context").get_to(shape.context);
    row.at("tied_embeddings").get_to(shape.tied_embeddings);
    row.at("norm_epsilon").get_to(shape.norm_epsilon);
    row.at("rope_theta").get_to(shape.rope_theta);
    if (const auto scaling = row.find("rope_scaling"); scaling != row.end()) {
        scaling->at("type").get_to(shape.rope_scaling_type);
        scaling->at("factor").get_to(shape.rope_scaling_factor);
        scaling->at("low_freq_factor").get_to(shape.rope_low_freq_factor);
        scaling->at("high_freq_factor").get_to(shape.rope_high_freq_factor);
        scaling->at("original_context").get_to(shape.rope_original_context);
    }
    return shape;
}

// The text is part of the program and a test reads every row, so a fault in it cannot reach a user.
std::vector<CatalogueModel> read_catalogue() {
    std::vector<CatalogueModel> models;
    const auto parsed = nlohmann::json::parse(catalogue_text());
    for (const nlohmann::json& row : parsed.at("models")) {
        models.push_back({.id = row.at("id"),
                          .checkpoint = row.at("checkpoint"),
                          .reported_parameters = row.at("reported_parameters"),
                          .shape = shape_of(row)});
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

Result<ModelShape> catalogue_shape(std::string_view id) {
    std::vector<std::string> ids;
    for (const CatalogueModel& model : catalogue()) {
        if (same_id(model.id, id)) {
            return model.shape;
        }
        ids.push_back(model.id);
    }
    return Error{.code = "MODEL_NOT_IN_CATALOGUE",
                 .message = "the catalogue has no shape of this name; nearest are " + nearest_names(id, ids, 3),
                 .where = "random:" + std::string(id),
                 .kind = ErrorKind::bad_input};
}

}  // namespace tandem
