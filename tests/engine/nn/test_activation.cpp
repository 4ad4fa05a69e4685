// Activations against values of transformers 5.17 (ACT2FN[name](tensor([-12, -1.5, -0.2, 0.3, 2, 12])), f64).
#include <gtest/gtest.h>

#include <array>

#include "engine/nn/mlp.h"

namespace tandem {
namespace {

struct Values {
    const char* name;
    std::array<double, 6> of;
};

constexpr Values references[]{
    // clang-format off
    {"silu", {-7.373009523e-05, -0.2736382857, -0.09003320054, 0.172332755, 1.761594156, 11.99992627}},
    {"swish", {-7.373009523e-05, -0.2736382857, -0.09003320054, 0.172332755, 1.761594156, 11.99992627}},
    {"gelu", {-0, -0.1002108019, -0.08414805811, 0.1853734267, 1.954499736, 12}},
    {"gelu_python", {-0, -0.1002108019, -0.08414805811, 0.1853734267, 1.954499736, 12}},
    {"gelu_new", {-0, -0.100428423, -0.08414857022, 0.1853709235, 1.954597694, 12}},
    {"gelu_pytorch_tanh", {-0, -0.100428423, -0.08414857022, 0.1853709235, 1.954597694, 12}},
    {"gelu_python_tanh", {-0, -0.100428423, -0.08414857022, 0.1853709235, 1.954597694, 12}},
    {"gelu_fast", {-0, -0.100428423, -0.08414857022, 0.1853709235, 1.954597694, 12}},
    {"gelu_accurate", {-0, -0.100428423, -0.08414857022, 0.1853709235, 1.954597694, 12}},
    {"quick_gelu", {-1.618641784e-08, -0.1083378016, -0.08314246311, 0.1874841354, 1.935658623, 11.99999998}},
    {"relu", {0, 0, 0, 0.3, 2, 12}},
    {"relu2", {0, 0, 0, 0.09, 4, 144}},
    {"relu6", {0, 0, 0, 0.3, 2, 6}},
    {"leaky_relu", {-0.12, -0.015, -0.002, 0.3, 2, 12}},
    {"gelu_10", {-0, -0.1002108019, -0.08414805811, 0.1853734267, 1.954499736, 10}},
    {"hardswish", {-0, -0.375, -0.09333333333, 0.165, 1.666666667, 12}},
    {"mish", {-7.373032173e-05, -0.2980997422, -0.1071447809, 0.2080013723, 1.94395896, 12}},
    {"laplace", {0, 2.553512957e-15, 0.0006508420318, 0.07448831139, 0.9999977102, 1}},
    {"sqrtsoftplus", {0.002478748369, 0.4487909068, 0.7733943815, 0.9243133908, 1.458399126, 3.464102502}},
    {"tanh", {-0.9999999999, -0.9051482536, -0.1973753202, 0.2913126125, 0.9640275801, 0.9999999999}},
    {"sigmoid", {6.144174602e-06, 0.1824255238, 0.4501660027, 0.5744425168, 0.880797078, 0.9999938558}},
    {"linear", {-12, -1.5, -0.2, 0.3, 2, 12}},
    // clang-format on
};

TEST(Activation, every_name_gives_the_numbers_of_the_reference) {
    for (const Values& values : references) {
        const auto activation = activation_of(values.name);
        ASSERT_TRUE(activation) << values.name;
        const at::Tensor found = activate(*activation, at::tensor({-12.0, -1.5, -0.2, 0.3, 2.0, 12.0}, at::kDouble));
        for (std::size_t i = 0; i < values.of.size(); ++i) {
            EXPECT_NEAR(found[static_cast<std::int64_t>(i)].item<double>(), values.of[i], 1e-6) << values.name;
        }
    }
}

TEST(Activation, a_name_that_needs_weights_or_is_unknown_is_none) {
    for (const char* name : {"prelu", "xielu", "", "GELU"}) {
        EXPECT_FALSE(activation_of(name)) << name;
    }
}

}  // namespace
}  // namespace tandem
