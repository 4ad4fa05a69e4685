// docs/formats says what the program does: schema, tables of knobs and every example.
#include "tests/experiments/spec/language_docs.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/experiments/spec/spec_fixture.h"

namespace tandem::test {
namespace {

std::string file_text(const std::string& name) {
    return read_file(TANDEM_SOURCE_DIR "/" + name);
}

TEST(LanguageDocs, the_published_schema_is_the_generated_one) {
    EXPECT_TRUE(file_text("docs/formats/experiment.schema.json") == experiment_json_schema()) << how_to_refresh;
}

TEST(LanguageDocs, the_tables_of_knobs_are_the_generated_ones) {
    const std::string page = file_text("docs/formats/experiment.md");
    ASSERT_FALSE(with_knob_tables(page).empty()) << "the marks are gone";
    EXPECT_TRUE(page == with_knob_tables(page)) << how_to_refresh;
}

// ```yaml
// tandem: 1 ... is a whole experiment; other blocks are parts.
std::vector<std::string> whole_examples(const std::string& page) {
    std::vector<std::string> examples;
    constexpr std::string_view fence = "```yaml\n";
    for (std::size_t at = page.find(fence); at != page.npos; at = page.find(fence, at)) {
        at += fence.size();
        const std::string block = page.substr(at, page.find("```", at) - at);
        if (block.find("tandem: 1") != block.npos) {
            examples.push_back(block);
        }
    }
    return examples;
}

TEST(LanguageDocs, every_whole_example_is_accepted) {
    std::size_t count = 0;
    for (const std::string page : {"docs/formats/experiment.md", "docs/howto/write-an-experiment.md"}) {
        const Folder folder;
        folder.write("prompts.txt", "one\ntwo\n");
        // Examples may build on the first of their page.
        const std::vector<std::string> examples = whole_examples(file_text(page));
        EXPECT_FALSE(examples.empty()) << page;
        for (const std::string& example : examples) {
            if (&example == &examples.front()) {
                folder.write("common.yaml", example);
            }
            const Result<ExperimentSpec> spec = read_experiment(folder.write("e.yaml", example));
            EXPECT_TRUE(spec.ok()) << page << "\n" << example << "\n" << spec.error().to_string();
            ++count;
        }
    }
    EXPECT_GE(count, 6U);
}

// The parts of JSON schema that ours uses.
class Checker {
public:
    explicit Checker(const nlohmann::json& root) : root_(root) {}

    void check(const nlohmann::json& schema, const std::string& where) {
        static const std::set<std::string> known{"$schema",
                                                 "$defs",
                                                 "$ref",
                                                 "title",
                                                 "description",
                                                 "default",
                                                 "type",
                                                 "properties",
                                                 "patternProperties",
                                                 "additionalProperties",
                                                 "required",
                                                 "items",
                                                 "minItems",
                                                 "minProperties",
                                                 "minLength",
                                                 "maxLength",
                                                 "minimum",
                                                 "maximum",
                                                 "pattern",
                                                 "enum",
                                                 "const",
                                                 "anyOf",
                                                 "oneOf",
                                                 "not",
                                                 "if",
                                                 "then"};
        ASSERT_TRUE(schema.is_object() || schema.is_boolean()) << where;
        if (schema.is_boolean()) {
            return;
        }
        for (const auto& [key, value] : schema.items()) {
            EXPECT_TRUE(known.contains(key)) << where << "/" << key;
            if (key == "properties" || key == "patternProperties" || key == "$defs") {
                for (const auto& [name, inner] : value.items()) {
                    check(inner, where + "/" + name);
                }
            } else if (key == "items" || key == "not" || key == "if" || key == "then" ||
                       key == "additionalProperties") {
                check(value, where + "/" + key);
            } else if (key == "anyOf" || key == "oneOf") {
                for (const nlohmann::json& inner : value) {
                    check(inner, where + "/" + key);
                }
            } else if (key == "$ref") {
                EXPECT_TRUE(root_.contains(nlohmann::json::json_pointer(value.get<std::string>().substr(1)))) << where;
            }
        }
    }

private:
    const nlohmann::json& root_;
};

TEST(LanguageDocs, the_schema_is_closed_and_knows_every_knob) {
    const nlohmann::json schema = nlohmann::json::parse(experiment_json_schema());
    EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    Checker(schema).check(schema, "#");
    EXPECT_EQ(schema["additionalProperties"], false);
    const auto workload_schemas = schema["then"]["properties"]["workloads"]["patternProperties"].front()["oneOf"];
    const auto pairing_schemas = schema["then"]["properties"]["pairings"]["patternProperties"].front()["oneOf"];
    for (const KnobDescription& knob : describe_knobs()) {
        nlohmann::json properties;
        if (knob.section == "load" || knob.section == "execution") {
            properties = schema["properties"][knob.section]["anyOf"][0]["properties"];
        } else if (knob.section == "target") {
            properties =
                schema["properties"]["targets"]["anyOf"][0]["patternProperties"].front()["anyOf"][0]["properties"];
        } else if (enum_from_name<PairingMethod>(knob.section)) {
            for (const auto& pairing : pairing_schemas) {
                if (pairing.contains("properties") && pairing["properties"]["method"]["const"] == knob.section) {
                    properties = pairing["properties"];
                }
            }
        } else {
            for (const auto& workload : workload_schemas) {
                const nlohmann::json& kind = workload["properties"]["kind"];
                if (kind.value("const", "") == knob.section || (knob.section == "null" && kind.contains("enum"))) {
                    properties = workload["properties"];
                }
            }
        }
        ASSERT_TRUE(properties.contains(knob.name)) << knob.section << "." << knob.name;
        EXPECT_TRUE(properties[knob.name]["description"].get<std::string>().starts_with(knob.doc));
        EXPECT_FALSE(knob.doc.empty()) << knob.name;
    }
}

}  // namespace
}  // namespace tandem::test
