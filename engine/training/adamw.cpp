#include "engine/training/adamw.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tandem {
namespace {

constexpr std::int64_t chunk = 1 << 14;  // sums are of chunks in their order, so that threads do not change them

struct Coefficients {
    float decay;  // what the weights keep
    float mean;   // 1 - beta1
    float beta2;
    float square;  // 1 - beta2
    float root;    // 1 / sqrt(1 - beta2^t)
    float epsilon;
    float rate;   // learning rate / (1 - beta1^t)
    float scale;  // of gradients
};

void step_numbers(float* weight, float* mean, float* square, const float* gradient, std::int64_t count,
                  const Coefficients& by) {
    for (std::int64_t i = 0; i < count; ++i) {
        const float slope = gradient[i] * by.scale;
        mean[i] += (slope - mean[i]) * by.mean;
        square[i] = square[i] * by.beta2 + slope * slope * by.square;
        weight[i] = weight[i] * by.decay - by.rate * mean[i] / (std::sqrt(square[i]) * by.root + by.epsilon);
    }
}

double sum_of_squares(const at::Tensor& values) {
    const at::Tensor flat = values.to(at::kCPU, at::kFloat).contiguous();
    const auto* numbers = flat.const_data_ptr<float>();
    const std::int64_t count = flat.numel();
    std::vector<double> sums(static_cast<std::size_t>((count + chunk - 1) / chunk));
    at::parallel_for(0, static_cast<std::int64_t>(sums.size()), 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t part = begin; part < end; ++part) {
            double sum = 0;
            for (std::int64_t i = part * chunk; i < std::min(count, (part + 1) * chunk); ++i) {
                sum += static_cast<double>(numbers[i]) * static_cast<double>(numbers[i]);
            }
            sums[static_cast<std::size_t>(part)] = sum;
        }
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

AdamW::AdamW(std::vector<Parameter> parameters, const OptimiserOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
    const c10::NoGradGuard no_autograd;
    for (const Parameter& parameter : parameters_) {
        const auto floats = parameter.value.options().dtype(at::kFloat).requires_grad(false);
        moments_.push_back(
            {at::zeros(parameter.value.sizes(), floats), at::zeros(parameter.value.sizes(), floats),
             parameter.value.scalar_type() == at::kFloat ? at::Tensor() : parameter.value.detach().to(at::kFloat)});
    }
}

void AdamW::zero_gradients() {
    for (Parameter& parameter : parameters_) {
        parameter.value.mutable_grad() = at::Tensor();
    }
}

double AdamW::gradient_norm() const {
    double sum = 0;
    for (const Parameter& parameter : parameters_) {
        if (parameter.value.grad().defined()) {
            sum += sum_of_squares(parameter.value.grad());
        }
    }
    return std::sqrt(sum);
}

double AdamW::clip_scale(double norm) const {
    return options_.clip_norm > 0 ? std::min(1.0, options_.clip_norm / (norm + 1e-6)) : 1.0;
}

void AdamW::step(double learning_rate, double scale) {
    const c10::NoGradGuard no_autograd;
    ++steps_;
    const auto count = static_cast<double>(steps_);
    for (std::size_t index = 0; index < parameters_.size(); ++index) {
        Parameter& parameter = parameters_[index];
        if (!parameter.value.grad().defined()) {
            continue;
        }
        const Coefficients by{
            .decay = static_cast<float>(1 - (parameter.is_matrix ? learning_rate * options_.weight_decay : 0)),
            .mean = static_cast<float>(1 - options_.beta1),
            .beta2 = static_cast<float>(options_.beta2),
            .square = static_cast<float>(1 - options_.beta2),
            .root = static_cast<float>(1 / std::sqrt(1 - std::pow(options_.beta2, count))),
            .epsilon = static_cast<float>(options_.epsilon),
            .rate = static_cast<float>(learning_rate / (1 - std::pow(options_.beta1, count))),
            .scale = static_cast<float>(scale)};
        Moments& moments = moments_[index];
        const bool has_master = moments.master.defined();
        at::Tensor weight = has_master ? moments.master : parameter.value.detach();
        TORCH_CHECK(weight.is_contiguous(), "a parameter lies in memory without gaps");
        const at::Tensor gradient = parameter.value.grad().to(at::kFloat).contiguous();
        TORCH_CHECK(weight.device().is_cpu(), "this version trains on the CPU");
        auto* numbers = weight.mutable_data_ptr<float>();
        auto* mean = moments.mean.mutable_data_ptr<float>();
        auto* square = moments.square.mutable_data_ptr<float>();
        const auto* slope = gradient.const_data_ptr<float>();
        at::parallel_for(0, weight.numel(), chunk, [&](std::int64_t begin, std::int64_t end) {
            step_numbers(numbers + begin, mean + begin, square + begin, slope + begin, end - begin, by);
        });
        if (has_master) {
            parameter.value.detach().copy_(moments.master);
        }
    }
}

std::map<std::string, at::Tensor> AdamW::state() const {
    std::map<std::string, at::Tensor> state;
    for (std::size_t index = 0; index < parameters_.size(); ++index) {
        const std::string& name = parameters_[index].name;
        state[name + ".mean"] = moments_[index].mean;
        state[name + ".square"] = moments_[index].square;
        if (moments_[index].master.defined()) {
            state[name + ".master"] = moments_[index].master;
        }
    }
    return state;
}

}  // namespace tandem
