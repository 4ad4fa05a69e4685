// Models of random weights: reproducible, normal, and as large in memory as their format says.
#include <cmath>

#include "engine/models/inspect.h"
#include "engine/models/weight_source.h"
#include "tests/engine/models/model_support.h"

namespace tandem::test {
namespace {

at::Tensor drawn(std::uint64_t seed, const std::string& name, std::int64_t rows, std::int64_t columns, Dtype dtype) {
    TensorList list;
    const TensorSpec& spec = list.matrix(name, "", rows, columns, Part::other);
    return random_weights(seed, list, {.dtype = dtype})->matrix(spec)->rows_at(at::arange(rows));
}

TEST(RandomWeights, are_normal_with_a_deviation_of_two_hundredths) {
    const at::Tensor x = drawn(1, "w", 1000, 1000, Dtype::f32).to(at::kDouble) / 0.02;
    // Standard errors over a million draws: 0.001 of the mean, 0.0007 of the deviation, 0.005 of the kurtosis.
    EXPECT_NEAR(x.mean().item<double>(), 0, 0.004);
    EXPECT_NEAR(x.std().item<double>(), 1, 0.003);
    EXPECT_NEAR(x.pow(4).mean().item<double>(), 3, 0.02);
    EXPECT_NEAR((x < -1.6448536).to(at::kDouble).mean().item<double>(), 0.05, 0.001);
    // Neighbours in a row, and rows, are not correlated.
    EXPECT_NEAR((x.narrow(1, 0, 999) * x.narrow(1, 1, 999)).mean().item<double>(), 0, 0.004);
    EXPECT_NEAR((x.narrow(0, 0, 999) * x.narrow(0, 1, 999)).mean().item<double>(), 0, 0.004);
}

TEST(RandomWeights, depend_on_seed_and_name_alone) {
    const at::Tensor x = drawn(1, "w", 64, 64, Dtype::f32);
    EXPECT_TRUE(drawn(1, "w", 64, 64, Dtype::f32).equal(x));
    EXPECT_TRUE(drawn(1, "w", 32, 64, Dtype::f32).equal(x.narrow(0, 0, 32)));
    EXPECT_FALSE(drawn(2, "w", 64, 64, Dtype::f32).equal(x));
    EXPECT_FALSE(drawn(1, "v", 64, 64, Dtype::f32).equal(x));
    at::set_num_threads(1);
    EXPECT_TRUE(drawn(1, "w", 64, 64, Dtype::f32).equal(x));
    at::set_num_threads(2);
}

TEST(RandomWeights, in_other_formats_are_the_same_numbers_rounded) {
    const at::Tensor x = drawn(1, "w", 64, 64, Dtype::f32);
    EXPECT_TRUE(drawn(1, "w", 64, 64, Dtype::bf16).equal(x.to(at::kBFloat16).to(at::kFloat)));
    EXPECT_TRUE(drawn(1, "w", 64, 64, Dtype::f16).equal(x.to(at::kHalf).to(at::kFloat)));
    EXPECT_LT(largest_difference(drawn(1, "w", 64, 64, Dtype::int8), x), 0.1 / 127);
    EXPECT_LT(largest_difference(drawn(1, "w", 64, 64, Dtype::int4), x), 0.1 / 8);
}

TEST(RandomModel, takes_the_bytes_of_its_format_and_repeats_its_logits) {
    const std::string location = "random:smollm2-135m";  // in any case of letters
    const ModelShape shape = catalogue_shape("SmolLM2-135M").value();
    const std::int64_t norms = 61 * shape.hidden;
    const std::int64_t matrices = parameter_count(shape) - norms;
    const at::Tensor ids = at::arange(1, 6);
    at::Tensor logits;
    for (const auto& [dtype, bits] : {std::pair(Dtype::f32, 32.0), std::pair(Dtype::bf16, 16.0),
                                      std::pair(Dtype::int8, 8.5), std::pair(Dtype::int4, 4.5)}) {
        const auto model = load(location, dtype, 11);
        ASSERT_TRUE(model.ok()) << model.error().to_string();
        EXPECT_EQ((*model)->weights_bytes(),
                  static_cast<std::int64_t>(static_cast<double>(matrices) * bits / 8) + 4 * norms)
            << enum_name(dtype);
        const at::Tensor found = logits_of(**model, ids);
        EXPECT_TRUE(found.isfinite().all().item<bool>());
        if (dtype == Dtype::f32) {
            logits = found;
        } else {
            const double cosine = at::cosine_similarity(found[4], logits[4], 0).item<double>();
            EXPECT_GT(cosine, dtype == Dtype::int4 ? 0.8 : 0.995) << enum_name(dtype);
        }
    }
    EXPECT_TRUE(logits_of(**load(location, Dtype::f32, 11), ids).equal(logits));
    EXPECT_FALSE(logits_of(**load(location, Dtype::f32, 12), ids).equal(logits));
}

}  // namespace
}  // namespace tandem::test
