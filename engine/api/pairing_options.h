// The knobs of pairings: how a large model guides a small one (LLM-to-SLM, Bergner et al. 2024, arXiv 2402.16844), a
// soft prompt (Lester et al. 2021, arXiv 2104.08691), and speculative decoding (Leviathan et al. 2023, arXiv
// 2211.17192). Thread rule: plain data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/api/field.h"
#include "engine/api/options.h"

namespace tandem {

enum class ProjectorKind { mlp, linear, gated, low_rank };

template <>
struct EnumNames<ProjectorKind> {
    static constexpr std::array<std::pair<ProjectorKind, std::string_view>, 4> values{
        {{ProjectorKind::mlp, "mlp"},
         {ProjectorKind::linear, "linear"},
         {ProjectorKind::gated, "gated"},
         {ProjectorKind::low_rank, "low-rank"}}};
};

enum class Fusion { add, replace, prepend };

template <>
struct EnumNames<Fusion> {
    static constexpr std::array<std::pair<Fusion, std::string_view>, 3> values{
        {{Fusion::add, "add"}, {Fusion::replace, "replace"}, {Fusion::prepend, "prepend"}}};
};

// Where an encoder-decoder is guided; a decoder has its embeddings alone.
enum class FusionPlace { embeddings, encoder_output };

template <>
struct EnumNames<FusionPlace> {
    static constexpr std::array<std::pair<FusionPlace, std::string_view>, 2> values{
        {{FusionPlace::embeddings, "embeddings"}, {FusionPlace::encoder_output, "encoder-output"}}};
};

enum class Pooling { mean, last };

template <>
struct EnumNames<Pooling> {
    static constexpr std::array<std::pair<Pooling, std::string_view>, 2> values{
        {{Pooling::mean, "mean"}, {Pooling::last, "last"}}};
};

// What is done to the large model's vectors before they are projected.
enum class VectorNorm { rms, none };

template <>
struct EnumNames<VectorNorm> {
    static constexpr std::array<std::pair<VectorNorm, std::string_view>, 2> values{
        {{VectorNorm::rms, "rms"}, {VectorNorm::none, "none"}}};
};

struct ProjectorSettings {
    ProjectorKind kind = ProjectorKind::mlp;
    std::int64_t inner = 0;  // width between the layers, the rank of low-rank; 0: the small model's, a fourth of it

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "projector",
                          .doc = "What maps the large model's vectors to the small one's; mlp is Linear, ReLU, Linear.",
                          .source = "Bergner et al. 2024"},
                self.kind);
        visitor(FieldInfo{.name = "projector_inner",
                          .doc = "Width between the projector's layers, or its rank; 0 takes the small model's width, "
                                 "low-rank a fourth of it.",
                          .min = 0,
                          .max = 65536},
                self.inner);
    }
};

struct PairingSettings {
    // Hidden states of a decoder-only large model are taken after that many layers; -1: default_guide_layer.
    std::int64_t layer = -1;
    Fusion fusion = Fusion::add;
    FusionPlace place = FusionPlace::embeddings;
    // One vector for each of the small model's tokens, from those of the large one's that overlap it. False: all
    // vectors in their own number, which `replace` and `prepend` can take.
    bool aligned = true;
    Pooling pooling = Pooling::mean;
    VectorNorm vector_norm = VectorNorm::rms;
    ProjectorSettings projector;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "layer",
                          .doc = "Layers of a decoder-only large model behind which its hidden states are taken; -1 "
                                 "takes three quarters of them. Encoders give their output.",
                          .min = -1,
                          .max = 65536},
                self.layer);
        visitor(FieldInfo{.name = "fusion",
                          .doc = "How the small model reads the vectors: added to its own, in their place, or before.",
                          .source = "Bergner et al. 2024"},
                self.fusion);
        visitor(FieldInfo{.name = "place", .doc = "Where an encoder-decoder reads them."}, self.place);
        visitor(FieldInfo{.name = "aligned",
                          .doc = "One vector for each token of the small model, by the text that both say; false keeps "
                                 "the large model's own sequence, as prepend always does."},
                self.aligned);
        visitor(FieldInfo{.name = "pooling", .doc = "Which of several vectors a token has: their mean, or the last."},
                self.pooling);
        visitor(FieldInfo{.name = "vector_norm",
                          .doc = "rms divides each of the large model's vectors by its root mean square before the "
                                 "projector: a decoder's hidden states grow with depth, to hundreds in some families."},
                self.vector_norm);
        ProjectorSettings::visit(self.projector, visitor);
    }

    bool one_for_each_token() const { return aligned && fusion != Fusion::prepend; }
};

// Three quarters of a decoder's layers, at least one: its last layers are made for the next token (the paper leaves the
// layer open), its first ones know little of the context.
constexpr std::int64_t default_guide_layer(std::int64_t layers) {
    return layers <= 1 ? layers : (3 * layers + 2) / 4;
}

// What `method: llm-to-slm` declares beside its two models.
struct GuidanceOptions {
    PairingSettings settings;
    std::string llm_prompt = "{prompt}";
    std::optional<Dtype> llm_dtype;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        PairingSettings::visit(self.settings, visitor);
        visitor(FieldInfo{.name = "llm_prompt",
                          .doc = "What the large model reads, with {prompt} once where the prompt stands; in its chat "
                                 "template if the workload asks for one."},
                self.llm_prompt);
        visitor(FieldInfo{.name = "llm_dtype",
                          .doc = "Number format of the large model's weights; not given: that of load."},
                self.llm_dtype);
    }
};

// What `method: speculative` declares beside its two models.
struct SpeculativeOptions {
    std::int64_t draft_tokens = 5;
    std::optional<Dtype> slm_dtype;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "draft_tokens",
                          .doc = "Tokens that the small model proposes before the large one looks at them.",
                          .unit = "tokens",
                          .source = "Leviathan et al. 2023, gamma",
                          .min = 1,
                          .max = 1024},
                self.draft_tokens);
        visitor(FieldInfo{.name = "slm_dtype",
                          .doc = "Number format of the small model's weights; not given: that of load."},
                self.slm_dtype);
    }
};

// How the vectors of a soft prompt begin.
enum class SoftPromptStart { vocabulary, random };

template <>
struct EnumNames<SoftPromptStart> {
    static constexpr std::array<std::pair<SoftPromptStart, std::string_view>, 2> values{
        {{SoftPromptStart::vocabulary, "vocabulary"}, {SoftPromptStart::random, "random"}}};
};

// What `method: prompt-tuning` declares beside its model: learned vectors before every prompt, the same for all.
struct SoftPromptOptions {
    std::int64_t soft_tokens = 20;
    SoftPromptStart start = SoftPromptStart::vocabulary;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "soft_tokens",
                          .doc = "Learned vectors before each prompt.",
                          .unit = "tokens",
                          .source = "Lester et al. 2021",
                          .min = 1,
                          .max = 65536},
                self.soft_tokens);
        visitor(
            FieldInfo{.name = "start",
                      .doc = "What they begin as: embeddings of tokens drawn from the vocabulary, or random numbers.",
                      .source = "Lester et al. 2021, section 3.2"},
            self.start);
    }
};

}  // namespace tandem
