#include <torch/csrc/autograd/custom_function.h>

#include "engine/training/train_step.h"

namespace tandem {
namespace {

constexpr std::int64_t no_label = -100;

// What is as wide as the vocabulary is most of a batch's memory. Of one pass and its slope libtorch's own keeps the
// logarithms and makes two more of their size on the way back; this keeps the slope, and nothing else of that size.
class CrossEntropySum : public torch::autograd::Function<CrossEntropySum> {
public:
    // logits f32 [rows, vocab], labels i64 [rows]
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& logits,
                              const at::Tensor& labels) {
        const at::Tensor counts = labels.ne(no_label).unsqueeze(1);
        const at::Tensor places = labels.unsqueeze(1).masked_fill(counts.logical_not(), 0);
        at::Tensor slope = at::log_softmax(logits, -1);
        at::Tensor losses = slope.gather(1, places).neg_();
        losses.masked_fill_(counts.logical_not(), 0);
        if (logits.requires_grad()) {
            slope.exp_();
            slope.scatter_add_(1, places, at::full(places.sizes(), -1, slope.options()));
            slope.masked_fill_(counts.logical_not(), 0);
            context->saved_data["slope"] = std::move(slope);
        }
        return losses.sum();
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list above) {
        at::Tensor slope = context->saved_data["slope"].toTensor();
        context->saved_data.clear();  // one way back: the slope becomes the gradient where it lies
        return {slope.mul_(above[0]), at::Tensor()};
    }
};

}  // namespace

at::Tensor cross_entropy_sum(const at::Tensor& logits, const at::Tensor& labels) {
    const at::Tensor rows = logits.flatten(0, 1).to(at::kFloat);
    const at::Tensor flat = labels.to(logits.device()).flatten();
    TORCH_CHECK(rows.size(0) == flat.size(0), "there are ", flat.size(0), " labels for ", rows.size(0), " logits");
    return CrossEntropySum::apply(rows, flat);
}

}  // namespace tandem
