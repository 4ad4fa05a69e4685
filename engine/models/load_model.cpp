#include "engine/models/adapter_weights.h"
#include "engine/models/causal_lm.h"
#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/encoder_weights.h"
#include "engine/models/inspect.h"
#include "engine/models/inspect_check.h"
#include "engine/models/inspect_parts.h"
#include "engine/models/registry.h"
#include "engine/models/trainable_model.h"
#include "engine/models/unknown_family.h"
#include "engine/models/vision_encoder.h"
#include "engine/models/weight_format.h"
#include "engine/tensor/gguf.h"
#include "engine/tensor/safetensors.h"
#include "engine/tensor/torch_device.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

Result<const Family*> family_of(const ModelFacts& facts) {
    std::vector<std::string> names;
    for (const Family& family : families()) {
        if (family.name == facts.shape.architecture) {
            return &family;
        }
        names.emplace_back(family.name);
    }
    return unknown_family(facts.shape.architecture, names, facts.location);
}

Result<AdaptedWeights> open_base(const ModelFacts& facts, const TensorList& list, std::uint64_t seed,
                                 const LoadContext& context) {
    AdaptedWeights parts;
    if (facts.format == "random") {
        parts.base = random_weights(seed, list, context);
        return parts;
    }
    if (facts.format == "gguf") {
        parts.file = TANDEM_TRY(GgufFile::open(facts.location));
        parts.naming = Naming::gguf;
    } else {
        parts.file = TANDEM_TRY(SafetensorsFile::open(facts.location));
    }
    parts.base = file_weights(parts.file, facts.location, parts.naming, list, context);
    return parts;
}

Result<std::unique_ptr<WeightSource>> open_weights(const ModelFacts& facts, const TensorList& list,
                                                   const std::string& adapter, AdapterMode mode, std::uint64_t seed,
                                                   const LoadContext& context) {
    AdaptedWeights parts = TANDEM_TRY(open_base(facts, list, seed, context));
    if (adapter.empty()) {
        return std::move(parts.base);
    }
    parts.adapter = TANDEM_TRY(open_adapter(adapter, facts.shape, list));
    parts.where = adapter;
    return adapted_weights(std::move(parts), list, mode, context);
}

// A caller may have made the device itself instead of parsing a name.
Result<void> check_device(at::Device device) {
    if (device.is_cuda() && device.index() >= cuda_device_count()) {
        return parse_device(device.str()).error();
    }
    return {};
}

std::string_view kind_name(ModelKind kind) {
    switch (kind) {
        case ModelKind::decoder:
            return "a decoder-only language model";
        case ModelKind::encoder_decoder:
            return "an encoder-decoder language model";
        case ModelKind::vision_encoder:
            return "a vision encoder";
    }
    return "a model";
}

// Asked before weights are read, which can take minutes.
Result<void> check_kind(const ModelRef& model, ModelKind need) {
    const ModelFacts facts = TANDEM_TRY(inspect_model(model.location));
    if (facts.shape.kind != need) {
        return Error{.code = "MODEL_KIND",
                     .message = "the model is " + std::string(kind_name(facts.shape.kind)) + " (" +
                                facts.shape.architecture + "), and " + std::string(kind_name(need)) +
                                " is needed here; nothing was loaded",
                     .where = model.location,
                     .kind = ErrorKind::unsupported};
    }
    return {};
}

Error not_trainable(const std::string& message, const std::string& where) {
    return {.code = "TRAIN_UNSUPPORTED",
            .message = message + "; nothing was loaded",
            .where = where,
            .kind = ErrorKind::unsupported};
}

Result<void> check_trainable(const ModelRef& model, const TrainableOptions& options) {
    if (options.dtype != Dtype::f32 && options.dtype != Dtype::bf16) {
        return Error{.code = "DTYPE_UNAVAILABLE",
                     .message = "training holds weights in f32 or bf16, found " +
                                std::string(enum_name(options.dtype)) + "; nothing was loaded",
                     .where = "dtype",
                     .kind = ErrorKind::unsupported};
    }
    if (!model.adapter.empty()) {
        return not_trainable("a model with an adapter cannot be trained; merge the adapter into a folder first",
                             model.adapter);
    }
    return {};
}

Result<void> check_not_recurrent(const Model& model, const std::string& where) {
    const auto* decoder = dynamic_cast<const CausalLm*>(&model);
    if (decoder != nullptr) {
        for (const KvLayer& layer : decoder->cache_shape(1, 1).layers) {
            if (!layer.states.empty()) {
                return not_trainable("recurrent layers (" + model.shape().architecture +
                                         ") write their states in place, which gives no gradients",
                                     where);
            }
        }
    }
    return {};
}

template <class Interface>
Result<std::shared_ptr<const Interface>> load_as(ModelKind kind, const ModelRef& model, const LoadOptions& options,
                                                 at::Device device, std::uint64_t seed, const LoadListener& listener,
                                                 std::stop_token stop) {
    TANDEM_TRY(check_kind(model, kind));
    const auto loaded = TANDEM_TRY(load_model(model, options, device, seed, listener, std::move(stop)));
    return std::dynamic_pointer_cast<const Interface>(loaded);
}

enum class Read { whole_model, encoder_alone };

Result<std::shared_ptr<const Model>> load_part(Read read, const ModelRef& model, const LoadOptions& options,
                                               at::Device device, std::uint64_t seed, const LoadListener& listener,
                                               std::stop_token stop) {
    TANDEM_TRY(check_device(device));
    const ModelFacts facts = TANDEM_TRY(inspect_model(model.location));
    const Family* family = TANDEM_TRY(family_of(facts));
    const TensorList list = tensors_of(facts.shape);
    const std::string doing = "load the weights of " + model.location;
    return translate_torch(doing, [&]() -> Result<std::shared_ptr<const Model>> {
        const LoadContext context{.dtype = options.dtype, .device = device, .listener = listener, .stop = stop};
        auto source = TANDEM_TRY(open_weights(facts, list, model.adapter, options.adapter_mode, seed, context));
        if (read == Read::encoder_alone) {
            source = encoder_weights(std::move(source));
        }
        Weights weights(*source, list);
        return family->load({.shape = facts.shape,
                             .weights = weights,
                             .source = *source,
                             .cache_type = cache_type(options.dtype, device),
                             .device = device});
    });
}

}  // namespace

Result<std::shared_ptr<const Model>> load_model(const ModelRef& model, const LoadOptions& options, at::Device device,
                                                std::uint64_t seed, const LoadListener& listener,
                                                std::stop_token stop) {
    return load_part(Read::whole_model, model, options, device, seed, listener, std::move(stop));
}

Result<std::shared_ptr<const Model>> load_guide(const ModelRef& model, const LoadOptions& options, at::Device device,
                                                std::uint64_t seed, const LoadListener& listener,
                                                std::stop_token stop) {
    return load_part(Read::encoder_alone, model, options, device, seed, listener, std::move(stop));
}

Result<TrainableModel> load_trainable(const ModelRef& model, const TrainableOptions& options, at::Device device,
                                      std::uint64_t seed, const LoadListener& listener, std::stop_token stop) {
    TANDEM_TRY(check_device(device));
    TANDEM_TRY(check_trainable(model, options));
    const ModelFacts facts = TANDEM_TRY(inspect_model(model.location));
    const Family* family = TANDEM_TRY(family_of(facts));
    TrainableModel result{.tensors = tensors_of(facts.shape), .low_rank = options.low_rank};
    return translate_torch("load the weights of " + model.location, [&]() -> Result<TrainableModel> {
        const LoadContext context{.dtype = options.dtype, .device = device, .listener = listener, .stop = stop};
        AdaptedWeights base = TANDEM_TRY(open_base(facts, result.tensors, seed, context));
        TrainableWeights source({.base = std::move(base.base),
                                 .trained = options.trained,
                                 .low_rank = options.low_rank,
                                 .seed = seed,
                                 .naming = base.naming});
        Weights weights(source, result.tensors);
        result.model = TANDEM_TRY(family->load({.shape = facts.shape,
                                                .weights = weights,
                                                .source = source,
                                                .cache_type = cache_type(options.dtype, device),
                                                .device = device}));
        result.parameters = source.parameters();
        TANDEM_TRY(check_not_recurrent(*result.model, model.location));
        return std::move(result);
    });
}

Result<std::shared_ptr<const CausalLm>> load_causal_lm(const ModelRef& model, const LoadOptions& options,
                                                       at::Device device, std::uint64_t seed,
                                                       const LoadListener& listener, std::stop_token stop) {
    return load_as<CausalLm>(ModelKind::decoder, model, options, device, seed, listener, std::move(stop));
}

Result<std::shared_ptr<const EncoderDecoderLm>> load_encoder_decoder(const ModelRef& model, const LoadOptions& options,
                                                                     at::Device device, std::uint64_t seed,
                                                                     const LoadListener& listener,
                                                                     std::stop_token stop) {
    return load_as<EncoderDecoderLm>(ModelKind::encoder_decoder, model, options, device, seed, listener,
                                     std::move(stop));
}

Result<std::shared_ptr<const VisionEncoder>> load_vision_encoder(const ModelRef& model, const LoadOptions& options,
                                                                 at::Device device, std::uint64_t seed,
                                                                 const LoadListener& listener, std::stop_token stop) {
    return load_as<VisionEncoder>(ModelKind::vision_encoder, model, options, device, seed, listener, std::move(stop));
}

}  // namespace tandem
