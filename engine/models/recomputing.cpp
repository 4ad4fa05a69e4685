#include "engine/models/recomputing.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include "engine/nn/recording.h"

namespace tandem {
namespace {

// One layer of a pass, to be run twice.
struct LayerCall : torch::CustomClassHolder {
    LayerCall(std::shared_ptr<const CausalLm> of, std::shared_ptr<KvCache> with, std::size_t which)
        : model(std::move(of)), cache(std::move(with)), layer(which) {}

    // Records, both times: what is written in place where nothing is recorded may round otherwise.
    at::Tensor operator()(const at::Tensor& hidden) const {
        const c10::AutoGradMode autograd(true);
        const Recording recording;
        return model->through({layer, layer + 1}, hidden, *cache);
    }

    std::shared_ptr<const CausalLm> model;
    std::shared_ptr<KvCache> cache;
    std::size_t layer;
};

class LayerAgain : public torch::autograd::Function<LayerAgain> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                              const c10::intrusive_ptr<LayerCall>& call) {
        context->save_for_backward({hidden});
        context->saved_data["call"] = c10::IValue::make_capsule(call);
        return (*call)(hidden.detach()).detach();
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list above) {
        const auto call = c10::static_intrusive_pointer_cast<LayerCall>(context->saved_data["call"].toCapsule());
        at::Tensor hidden = context->get_saved_variables()[0].detach();
        hidden.requires_grad_(true);
        (*call)(hidden).backward(above[0]);
        return {hidden.grad(), at::Tensor()};
    }
};

class Recomputing : public CausalLm {
public:
    explicit Recomputing(std::shared_ptr<const CausalLm> model) : model_(std::move(model)) {}

    const ModelShape& shape() const override { return model_->shape(); }
    std::int64_t weights_bytes() const override { return model_->weights_bytes(); }
    at::Device device() const override { return model_->device(); }
    std::vector<std::string> notes() const override { return model_->notes(); }

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return model_->cache_shape(batch, slots);
    }
    at::Tensor embed(const at::Tensor& ids) const override { return model_->embed(ids); }
    at::Tensor placed(const at::Tensor& embeddings, const KvCache& cache) const override {
        return model_->placed(embeddings, cache);
    }
    at::Tensor finish(const at::Tensor& hidden) const override { return model_->finish(hidden); }
    at::Tensor logits(const at::Tensor& finished) const override { return model_->logits(finished); }

    at::Tensor through(LayerRange range, at::Tensor hidden, KvCache& cache) const override {
        if (!c10::GradMode::is_enabled() || !Recording::is_on()) {
            return model_->through(range, std::move(hidden), cache);
        }
        // The pass has ended, and its cache with it, when layers are computed again.
        const auto kept = std::make_shared<KvCache>(cache);
        if (!hidden.requires_grad()) {  // weights behind may want gradients all the same
            hidden = hidden.detach();
            hidden.requires_grad_(true);
        }
        for (std::size_t layer = range.first; layer < range.behind; ++layer) {
            hidden = LayerAgain::apply(hidden, c10::make_intrusive<LayerCall>(model_, kept, layer));
        }
        return hidden;
    }

private:
    std::shared_ptr<const CausalLm> model_;
};

}  // namespace

std::shared_ptr<const CausalLm> recomputing(std::shared_ptr<const CausalLm> model) {
    return std::make_shared<Recomputing>(std::move(model));
}

}  // namespace tandem
