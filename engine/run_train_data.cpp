#include "engine/run_train_data.h"

#include <algorithm>
#include <utility>

#include "engine/generation/target_ids.h"
#include "engine/run_text_cut.h"
#include "engine/run_workloads.h"

namespace tandem {
namespace {

class Learning {
public:
    Learning(const TrainWorkload& workload, const PreparedSystem& system) : workload_(workload), system_(system) {}

    // Appends what becomes of the pair, of which `learned` is learned.
    Result<void> add(TextPair pair, std::string_view learned, LearningSet& set) const {
        GuidedExample example{.prompt = {}, .target = TANDEM_TRY(target(learned))};
        const bool target_fits = target_tokens(example.target) <= workload_.max_target_tokens;
        if (!target_fits && workload_.too_long == TooLong::refuse) {
            return too_long("the target has " + std::to_string(target_tokens(example.target)) + " tokens",
                            "max_target_tokens", workload_.max_target_tokens);
        }
        if (!target_fits && workload_.too_long == TooLong::cut) {
            cut_target(example.target);
        }
        const auto answer = static_cast<std::int64_t>(example.target.size());
        auto prompt = TANDEM_TRY(system_.prompts->prompt(pair.source));
        const bool source_fits = TANDEM_TRY(fits(prompt, answer));
        if ((!target_fits || !source_fits) && workload_.too_long == TooLong::drop) {
            ++set.dropped;
            return {};
        }
        if (!source_fits) {
            if (workload_.too_long == TooLong::refuse) {
                TANDEM_TRY(system_.positions(prompt, answer));
                return too_long("the prompt has " + std::to_string(prompt.small.size()) + " tokens",
                                "max_source_tokens", workload_.max_source_tokens);
            }
            const auto kept = TANDEM_TRY(longest_beginning(pair.source, prompt, answer));
            pair.source = std::string(kept);
            prompt = TANDEM_TRY(system_.prompts->prompt(pair.source));
        }
        set.cut += target_fits && source_fits ? 0 : 1;
        example.prompt = std::move(prompt);
        set.pairs.push_back(std::move(pair));
        set.examples.push_back(std::move(example));
        return {};
    }

private:
    Result<std::vector<TokenId>> target(std::string_view text) const {
        auto ids = TANDEM_TRY(target_ids(*system_.prompts->tokenizer(), system_.model.facts.shape.target, text));
        TANDEM_TRY(check_ids(std::span<const TokenId>(ids), system_.model.facts.shape.vocab));
        return ids;
    }

    // What the configuration forces before the text, and the end of text, are not counted.
    std::size_t before() const { return system_.model.facts.shape.target.forced_first >= 0 ? 1 : 0; }
    std::int64_t target_tokens(const std::vector<TokenId>& target) const {
        return static_cast<std::int64_t>(target.size() - before() - 1);
    }
    void cut_target(std::vector<TokenId>& target) const {
        const TokenId end = target.back();
        target.resize(before() + static_cast<std::size_t>(workload_.max_target_tokens));
        target.push_back(end);
    }

    // Errors are of what no cutting helps against.
    Result<bool> fits(const GuidedPrompt& prompt, std::int64_t answer) const {
        const auto positions = system_.positions(prompt, answer);
        if (!positions && positions.error().code != "CONTEXT_TOO_LONG") {
            return positions.error();
        }
        return positions.ok() && static_cast<std::int64_t>(prompt.small.size()) <= workload_.max_source_tokens;
    }

    // The longest beginning of a source that fits; what it finds is known to.
    Result<std::string_view> longest_beginning(std::string_view source, const GuidedPrompt& whole,
                                               std::int64_t answer) const {
        const auto fit = [&](std::string_view beginning) -> Result<bool> {
            const auto prompt = system_.prompts->prompt(beginning);
            if (!prompt) {
                return prompt.error().code == "PROMPT_EMPTY" ? Result<bool>(true) : Result<bool>(prompt.error());
            }
            return fits(*prompt, answer);
        };
        const double share = static_cast<double>(workload_.max_source_tokens) /
                             static_cast<double>(std::max<std::size_t>(1, whole.small.size()));
        const std::string_view kept = TANDEM_TRY(longest_fitting(source, share, fit));
        const auto prompt = system_.prompts->prompt(kept);
        if (!prompt || !TANDEM_TRY(fits(*prompt, answer))) {
            if (prompt) {
                TANDEM_TRY(check_target_leaves_room(*prompt, answer));
            }
            return too_long("what stands around the source alone is too long", "max_source_tokens",
                            workload_.max_source_tokens);
        }
        return kept;
    }

    // Of a prompt without its source: no cutting of sources helps where the target fills the model's context.
    Result<void> check_target_leaves_room(const GuidedPrompt& prompt, std::int64_t answer) const {
        const auto positions = system_.positions(prompt, answer);
        if (positions) {
            return {};
        }
        return Error{.code = "DATA_TOO_LONG",
                     .message = "the target takes " + std::to_string(answer) +
                                " positions and leaves none for a source, max_target_tokens is " +
                                std::to_string(workload_.max_target_tokens) + " (" + positions.error().message +
                                "); lower max_target_tokens, or set too_long to drop",
                     .where = positions.error().where};
    }

    static Error too_long(const std::string& found, const std::string& option, std::int64_t most) {
        return {.code = "DATA_TOO_LONG",
                .message = found + ", " + option + " allows " + std::to_string(most) +
                           "; allow more, or set too_long to cut or drop; nothing was loaded"};
    }

    const TrainWorkload& workload_;
    const PreparedSystem& system_;
};

}  // namespace

Result<LearningSet> learning_set(const LearningRows& rows, const TrainWorkload& workload, const PreparedSystem& system,
                                 const std::function<void(std::size_t done, std::size_t all)>& told,
                                 const std::stop_token& stop) {
    const Learning learning(workload, system);
    LearningSet set;
    for (std::size_t number = 0; number < rows.pairs.size(); ++number) {
        if (stop.stop_requested()) {
            return cancelled_error();
        }
        const TextPair& pair = rows.pairs[number];
        const std::optional<std::string> learned =
            rows.labels.empty() ? std::optional(pair.target) : rows.labels[number];
        const std::size_t before = set.examples.size();
        if (auto added = learning.add(pair, learned.value_or(""), set); !added) {
            Error error = std::move(added).error();
            error.where =
                rows.file.path + ":" + std::to_string(pair.line) + (error.where.empty() ? "" : ", " + error.where);
            return error;
        }
        if (!learned && set.examples.size() > before) {  // the pair is answered in a validation, and teaches nothing
            set.examples.pop_back();
            ++set.unlabelled;
        }
        told(number + 1, rows.pairs.size());
    }
    if (set.examples.empty()) {
        const std::string all = "of " + std::to_string(rows.pairs.size()) + " pairs ";
        return Error{.code = "DATA_EMPTY",
                     .message = set.unlabelled > 0
                                    ? all + std::to_string(set.unlabelled) +
                                          " got an empty answer of the model that labels them, and the others were "
                                          "left out; look at labels_prompt, stop and max_new_tokens"
                                    : all +
                                          "all are longer than allowed and were left out; allow more, or set "
                                          "too_long to cut",
                     .where = rows.file.path};
    }
    return set;
}

}  // namespace tandem
