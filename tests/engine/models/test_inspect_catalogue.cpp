#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "engine/models/catalogue.h"
#include "engine/models/inspect.h"
#include "engine/models/llama/config.h"

namespace tandem {
namespace {

TEST(Catalogue, counted_parameters_are_those_of_the_reference_and_near_the_reported_unless_a_note_says_why_not) {
    ASSERT_GE(catalogue().size(), 120U);
    for (const CatalogueModel& model : catalogue()) {
        const std::int64_t counted = parameter_count(catalogue_shape(model.id).value());
        EXPECT_EQ(counted, model.exact_parameters) << model.id;
        const double ratio = static_cast<double>(counted) / static_cast<double>(model.reported_parameters);
        EXPECT_TRUE(!model.note.empty() || std::abs(ratio - 1) < 0.01) << model.id << ": " << counted;
    }
}

TEST(Catalogue, every_shape_passes_the_checks_and_ids_are_unique) {
    std::set<std::string> ids;
    for (const CatalogueModel& model : catalogue()) {
        EXPECT_TRUE(ids.insert(model.id).second) << model.id;
        const auto shape = catalogue_shape(model.id);
        EXPECT_TRUE(shape.ok()) << shape.error().to_string();
    }
}

TEST(Catalogue, exact_counts_of_known_checkpoints) {
    EXPECT_EQ(parameter_count(*catalogue_shape("SmolLM2-135M")), 134515008);
    EXPECT_EQ(parameter_count(*catalogue_shape("TinyLlama-1.1B")), 1100048384);
    EXPECT_EQ(parameter_count(*catalogue_shape("Llama-3.2-1B")), 1235814400);
}

TEST(Catalogue, an_id_is_found_however_its_letters_are_cased) {
    EXPECT_EQ(parameter_count(*catalogue_shape("smollm2-135m")), 134515008);
    EXPECT_FALSE(catalogue_shape("smollm2-135m ").ok());
}

TEST(Catalogue, a_misspelt_id_is_answered_with_the_nearest) {
    const auto shape = catalogue_shape("smollm2-135");
    ASSERT_FALSE(shape.ok());
    EXPECT_EQ(shape.error().code, "MODEL_NOT_IN_CATALOGUE");
    EXPECT_NE(shape.error().message.find("nearest are SmolLM2-135M"), std::string::npos) << shape.error().message;
}

TEST(Catalogue, a_random_model_has_facts_without_a_file) {
    const auto facts = inspect_model("random:Llama-3.2-1B");
    ASSERT_TRUE(facts.ok());
    EXPECT_EQ(facts->format, "random");
    EXPECT_EQ(facts->location, "random:Llama-3.2-1B");
    EXPECT_EQ(facts->weights_bytes, 4 * facts->parameters);
    EXPECT_EQ(config_of<llama::Config>(facts->shape).rope.factor, 32);
    std::int64_t sum = 0;
    for (const auto& [part, bytes] : facts->bytes_by_part) {
        sum += bytes;
    }
    EXPECT_EQ(sum, facts->weights_bytes);
}

}  // namespace
}  // namespace tandem
