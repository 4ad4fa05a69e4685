#include "engine/models/encoder_weights.h"

#include <utility>

namespace tandem {
namespace {

class EncoderWeights : public WeightSource {
public:
    explicit EncoderWeights(std::unique_ptr<WeightSource> base) : base_(std::move(base)) {}

    bool has(const TensorSpec& spec) const override { return base_->has(spec); }

    Result<WeightMatrix> matrix(const TensorSpec& spec) override {
        if (spec.of_decoder) {
            return WeightMatrix(TANDEM_TRY(left_out(spec)));
        }
        return base_->matrix(spec);
    }

    Result<at::Tensor> dense_matrix(const TensorSpec& spec) override {
        return spec.of_decoder ? left_out(spec) : base_->dense_matrix(spec);
    }

    Result<at::Tensor> tensor(const TensorSpec& spec) override {
        return spec.of_decoder ? left_out(spec) : base_->tensor(spec);
    }

    Result<void> check(const TensorSpec& spec) override { return base_->check(spec); }
    Result<void> check_all_known() const override { return base_->check_all_known(); }
    std::vector<std::string> notes() const override { return base_->notes(); }

private:
    Result<at::Tensor> left_out(const TensorSpec& spec) {
        TANDEM_TRY(base_->check(spec));
        return at::empty(spec.shape, at::TensorOptions(at::kFloat).device(at::kMeta));
    }

    std::unique_ptr<WeightSource> base_;
};

}  // namespace

std::unique_ptr<WeightSource> encoder_weights(std::unique_ptr<WeightSource> base) {
    return std::make_unique<EncoderWeights>(std::move(base));
}

}  // namespace tandem
