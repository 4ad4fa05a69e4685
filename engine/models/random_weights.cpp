// Weights that measure like a trained model's and are made as fast as memory takes them. Each 16 bits of a counter's
// hash pick one of 65,536 equally probable quantiles of the normal distribution: its mean is exact, its standard
// deviation short by less than 1 in 10,000, its tails end at 4.3 standard deviations.
#include <array>
#include <cmath>

#include "engine/models/counter_random.h"
#include "engine/models/fill_matrix.h"
#include "engine/models/load_progress.h"

namespace tandem {
namespace {

constexpr double deviation = 0.02;  // initializer_range of Llama's configuration
constexpr std::size_t quantiles = 1 << 16;

std::vector<float> normal_quantiles() {
    const at::Tensor probabilities =
        (at::arange(static_cast<std::int64_t>(quantiles), at::kDouble) + 0.5) / static_cast<double>(quantiles);
    const at::Tensor values = (at::special_ndtri(probabilities) * deviation).to(at::kFloat).contiguous();
    const auto* data = values.const_data_ptr<float>();
    return {data, data + quantiles};
}

class RandomWeights : public WeightSource {
public:
    RandomWeights(std::uint64_t seed, const TensorList& list, const LoadContext& context)
        : seed_(seed),
          dtype_(context.dtype),
          device_(context.device),
          progress_(context, list.parameters()),
          quantiles_(normal_quantiles()) {}

    bool has(const TensorSpec& spec) const override {
        return !spec.hugging_face.name.empty() && !spec.optional && !spec.derived;
    }

    Result<WeightMatrix> matrix(const TensorSpec& spec) override {
        const std::int64_t rows = spec.shape[0];
        const std::int64_t columns = spec.shape[1];
        WeightFormat format = TANDEM_TRY(weight_format(dtype_, TensorType::f32, device_));
        if (std::holds_alternative<TensorType>(format) && columns % 32 != 0) {
            return Error{.code = "DTYPE_UNAVAILABLE",
                         .message = "int8 and int4 hold 32 weights of a row together, '" + spec.name() +
                                    "' has rows of " + std::to_string(columns) +
                                    "; use f32, bf16 or f16; nothing was loaded",
                         .where = "dtype",
                         .kind = ErrorKind::unsupported};
        }
        const std::uint64_t key = key_of(spec);
        WeightMatrix result = fill_matrix(rows, columns, format, device_, [&](std::int64_t row, std::span<float> out) {
            draw(mixed_bits(key ^ mixed_bits(static_cast<std::uint64_t>(row))), out);
        });
        TANDEM_TRY(progress_.add(rows * columns));
        return result;
    }

    Result<at::Tensor> tensor(const TensorSpec& spec) override {
        TANDEM_TRY(progress_.add(spec.elements()));
        at::Tensor numbers = at::empty(spec.shape, at::kFloat);
        switch (spec.random) {
            case TensorSpec::Fill::ones:
                numbers.fill_(1);
                break;
            case TensorSpec::Fill::zeros:
                numbers.zero_();
                break;
            case TensorSpec::Fill::normal:
                draw(key_of(spec), {numbers.mutable_data_ptr<float>(), static_cast<std::size_t>(numbers.numel())});
                break;
        }
        return numbers.to(device_);
    }

    Result<void> check(const TensorSpec& spec) override { return progress_.add(spec.elements()); }
    Result<void> check_all_known() const override { return {}; }
    std::vector<std::string> notes() const override { return {}; }

private:
    std::uint64_t key_of(const TensorSpec& spec) const {
        return mixed_bits(seed_ ^ mixed_bits(name_hash(spec.name())));
    }

    void draw(std::uint64_t key, std::span<float> out) const {
        for (std::size_t i = 0; i < out.size(); i += 4) {
            const std::uint64_t bits = mixed_bits(key + i);
            for (std::size_t j = 0; j < 4 && i + j < out.size(); ++j) {
                out[i + j] = quantiles_[(bits >> (16 * j)) & 0xFFFF];
            }
        }
    }

    std::uint64_t seed_;
    Dtype dtype_;
    at::Device device_;
    LoadProgress progress_;
    std::vector<float> quantiles_;
};

}  // namespace

std::unique_ptr<WeightSource> random_weights(std::uint64_t seed, const TensorList& list, const LoadContext& context) {
    return std::make_unique<RandomWeights>(seed, list, context);
}

}  // namespace tandem
