#include "engine/training/training_history.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "engine/tensor/safetensors.h"
#include "engine/tensor/safetensors_write.h"

namespace tandem {
namespace {

constexpr std::string_view steps_end = ".steps";
constexpr std::string_view values_end = ".values";

Error damaged(const std::filesystem::path& path, const std::string& what) {
    return {.code = "CKPT_DAMAGED", .message = what + "; it was not used", .where = path.string()};
}

template <class Number>
Result<std::vector<Number>> numbers_of(const TensorView* view, TensorType type, const std::filesystem::path& path) {
    if (view == nullptr || view->type != type || view->shape.size() != 1) {
        return damaged(path, "a figure lacks its steps or values");
    }
    std::vector<Number> numbers(view->data.size() / sizeof(Number));
    std::memcpy(numbers.data(), view->data.data(), numbers.size() * sizeof(Number));
    return numbers;
}

}  // namespace

void TrainingHistory::add(std::string_view name, std::int64_t step, double value) {
    StepSeries& figure = series[std::string(name)];
    while (!figure.steps.empty() && figure.steps.back() >= step) {
        figure.steps.pop_back();
        figure.values.pop_back();
    }
    figure.steps.push_back(step);
    figure.values.push_back(value);
}

Result<void> write_history(const std::filesystem::path& path, const TrainingHistory& history) {
    std::vector<TensorPlan> plan;
    for (const auto& [name, figure] : history.series) {
        const auto count = static_cast<std::int64_t>(figure.steps.size());
        plan.push_back({name + std::string(steps_end), TensorType::i64, {count}});
        plan.push_back({name + std::string(values_end), TensorType::f64, {count}});
    }
    SafetensorsWriter writer = TANDEM_TRY(SafetensorsWriter::create(path, plan, {}));
    for (const auto& [name, figure] : history.series) {
        TANDEM_TRY(writer.append(std::as_bytes(std::span(figure.steps))));
        TANDEM_TRY(writer.append(std::as_bytes(std::span(figure.values))));
    }
    return writer.finish();
}

Result<TrainingHistory> read_history(const std::filesystem::path& path) {
    const auto file = TANDEM_TRY(SafetensorsFile::open(path));
    TrainingHistory history;
    for (const TensorView& view : file->tensors()) {
        if (!view.name.ends_with(steps_end)) {
            continue;
        }
        const std::string name = view.name.substr(0, view.name.size() - steps_end.size());
        StepSeries figure{.steps = TANDEM_TRY(numbers_of<std::int64_t>(&view, TensorType::i64, path)),
                          .values = TANDEM_TRY(
                              numbers_of<double>(file->find(name + std::string(values_end)), TensorType::f64, path))};
        if (figure.steps.size() != figure.values.size() ||
            std::ranges::adjacent_find(figure.steps, std::greater_equal<>()) != figure.steps.end()) {
            return damaged(path, "the steps of " + name + " do not fit its values or do not rise");
        }
        history.series[name] = std::move(figure);
    }
    return history;
}

}  // namespace tandem
