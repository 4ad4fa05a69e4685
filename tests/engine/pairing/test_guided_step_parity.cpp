// Three steps of training a guided small model and its projector (AdamW, clipped) against torch and transformers, which
// know nothing of the engine: losses and weights within 1e-5. The large model is an encoder or a decoder read behind a
// middle layer; the small one GPT-2, a Llama, or an encoder-decoder; each projector, pooling and fusion is in one case.
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/models/recomputing.h"
#include "engine/pairing/guided_step.h"
#include "engine/training/adamw.h"
#include "tests/engine/training/training_support.h"

namespace tandem::test {
namespace {

using Json = nlohmann::json;

AnyLm any_of(const Model& model) {
    if (const auto* decoder = dynamic_cast<const CausalLm*>(&model)) {
        return *decoder;
    }
    return dynamic_cast<const EncoderDecoderLm&>(model);
}

GuidedExample example_of(const Json& row) {
    GuidedExample example{.prompt = {.small = row.at("small"), .large = row.at("large"), .alignment = {}},
                          .target = row.at("answer")};
    for (const auto& range : row.at("alignment")) {
        example.prompt.alignment.push_back({range.at(0), range.at(1)});
    }
    return example;
}

// Gives a knob the name's value that the case declares for it.
struct Declared {
    const Json& values;
    std::size_t read = 0;

    template <class Field>
    void operator()(const FieldInfo& info, Field& field) {
        if constexpr (std::is_enum_v<Field>) {
            if (const auto said = values.find(info.name); said != values.end()) {
                field = enum_from_name<Field>(said->get<std::string>()).value();
                ++read;
            }
        }
    }
};

class GuidedSteps : public testing::TestWithParam<std::string> {
protected:
    GuidedSteps()
        : declared_(Json::parse(std::ifstream(place(".json")))),
          file_(SafetensorsFile::open(place(".safetensors")).value()),
          large_(trainable(declared_.at("large"), {.trained = TrainedWeights::none}).value()),
          small_(trainable(declared_.at("small")).value()) {
        for (const auto& step : declared_.at("steps")) {
            batches_.emplace_back();
            for (const auto& row : step) {
                batches_.back().push_back(static_cast<std::int64_t>(examples_.size()));
                examples_.push_back(example_of(row));
            }
        }
    }

    LlmToSlm pairing(const Model& small) const {
        const AnyLm large = any_of(*large_.model);
        constexpr std::string_view begin = "begin.projector.";
        std::vector<NamedTensor> begins;
        for (const TensorView& view : file_->tensors()) {
            if (view.name.starts_with(begin)) {
                begins.push_back({view.name.substr(begin.size()), expected(view.name)});
            }
        }
        const PairingSettings settings = declared_settings();
        const std::int64_t narrow = any_of(small).shape().hidden;
        Projector projector =
            Projector::from_parameters(settings.projector, {.source = large.shape().hidden, .target = narrow}, begins)
                .value();
        return LlmToSlm::create(large, any_of(small), settings, std::move(projector)).value();
    }

    PairingSettings declared_settings() const {
        PairingSettings settings{.layer = declared_.at("layer")};
        Declared form{declared_.at("form")};
        PairingSettings::visit(settings, form);
        EXPECT_EQ(form.read, form.values.size()) << "a knob of the case is unknown";
        return settings;
    }

    OptimiserOptions optimiser() const {
        const Json& given = declared_.at("options");
        return {.learning_rate = given.at("learning_rate"),
                .weight_decay = given.at("weight_decay"),
                .beta1 = given.at("beta1"),
                .beta2 = given.at("beta2"),
                .epsilon = given.at("epsilon"),
                .clip_norm = given.at("clip_norm")};
    }

    at::Tensor expected(const std::string& name) const { return tensor_of(*file_, name).clone(); }

    // Returns how many tensors the fixture has of this step.
    std::size_t expect_weights(const std::string& prefix, const std::vector<Parameter>& parameters) const {
        std::size_t seen = 0;
        for (const auto& [parameter, spec, found] : paired(small_, *file_, prefix + "small.")) {
            EXPECT_LT(largest_difference(stored_in_folder(*spec, parameter.value), expected(found->name)), 1e-5)
                << found->name;
            ++seen;
        }
        for (const Parameter& parameter : parameters) {
            if (file_->find(prefix + parameter.name) != nullptr) {
                EXPECT_LT(largest_difference(parameter.value.detach(), expected(prefix + parameter.name)), 1e-5)
                    << prefix << parameter.name;
                ++seen;
            }
        }
        return seen;
    }

    void expect_reference(const Model& small) const {
        const LlmToSlm guided = pairing(small);
        const auto step = guided_step(guided, small_.parameters, examples_, [&](const Batch& batch) {
            std::vector<const GuidedPrompt*> prompts;
            for (const std::int64_t example : batch) {
                prompts.push_back(&examples_[static_cast<std::size_t>(example)].prompt);
            }
            return guided.vectors_of_all(prompts, {}).value();
        });
        ASSERT_TRUE(step.ok()) << step.error().to_string();
        AdamW adamw((*step)->parameters(), optimiser());
        CounterRandom random(1, 1);
        std::size_t seen = 0;
        ASSERT_EQ(batches_.size(), 3U);
        for (std::size_t at = 0; at < batches_.size(); ++at) {
            const std::string prefix = std::to_string(at) + ".";
            adamw.zero_gradients();
            const at::Tensor loss =
                (*step)->loss_sum(batches_[at], random) / static_cast<double>((*step)->labels(batches_[at]));
            loss.backward();
            EXPECT_NEAR(loss.item<double>(), expected(prefix + "loss").item<double>(), 1e-5);
            const double norm = adamw.gradient_norm();
            EXPECT_NEAR(norm, expected(prefix + "norm").item<double>(), 1e-4 * norm);
            adamw.step(optimiser().learning_rate, adamw.clip_scale(norm));
            seen = expect_weights(prefix, (*step)->parameters());
            EXPECT_GE(seen, at == 0 ? declared_settings().projector.kind == ProjectorKind::linear ? 2U : 3U : 0U);
        }
        EXPECT_EQ(seen, (*step)->parameters().size()) << "after the last step every weight is compared";
    }

    static std::filesystem::path place(const std::string& ending) {
        return fixtures / "training/guided" / (GetParam() + ending);
    }

    Json declared_;
    std::shared_ptr<const SafetensorsFile> file_;
    TrainableModel large_;
    TrainableModel small_;
    std::vector<GuidedExample> examples_;
    std::vector<Batch> batches_;
};

TEST_P(GuidedSteps, are_those_of_the_reference) {
    expect_reference(*small_.model);
}

// Of an encoder-decoder no layers are computed again.
class RecomputedSteps : public GuidedSteps {};

TEST_P(RecomputedSteps, are_those_of_the_reference) {
    expect_reference(*recomputing(std::dynamic_pointer_cast<const CausalLm>(small_.model)));
}

// Each has two files.
std::set<std::string> guided_cases() {
    const std::vector<std::string> names = names_in("guided");
    return {names.begin(), names.end()};
}

std::set<std::string> cases_of_decoders() {
    std::set<std::string> cases = guided_cases();
    cases.erase("middle_layer_guides_encoder_decoder");
    cases.erase("linear_adds_to_an_encoders_output");
    return cases;
}

constexpr auto case_name = [](const auto& named) { return named.param; };
INSTANTIATE_TEST_SUITE_P(Reference, GuidedSteps, testing::ValuesIn(guided_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Reference, RecomputedSteps, testing::ValuesIn(cases_of_decoders()), case_name);

}  // namespace
}  // namespace tandem::test
