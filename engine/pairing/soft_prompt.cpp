#include "engine/pairing/soft_prompt.h"

#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include "engine/generation/generate.h"
#include "engine/nn/recording.h"
#include "engine/pairing/fuse.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

at::Tensor embeddings_of(const AnyLm& model, const at::Tensor& ids) {
    return model.decoder() != nullptr ? model.decoder()->embed(ids) : model.encoder_decoder()->embed_source(ids);
}

std::int64_t width_of(const AnyLm& model) {
    return model.decoder() != nullptr ? model.shape().hidden : model.encoder_decoder()->source_width();
}

}  // namespace

Result<SoftPrompt> SoftPrompt::create(AnyLm model, const SoftPromptOptions& options, std::uint64_t seed) {
    return translate_torch("draw the soft prompt", [&]() -> Result<SoftPrompt> {
        const c10::NoGradGuard no_autograd;
        at::Generator random = at::detail::createCPUGenerator(seed);
        const at::Device device = model.model().device();
        if (options.start == SoftPromptStart::random) {
            at::Tensor drawn = at::empty({options.soft_tokens, width_of(model)}, at::kFloat);
            drawn.uniform_(-0.5, 0.5, random);
            return SoftPrompt(model, drawn.to(device));
        }
        const at::Tensor ids =
            at::randint(source_vocabulary(model.shape()), {1, options.soft_tokens}, random, at::kLong).to(device);
        return SoftPrompt(model, embeddings_of(model, ids).squeeze(0).to(at::kFloat).clone());
    });
}

Result<SoftPrompt> SoftPrompt::create(AnyLm model, at::Tensor vectors) {
    if (vectors.dim() != 2 || vectors.size(0) < 1 || vectors.size(1) != width_of(model)) {
        return Error{.code = "PAIRING_FOLDER",
                     .message = "the soft prompt's vectors do not fit the model, which reads vectors of " +
                                std::to_string(width_of(model)) + " numbers; nothing was loaded",
                     .where = "soft_prompt"};
    }
    return SoftPrompt(model, std::move(vectors));
}

WriterInput SoftPrompt::before(const at::Tensor& ids, const at::Tensor& mask) const {
    const Sequence soft{.vectors = vectors_.unsqueeze(0).expand({ids.size(0), -1, -1}), .mask = {}};
    PairingSettings prepend;
    prepend.fusion = Fusion::prepend;
    Sequence fused = fuse(prepend, {embeddings_of(model_, ids), mask}, soft).sequence;
    if (model_.decoder() != nullptr) {
        return {.embeddings = std::move(fused.vectors), .source = {}};
    }
    const EncoderDecoderLm& model = *model_.encoder_decoder();
    return {.embeddings = {},
            .source = model.attach(model.read({.ids = {}, .embeddings = fused.vectors, .mask = fused.mask}))};
}

at::Tensor soft_prompt_logits(const SoftPrompt& soft, const Examples& batch) {
    std::vector<std::vector<TokenId>> rows;
    std::vector<std::int64_t> prompts;
    for (const GuidedExample* example : batch) {
        const std::vector<TokenId>& prompt = example->prompt.small;
        rows.push_back(soft.model().decoder() != nullptr ? with_target(prompt, *example) : prompt);
        prompts.push_back(soft.tokens() + static_cast<std::int64_t>(prompt.size()));
    }
    const auto [ids, mask] = padded_ids(rows, soft.model().model().device());
    return answer_logits(soft.model(), soft.before(ids, mask), batch, prompts);
}

Result<std::unique_ptr<TrainStep>> soft_prompt_step(const SoftPrompt& soft, std::vector<Parameter> parameters,
                                                    std::vector<GuidedExample> examples) {
    at::Tensor leaf = soft.vectors();  // the same storage and node
    leaf.requires_grad_(true);
    parameters.push_back({.name = "soft_prompt.vectors", .value = leaf, .is_matrix = true});
    AnswerModel model{.logits =
                          [&soft](const Batch& /*batch*/, const Examples& rows) {
                              const Recording recording;
                              return soft_prompt_logits(soft, rows);
                          },
                      .positions =
                          [&soft](const GuidedPrompt& prompt) {
                              return soft.tokens() + static_cast<std::int64_t>(prompt.small.size());
                          }};
    return answer_step(std::move(model), std::move(parameters), std::move(examples));
}

}  // namespace tandem
