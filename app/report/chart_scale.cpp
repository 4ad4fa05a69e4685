#include "app/report/chart_scale.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "app/report/chart_svg.h"
#include "app/report/number_format.h"

namespace tandem::report {
namespace {

constexpr double smallest_positive = 1e-9;

std::string with_thousands(std::string text) {
    const std::size_t begin = text.starts_with('-') ? 1 : 0;
    const std::size_t end = std::min(text.find('.'), text.size());
    if (end - begin <= 4) {
        return text;
    }
    for (std::size_t at = end; at > begin + 3;) {
        at -= 3;
        text.insert(at, "\u2009");
    }
    return text;
}

}  // namespace

Scale::Scale(ScaleKind kind, double low, double high, double from, double to)
    : kind_(kind), low_(low), high_(high), from_(from), to_(to) {
    if (!std::isfinite(low_) || !std::isfinite(high_)) {
        low_ = kind_ == ScaleKind::linear ? 0 : 1;
        high_ = low_ + 1;
    }
    if (low_ > high_) {
        std::swap(low_, high_);
    }
    if (kind_ == ScaleKind::logarithmic) {
        low_ = std::max(low_, smallest_positive);
        high_ = std::max(high_, low_);
        if (high_ / low_ < 1.0000001) {
            low_ /= 2;
            high_ *= 2;
        }
    } else if (!(high_ - low_ > std::abs(high_) * 1e-12)) {
        const double room = low_ == 0 ? 1 : std::abs(low_) / 2;
        low_ -= room;
        high_ += room;
    }
}

double Scale::pixel(double value) const {
    const double inside = std::clamp(value, low_, high_);
    const double share = kind_ == ScaleKind::linear
                             ? (inside - low_) / (high_ - low_)
                             : (std::log(inside) - std::log(low_)) / (std::log(high_) - std::log(low_));
    return from_ + share * (to_ - from_);
}

RoundRange round_range(double low, double high, std::size_t steps) {
    if (!std::isfinite(low) || !std::isfinite(high) || low > high) {
        return {};
    }
    if (high - low <= std::abs(high) * 1e-12) {
        const double room = high == 0 ? 1 : std::abs(high) / 2;
        low -= room;
        high += room;
    }
    const double rough = (high - low) / static_cast<double>(std::max<std::size_t>(steps, 1));
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double round : {1.0, 2.0, 2.5, 5.0}) {
        if (round * power >= rough * 0.999) {
            step = round * power;
            break;
        }
    }
    return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, step};
}

std::string tick_label(double value, double step) {
    int decimals = 0;
    double scaled = std::abs(step);
    while (decimals < 6 && std::abs(scaled - std::round(scaled)) > 1e-6 * std::max(scaled, 1.0)) {
        scaled *= 10;
        ++decimals;
    }
    return with_thousands(fixed(value, decimals));
}

std::vector<Tick> round_ticks(const Scale& scale, std::size_t about) {
    std::vector<Tick> ticks;
    if (scale.kind() == ScaleKind::linear) {
        const double step = round_range(scale.low(), scale.high(), about).step;
        for (double n = std::ceil(scale.low() / step - 1e-9); n * step <= scale.high() + step * 1e-9; ++n) {
            ticks.push_back({n * step, tick_label(n * step, step)});
        }
        return ticks;
    }
    const double decades = std::log10(scale.high() / scale.low());
    const std::array<double, 3> between{1, 2, 5};
    const std::size_t used = decades > static_cast<double>(about) / 2 ? 1 : 3;
    const double every = std::max(1.0, std::ceil(decades / static_cast<double>(std::max<std::size_t>(about, 1))));
    for (double exponent = std::floor(std::log10(scale.low())); exponent <= std::log10(scale.high()) + 1e-9;
         exponent += every) {
        for (std::size_t i = 0; i < used; ++i) {
            const double value = between[i] * std::pow(10.0, exponent);
            if (value >= scale.low() * (1 - 1e-9) && value <= scale.high() * (1 + 1e-9)) {
                ticks.push_back({value, tick_label(value, std::min(value, 1.0))});
            }
        }
    }
    return ticks.size() >= 2 ? ticks : ticks_at(scale, {scale.low(), scale.high()}, 0);
}

std::vector<Tick> ticks_at(const Scale& scale, std::vector<double> values, double font) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    const auto label = [](double value) {
        return with_thousands(fixed(value, std::max(0, std::min(decimals_for(value, std::nullopt), 6))));
    };
    const auto short_label = [&](double value) {
        std::string text = label(value);
        if (text.find('.') != std::string::npos) {
            text.erase(text.find_last_not_of('0') + 1);
            text.erase(text.find_last_not_of('.') + 1);
        }
        return text;
    };
    const auto touches = [&](const Tick& a, const Tick& b) {
        const double room = (text_width(a.label, font) + text_width(b.label, font)) / 2 + font / 2;
        return std::abs(scale.pixel(a.value) - scale.pixel(b.value)) < room;
    };
    std::vector<Tick> ticks;
    for (std::size_t i = 0; i < values.size(); ++i) {
        Tick tick{values[i], short_label(values[i])};
        const bool last = i + 1 == values.size();
        while (last && ticks.size() > 1 && touches(ticks.back(), tick)) {
            ticks.pop_back();
        }
        if (ticks.empty() || !touches(ticks.back(), tick)) {
            ticks.push_back(std::move(tick));
        }
    }
    return ticks;
}

}  // namespace tandem::report
