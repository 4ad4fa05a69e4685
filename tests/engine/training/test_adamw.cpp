// 20 steps against torch.optim.AdamW with clipping (tests/data/make_training_fixtures.py), in f32: 1e-6.
#include <ATen/ATen.h>

#include "engine/training/adamw.h"
#include "tests/engine/training/training_support.h"

namespace tandem::test {
namespace {

TEST(AdamW, twenty_steps_are_those_of_the_reference) {
    const auto file = SafetensorsFile::open(fixtures / "training/adamw.safetensors").value();
    std::vector<Parameter> parameters;
    for (const std::string name : {"matrix", "vector"}) {
        parameters.push_back({name, tensor_of(*file, "begin." + name).requires_grad_(true), name == "matrix"});
    }
    AdamW optimiser(parameters, {.weight_decay = 0.1});
    for (int step = 0; step < 20; ++step) {
        for (const Parameter& parameter : parameters) {
            parameter.value.mutable_grad() =
                tensor_of(*file, "gradient." + std::to_string(step) + "." + parameter.name);
        }
        optimiser.step(3e-3, optimiser.clip_scale(optimiser.gradient_norm()));
        for (const Parameter& parameter : parameters) {
            const at::Tensor expected = tensor_of(*file, "after." + std::to_string(step) + "." + parameter.name);
            EXPECT_LT(largest_difference(parameter.value.detach(), expected), 1e-6) << step << parameter.name;
        }
    }
}

TEST(AdamW, a_bf16_parameter_is_its_rounded_f32_master) {
    at::Tensor value = at::ones({300}, at::kBFloat16).requires_grad_(true);
    at::Tensor wide = at::ones({300}, at::kFloat).requires_grad_(true);
    AdamW narrow_optimiser({{"x", value, true}}, {});
    AdamW wide_optimiser({{"x", wide, true}}, {});
    for (int step = 0; step < 50; ++step) {
        value.mutable_grad() = at::full({300}, 0.5, at::kBFloat16);
        wide.mutable_grad() = at::full({300}, 0.5, at::kFloat);
        // Steps far smaller than bf16 can say at 1.
        narrow_optimiser.step(1e-4);
        wide_optimiser.step(1e-4);
    }
    EXPECT_TRUE(at::equal(narrow_optimiser.state().at("x.master"), wide.detach()));
    EXPECT_TRUE(at::equal(value.detach(), wide.detach().to(at::kBFloat16)));
    EXPECT_LT(wide.detach().max().item<double>(), 0.9951);
}

TEST(AdamW, the_number_of_threads_changes_no_bit) {
    const at::Tensor begin = at::sin(at::arange(100003, at::kFloat));
    const at::Tensor slope = at::cos(at::arange(100003, at::kFloat) * 3);
    std::vector<at::Tensor> results;
    for (const int threads : {1, 2}) {
        at::set_num_threads(threads);
        at::Tensor value = begin.clone().requires_grad_(true);
        AdamW optimiser({{"x", value, true}}, {});
        for (int step = 0; step < 3; ++step) {
            value.mutable_grad() = slope;
            optimiser.step(1e-3, optimiser.clip_scale(optimiser.gradient_norm()));
        }
        results.push_back(value.detach());
    }
    at::set_num_threads(1);
    EXPECT_TRUE(at::equal(results[0], results[1]));
}

}  // namespace
}  // namespace tandem::test
