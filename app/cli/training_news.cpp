#include "app/cli/training_news.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/report/text_width.h"

namespace tandem::cli {
namespace {

std::string number(double value, const char* format) {
    char text[64];
    (void)std::snprintf(text, sizeof(text), format, value);
    return text;
}

std::string preview_line(const Observation& observation) {
    const std::string what = observation.index < 0 ? observation.name : "answer";
    std::string text = observation.text;
    std::replace_if(
        text.begin(), text.end(), [](char sign) { return sign == '\n' || sign == '\r' || sign == '\t'; }, ' ');
    return "  preview " + std::to_string(observation.repetition + 1) + ", " + what + ": " + report::printable(text);
}

}  // namespace

std::vector<std::string> TrainingNews::add(const Observation& observation) {
    pace_.add(observation);
    if (observation.kind == ObservationKind::preview) {
        return {preview_line(observation)};
    }
    if (observation.kind == ObservationKind::token) {
        over_ = true;  // the answers to the test
    }
    if (observation.kind != ObservationKind::sample) {
        return {};
    }
    if (observation.name == "train_loss") {
        loss_ = observation.value;
    } else if (observation.name == "learning_rate") {
        learning_rate_ = observation.value;
    } else if (observation.name == "train_tokens_per_second") {
        tokens_per_second_ = observation.value;
    } else if (observation.name == "validation_loss") {
        return {validated(observation)};
    }
    return {};
}

std::string TrainingNews::validated(const Observation& observation) const {
    std::string text = "step " + std::to_string(observation.index);
    if (pace_.steps() > 0) {
        text += " of " + std::to_string(pace_.steps());
    }
    text += ": validation loss " + number(observation.value, "%.4f");
    if (loss_) {
        text += ", loss " + number(*loss_, "%.4f");
    }
    const std::string rest = now();
    return text + (rest.empty() ? "" : ", " + rest);
}

std::string TrainingNews::now() const {
    const std::string brief = now_briefly();
    return brief.empty() ? brief : "learning " + brief;
}

std::string TrainingNews::now_briefly() const {
    if (over_ || !learning_rate_) {
        return {};
    }
    std::string text = "rate " + number(*learning_rate_, "%.3g");
    if (tokens_per_second_ && *tokens_per_second_ > 0) {
        text += ", " + number(std::round(*tokens_per_second_), "%.0f") + " tokens/s";
    }
    return text;
}

}  // namespace tandem::cli
