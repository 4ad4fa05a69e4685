#include "engine/models/llama/weights.h"

#include <array>
#include <cmath>

namespace tandem::llama {
namespace {

// Frequencies that old checkpoints carry and everybody computes anew.
constexpr std::string_view computed_frequencies = "rotary_emb.inv_freq";

class Loader {
public:
    Loader(const ModelShape& shape, WeightSource& source, Naming naming)
        : shape_(shape), source_(source), naming_(naming) {}

    Result<Weights> load() {
        const ModelNames names = model_names(naming_);
        Weights weights;
        weights.rope = TANDEM_TRY(rope());
        weights.embedding = TANDEM_TRY(source_.matrix(names.embedding + ".weight", shape_.vocab, shape_.hidden, {}));
        for (std::int64_t index = 0; index < shape_.layers; ++index) {
            weights.layers.push_back(TANDEM_TRY(layer(layer_names(naming_, index))));
        }
        weights.final_norm = TANDEM_TRY(norm(names.final_norm));
        if (shape_.tied_embeddings) {
            weights.output.weight = weights.embedding;
        } else {
            weights.output = TANDEM_TRY(linear(names.output, shape_.vocab, shape_.hidden, false, {}));
        }
        // A file of tied embeddings may repeat them as its output; the configuration says that they are the same.
        const std::array<std::string_view, 2> harmless{
            computed_frequencies, shape_.tied_embeddings ? std::string_view("lm_head.weight") : computed_frequencies};
        TANDEM_TRY(source_.check_all_used(harmless));
        return weights;
    }

private:
    Result<Layer> layer(const LayerNames& names) {
        const std::int64_t hidden = shape_.hidden;
        const std::int64_t query = shape_.heads * shape_.head_dim;
        const std::int64_t key = shape_.kv_heads * shape_.head_dim;
        const bool bias = shape_.attention_bias;
        const RowOrder rotated{.interleaved_head = naming_ == Naming::gguf ? shape_.head_dim : 0};
        Layer layer;
        layer.attention_norm = TANDEM_TRY(norm(names.attention_norm));
        layer.query = TANDEM_TRY(linear(names.query, query, hidden, bias, rotated));
        layer.key = TANDEM_TRY(linear(names.key, key, hidden, bias, rotated));
        layer.value = TANDEM_TRY(linear(names.value, key, hidden, bias, {}));
        layer.attention_output = TANDEM_TRY(linear(names.attention_output, hidden, query, bias, {}));
        layer.mlp_norm = TANDEM_TRY(norm(names.mlp_norm));
        layer.mlp.gate = TANDEM_TRY(linear(names.gate, shape_.ffn, hidden, shape_.mlp_bias, {}));
        layer.mlp.up = TANDEM_TRY(linear(names.up, shape_.ffn, hidden, shape_.mlp_bias, {}));
        layer.mlp.down = TANDEM_TRY(linear(names.down, hidden, shape_.ffn, shape_.mlp_bias, {}));
        return layer;
    }

    Result<Linear> linear(const std::string& name, std::int64_t out, std::int64_t in, bool bias, RowOrder order) {
        Linear linear;
        linear.weight = TANDEM_TRY(source_.matrix(name + ".weight", out, in, order));
        if (bias) {
            linear.bias = TANDEM_TRY(source_.vector(name + ".bias", out, order));
        }
        return linear;
    }

    Result<RmsNorm> norm(const std::string& name) {
        return RmsNorm{.weight = TANDEM_TRY(source_.vector(name + ".weight", shape_.hidden, {})),
                       .epsilon = shape_.norm_epsilon};
    }

    Result<Rope> rope() {
        RopeScaling scaling;
        if (shape_.rope_scaling_type == "linear") {
            scaling = {.kind = RopeScaling::Kind::linear, .factor = shape_.rope_scaling_factor};
        } else if (shape_.rope_scaling_type == "llama3") {
            scaling = {.kind = RopeScaling::Kind::llama3,
                       .factor = shape_.rope_scaling_factor,
                       .low_freq_factor = shape_.rope_low_freq_factor,
                       .high_freq_factor = shape_.rope_high_freq_factor,
                       .original_context = static_cast<double>(shape_.rope_original_context)};
        } else if (shape_.rope_scaling_type == "factors") {
            scaling = {.kind = RopeScaling::Kind::factors, .factors = TANDEM_TRY(rope_factors())};
        } else if (!shape_.rope_scaling_type.empty()) {
            return Error{.code = "CFG_UNSUPPORTED",
                         .message = "rotary scaling of type '" + shape_.rope_scaling_type +
                                    "' is not supported by this version; nothing was loaded",
                         .kind = ErrorKind::unsupported};
        }
        return Rope(shape_.head_dim, shape_.rope_theta, scaling);
    }

    Result<std::vector<double>> rope_factors() {
        const at::Tensor factors =
            TANDEM_TRY(source_.vector("rope_freqs.weight", shape_.head_dim / 2, {})).to(at::kCPU, at::kDouble);
        const auto* data = factors.const_data_ptr<double>();
        std::vector<double> values(data, data + factors.numel());
        for (const double value : values) {
            if (!(std::isfinite(value) && value > 0)) {
                return Error{.code = "CFG_RANGE",
                             .message = "rope_freqs.weight holds " + std::to_string(value) +
                                        ", allowed are finite numbers above 0; nothing was loaded",
                             .kind = ErrorKind::bad_input};
            }
        }
        return values;
    }

    const ModelShape& shape_;
    WeightSource& source_;
    Naming naming_;
};

}  // namespace

std::int64_t Weights::bytes(bool tied) const {
    std::int64_t sum = embedding.bytes() + final_norm.bytes() + (tied ? 0 : output.bytes());
    for (const Layer& layer : layers) {
        sum += layer.attention_norm.bytes() + layer.query.bytes() + layer.key.bytes() + layer.value.bytes() +
               layer.attention_output.bytes() + layer.mlp_norm.bytes() + layer.mlp.bytes();
    }
    return sum;
}

Result<Weights> load_weights(const ModelShape& shape, WeightSource& source, Naming naming) {
    return Loader(shape, source, naming).load();
}

}  // namespace tandem::llama
