// adapter_config.json: what is read and what is refused before any tensor is looked at.
#include <gtest/gtest.h>

#include "engine/models/adapter_config.h"

namespace tandem {
namespace {

Result<AdapterConfig> parse(const std::string& more) {
    return parse_adapter_config(R"({"peft_type":"LORA","r":4,"lora_alpha":8,"target_modules":["q_proj"])" + more + "}",
                                "adapter_config.json");
}

std::string code_of(const std::string& more) {
    const auto config = parse(more);
    return config.ok() ? "accepted" : config.error().code;
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

TEST(AdapterConfig, the_rank_of_a_module_is_that_of_the_first_pattern_that_matches) {
    const AdapterConfig config = parse(R"(,"rank_pattern":{"layers.1.q_proj":2,"q_proj":16})").value();
    EXPECT_EQ(config.rank_of("model.layers.1.q_proj").value(), 2);
    EXPECT_EQ(config.rank_of("model.layers.0.q_proj").value(), 16);
    EXPECT_EQ(config.rank_of("model.layers.0.v_proj").value(), 4);
    EXPECT_DOUBLE_EQ(config.scale_of("model.layers.1.q_proj").value(), 4);
}

TEST(AdapterConfig, a_rank_by_pattern_that_is_no_rank_is_refused) {
    for (const char* rank : {"1e300", "65537", "2.5", "18446744073709551615"}) {
        EXPECT_EQ(code_of(std::string(R"(,"rank_pattern":{"q_proj":)") + rank + "}"), "CFG_RANGE") << rank;
    }
    for (const char* rank : {"0", "-1", "\"4\"", "null"}) {
        EXPECT_EQ(code_of(std::string(R"(,"rank_pattern":{"q_proj":)") + rank + "}"), "CFG_TYPE") << rank;
    }
    EXPECT_EQ(code_of(R"(,"rank_pattern":{"q_proj":65536})"), "accepted");
}

// A step back keeps the bounds of every group of the pattern: a thousand groups and some thousand steps are gigabytes.
TEST(AdapterConfig, a_pattern_that_takes_too_much_memory_is_refused) {
    const std::string pattern = repeated("()", 1000) + "(?:a|b)*c";
    const AdapterConfig config = parse(R"(,"rank_pattern":{")" + pattern + R"(":2})").value();
    const auto rank = config.rank_of(std::string(60000, 'a'));
    ASSERT_FALSE(rank.ok());
    EXPECT_EQ(rank.error().code, "CFG_RANGE");
}

}  // namespace
}  // namespace tandem
