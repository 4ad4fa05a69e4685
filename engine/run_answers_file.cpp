#include "engine/run_answers_file.h"

#include <nlohmann/json.hpp>
#include <string>

namespace tandem {

void write_answers(std::span<const TextPair> pairs, const std::vector<ExampleAnswer>& answers,
                   TrialRecorder& recorder) {
    using nlohmann::ordered_json;
    std::string lines;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        ordered_json line{{"index", i},
                          {"source", pairs[i].source},
                          {"target", pairs[i].target},
                          {"answer", answers[i].text},
                          {"reason", enum_name(answers[i].reason)}};
        if (const auto& likelihood = answers[i].likelihood) {
            line["log_likelihood"] = likelihood->log_likelihood;
            line["target_tokens"] = likelihood->tokens;
        }
        lines += line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    }
    recorder.artefact("answers.jsonl", "application/jsonl", std::as_bytes(std::span(lines)));
}

}  // namespace tandem
