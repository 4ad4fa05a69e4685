#include "app/report/paired_scores.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/evaluation/significance.h"
#include "engine/evaluation/task_scores.h"

namespace tandem::report {
namespace {

using nlohmann::json;

std::optional<std::string> text_of(const json& line, const char* key) {
    const auto found = line.find(key);
    return found != line.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

std::optional<ScoredAnswer> read_line(std::string_view text) {
    const json line = json::parse(text, nullptr, false);
    if (!line.is_object()) {
        return std::nullopt;
    }
    auto source = text_of(line, "source");
    auto target = text_of(line, "target");
    auto answer = text_of(line, "answer");
    if (!source || !target || !answer) {
        return std::nullopt;
    }
    ScoredAnswer scored{.source = *std::move(source),
                        .target = *std::move(target),
                        .answer = *std::move(answer),
                        .log_likelihood = {},
                        .target_tokens = 0};
    const auto nats = line.find("log_likelihood");
    const auto tokens = line.find("target_tokens");
    if (nats != line.end() && nats->is_number() && tokens != line.end() && tokens->is_number_unsigned()) {
        scored.log_likelihood = nats->get<double>();
        scored.target_tokens = tokens->get<std::uint64_t>();
    }
    return scored;
}

bool same_examples(const std::vector<ScoredAnswer>& first, const std::vector<ScoredAnswer>& second) {
    return std::equal(first.begin(), first.end(), second.begin(), second.end(),
                      [](const auto& a, const auto& b) { return a.source == b.source && a.target == b.target; });
}

Result<Score> score_of(const std::string& name, const std::vector<ScoredAnswer>& answers) {
    if (!is_likelihood_score(name)) {
        std::vector<Segment> segments;
        for (const ScoredAnswer& answer : answers) {
            segments.push_back({.hypothesis = answer.answer, .references = {answer.target}});
        }
        return score(name, segments);
    }
    std::vector<TextLikelihood> texts;
    for (const ScoredAnswer& answer : answers) {
        texts.push_back({.log_likelihood = answer.log_likelihood.value_or(std::nan("")),  // refused there
                         .tokens = answer.target_tokens,
                         .words = count_words(answer.target),
                         .bytes = answer.target.size()});
    }
    return likelihood_score(name, texts);
}

}  // namespace

std::optional<std::vector<ScoredAnswer>> read_answers(std::span<const std::byte> bytes) {
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::vector<ScoredAnswer> answers;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        auto answer = read_line(rest.substr(0, end));
        if (!answer) {
            return std::nullopt;
        }
        answers.push_back(*std::move(answer));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return answers;
}

Difference paired_difference(const std::string& score, const std::vector<ScoredAnswer>& first,
                             const std::vector<ScoredAnswer>& second) {
    Difference difference{.verdict = Verdict::unpaired};
    if (first.empty() || !same_examples(first, second)) {
        return difference;
    }
    const auto baseline = score_of(score, first);
    const auto system = score_of(score, second);
    if (!baseline || !system || !std::isfinite(baseline->value) || !std::isfinite(system->value)) {
        return difference;
    }
    difference.difference = system->value - baseline->value;
    if (baseline->value != 0) {
        difference.ratio = system->value / baseline->value;
    }
    if (first.size() < 2) {
        difference.verdict = Verdict::unknown;
        return difference;
    }
    const auto test = paired_bootstrap(*baseline, *system, {});
    if (!test || !std::isfinite(test->low) || !std::isfinite(test->high)) {
        difference.verdict = Verdict::unknown;
        return difference;
    }
    difference.ci95_low = test->low;
    difference.ci95_high = test->high;
    difference.p = test->p;
    difference.verdict = test->low > 0 || test->high < 0 ? Verdict::different : Verdict::not_distinguished;
    return difference;
}

}  // namespace tandem::report
