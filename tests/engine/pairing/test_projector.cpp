// Projectors and fusions: their values by hand, their gradients against differences in double.
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <functional>

#include "engine/pairing/fuse.h"
#include "engine/pairing/projector.h"

namespace tandem {
namespace {

constexpr ProjectorWidths widths{.source = 5, .target = 4};

Projector in_double(const ProjectorSettings& settings) {
    const Projector drawn = Projector::create(settings, widths, 11, at::kCPU).value();
    std::vector<NamedTensor> parameters;
    for (const NamedTensor& parameter : drawn.parameters()) {
        parameters.push_back({parameter.name, parameter.tensor.to(at::kDouble).requires_grad_(true)});
    }
    return Projector::from_parameters(settings, widths, std::move(parameters)).value();
}

// The gradient of loss() by `x`, which it reads, by central differences.
at::Tensor numeric_gradient(const at::Tensor& x, const std::function<at::Tensor()>& loss) {
    const c10::NoGradGuard no_autograd;
    at::Tensor gradient = at::zeros_like(x);
    at::Tensor numbers = x.detach().flatten();
    at::Tensor flat = gradient.flatten();
    constexpr double step = 1e-6;
    for (std::int64_t i = 0; i < numbers.numel(); ++i) {
        const double kept = numbers[i].item<double>();
        numbers[i] = kept + step;
        const double above = loss().item<double>();
        numbers[i] = kept - step;
        const double below = loss().item<double>();
        numbers[i] = kept;
        flat[i] = (above - below) / (2 * step);
    }
    return gradient;
}

at::Tensor mask_of(const std::vector<std::int64_t>& row) {
    return at::tensor(row, at::kLong).to(at::kBool).unsqueeze(0);
}

at::Tensor drawn(at::IntArrayRef shape, std::uint64_t seed) {
    return at::randn(shape, at::detail::createCPUGenerator(seed), at::kDouble);
}

struct GradientCase {
    ProjectorKind projector;
    Fusion fusion;
    bool aligned;
};

class Gradient : public testing::TestWithParam<GradientCase> {};

TEST_P(Gradient, is_that_of_differences) {
    const GradientCase& form = GetParam();
    PairingSettings settings{.fusion = form.fusion, .aligned = form.aligned};
    settings.projector = {.kind = form.projector, .inner = 3};
    const Projector projector = in_double(settings.projector);
    const std::int64_t source = settings.one_for_each_token() ? 6 : 7;
    const at::Tensor own = drawn({2, 6, 4}, 1).requires_grad_(true);
    const at::Tensor vectors = drawn({2, source, 5}, 2);
    at::Tensor own_mask = at::ones({2, 6}, at::kBool);
    own_mask[1].narrow(0, 4, 2).fill_(false);
    at::Tensor mask = at::ones({2, source}, at::kBool);
    mask[0].narrow(0, 3, source - 3).fill_(false);
    at::Tensor weights;
    const auto loss = [&] {
        const FusedSequence fused = fuse(settings, {own, own_mask}, {projector(vectors), mask});
        if (!weights.defined()) {
            weights = drawn(fused.sequence.vectors.sizes(), 3);
        }
        return (fused.sequence.vectors.sin() * weights).sum();
    };
    loss().backward();
    std::vector<at::Tensor> leaves{own};
    for (const NamedTensor& parameter : projector.parameters()) {
        leaves.push_back(parameter.tensor);
    }
    for (const at::Tensor& leaf : leaves) {
        const at::Tensor expected = numeric_gradient(leaf, loss);
        const at::Tensor found = leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf);
        EXPECT_LT((found - expected).abs().max().item<double>(), 1e-7);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Gradient, testing::ValuesIn([] {
                             std::vector<GradientCase> cases;
                             for (const auto& [kind, name] : EnumNames<ProjectorKind>::values) {
                                 cases.push_back({kind, Fusion::add, true});
                                 cases.push_back({kind, Fusion::replace, true});
                                 cases.push_back({kind, Fusion::replace, false});
                                 cases.push_back({kind, Fusion::prepend, false});
                             }
                             return cases;
                         }()),
                         [](const auto& one) {
                             std::string name = std::string(enum_name(one.param.projector)) + "_" +
                                                std::string(enum_name(one.param.fusion)) +
                                                (one.param.aligned ? "_aligned" : "");
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(Projector, the_default_is_linear_relu_linear) {
    const Projector projector = Projector::create({}, widths, 3, at::kCPU).value();
    const auto p = projector.parameters();
    const at::Tensor x = at::randn({7, 5});
    const at::Tensor expected =
        at::matmul((at::matmul(x, p[0].tensor.t()) + p[1].tensor).clamp_min(0), p[2].tensor.t()) + p[3].tensor;
    EXPECT_LT((projector(x) - expected).abs().max().item<double>(), 1e-6);
    EXPECT_EQ(p[0].name, "first.weight");
}

TEST(Projector, the_same_seed_draws_the_same_numbers) {
    const Projector one = Projector::create({}, widths, 3, at::kCPU).value();
    const Projector same = Projector::create({}, widths, 3, at::kCPU).value();
    const Projector other = Projector::create({}, widths, 4, at::kCPU).value();
    EXPECT_TRUE(one.parameters()[0].tensor.equal(same.parameters()[0].tensor));
    EXPECT_FALSE(one.parameters()[0].tensor.equal(other.parameters()[0].tensor));
}

TEST(Projector, numbers_of_another_form_are_refused) {
    const Projector linear = Projector::create({.kind = ProjectorKind::linear}, widths, 3, at::kCPU).value();
    const std::vector<NamedTensor> numbers(linear.parameters().begin(), linear.parameters().end());
    for (const auto& [settings, sizes] :
         {std::pair<ProjectorSettings, ProjectorWidths>{{}, widths}, {{.kind = ProjectorKind::linear}, {5, 3}}}) {
        const auto refused = Projector::from_parameters(settings, sizes, numbers);
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code, "PAIRING_PROJECTOR");
    }
}

TEST(Fusion, masked_positions_stay_as_they_are_even_beside_numbers_that_are_none) {
    const at::Tensor own = at::randn({1, 3, 4});
    at::Tensor guidance = at::randn({1, 3, 4});
    guidance[0][2].fill_(std::numeric_limits<float>::quiet_NaN());
    const at::Tensor mask = mask_of({1, 1, 0});
    for (const Fusion fusion : {Fusion::add, Fusion::replace}) {
        const at::Tensor fused = fuse({.fusion = fusion}, {own, {}}, {guidance, mask}).sequence.vectors;
        EXPECT_TRUE(fused[0][2].equal(own[0][2]));
        EXPECT_TRUE(fused[0][0].equal(fusion == Fusion::add ? own[0][0] + guidance[0][0] : guidance[0][0]));
    }
}

TEST(Fusion, what_is_put_before_moves_padding_behind) {
    const at::Tensor own = at::arange(3, at::kFloat).view({1, 3, 1}) + 10;
    const at::Tensor guidance = at::arange(2, at::kFloat).view({1, 2, 1}) + 1;
    const at::Tensor own_mask = mask_of({1, 1, 0});
    const at::Tensor mask = mask_of({1, 0});
    const FusedSequence fused = fuse({.fusion = Fusion::prepend}, {own, own_mask}, {guidance, mask});
    EXPECT_TRUE(fused.sequence.vectors.flatten().narrow(0, 0, 3).equal(at::tensor({1.F, 10.F, 11.F})));
    EXPECT_TRUE(fused.sequence.mask.equal(mask_of({1, 1, 1, 0, 0})));
    EXPECT_EQ(fused.begins[0].item<std::int64_t>(), 1);
}

TEST(Fusion, several_positions_are_pooled_as_the_settings_say) {
    const at::Tensor vectors = at::tensor({1.F, 2.F, 4.F, 8.F}).unsqueeze(1);
    const std::vector<PositionRange> ranges{{0, 1}, {0, 3}, {2, 4}};
    EXPECT_LT(
        (pool(vectors, ranges, Pooling::mean).flatten() - at::tensor({1.F, 7.F / 3, 6.F})).abs().max().item<float>(),
        1e-6F);
    EXPECT_TRUE(pool(vectors, ranges, Pooling::last).flatten().equal(at::tensor({1.F, 4.F, 8.F})));
}

}  // namespace
}  // namespace tandem
