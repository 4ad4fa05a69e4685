#include "engine/nn/rope_settings.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tandem {
namespace {

// Between low_freq_factor and high_freq_factor turns over the original context, a weighted mean of both.
double llama3_frequency(double frequency, const RopeSettings& settings) {
    const double turns = settings.original_context * frequency / (2 * std::numbers::pi);
    if (turns < settings.low_freq_factor) {
        return frequency / settings.factor;
    }
    if (turns > settings.high_freq_factor) {
        return frequency;
    }
    const double keep = (turns - settings.low_freq_factor) / (settings.high_freq_factor - settings.low_freq_factor);
    return (1 - keep) * frequency / settings.factor + keep * frequency;
}

// The pair of numbers that makes `turns` turns over the original context.
double yarn_pair(double turns, const RopeSettings& settings) {
    return static_cast<double>(settings.dims) * std::log(settings.original_context / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(settings.theta));
}

double yarn_frequency(double frequency, std::int64_t index, const RopeSettings& settings) {
    double low = yarn_pair(settings.beta_fast, settings);
    double high = yarn_pair(settings.beta_slow, settings);
    if (settings.truncate) {
        low = std::floor(low);
        high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, static_cast<double>(settings.dims - 1));
    high += low == high ? 0.001 : 0;
    const double stretch = std::clamp((static_cast<double>(index) - low) / (high - low), 0.0, 1.0);
    return frequency / settings.factor * stretch + frequency * (1 - stretch);
}

double theta_at(const RopeSettings& settings, std::int64_t length) {
    if (settings.kind != RopeSettings::Kind::dynamic) {
        return settings.theta;
    }
    const double positions = std::max(static_cast<double>(length), settings.original_context);
    const auto dims = static_cast<double>(settings.dims);
    const double stretch = settings.factor * positions / settings.original_context - (settings.factor - 1);
    return settings.theta * std::pow(stretch, dims / (dims - 2));
}

double scaled(double frequency, std::int64_t index, std::int64_t length, const RopeSettings& settings) {
    switch (settings.kind) {
        case RopeSettings::Kind::plain:
        case RopeSettings::Kind::dynamic:
            return frequency;
        case RopeSettings::Kind::linear:
            return frequency / settings.factor;
        case RopeSettings::Kind::yarn:
            return yarn_frequency(frequency, index, settings);
        case RopeSettings::Kind::longrope: {
            const bool is_long = static_cast<double>(length) > settings.original_context;
            return frequency /
                   (is_long ? settings.long_factors : settings.short_factors)[static_cast<std::size_t>(index)];
        }
        case RopeSettings::Kind::llama3:
            return llama3_frequency(frequency, settings);
    }
    return frequency;
}

}  // namespace

std::vector<double> rope_frequencies(const RopeSettings& settings, std::int64_t length) {
    const double theta = theta_at(settings, length);
    std::vector<double> frequencies;
    for (std::int64_t i = 0; i < settings.dims / 2; ++i) {
        const double frequency = std::pow(theta, -2 * static_cast<double>(i) / static_cast<double>(settings.dims));
        frequencies.push_back(scaled(frequency, i, length, settings));
    }
    return frequencies;
}

}  // namespace tandem
