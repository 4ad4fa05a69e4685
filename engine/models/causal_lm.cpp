#include "engine/models/causal_lm.h"

#include "engine/models/inspect.h"
#include "engine/models/inspect_check.h"
#include "engine/models/registry.h"
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

Result<std::unique_ptr<WeightSource>> open_weights(const ModelFacts& facts, std::uint64_t seed,
                                                   const LoadContext& context) {
    if (facts.format == "random") {
        return random_weights(seed, facts.parameters, context);
    }
    std::shared_ptr<const WeightFile> file;
    if (facts.format == "gguf") {
        file = TANDEM_TRY(GgufFile::open(facts.location));
    } else {
        file = TANDEM_TRY(SafetensorsFile::open(facts.location));
    }
    return file_weights(std::move(file), facts.location, context);
}

// A caller may have made the device itself instead of parsing a name.
Result<void> check_device(at::Device device) {
    if (device.is_cuda() && device.index() >= cuda_device_count()) {
        return parse_device(device.str()).error();
    }
    return {};
}

}  // namespace

Result<std::shared_ptr<const CausalLm>> load_causal_lm(const ModelRef& model, const LoadOptions& options,
                                                       at::Device device, std::uint64_t seed,
                                                       const LoadListener& listener, std::stop_token stop) {
    TANDEM_TRY(check_device(device));
    const ModelFacts facts = TANDEM_TRY(inspect_model(model.location));
    const Family* family = TANDEM_TRY(family_of(facts));
    const std::string doing = "load the weights of " + model.location;
    return translate_torch(doing, [&]() -> Result<std::shared_ptr<const CausalLm>> {
        const LoadContext context{.dtype = options.dtype, .device = device, .listener = listener, .stop = stop};
        const auto source = TANDEM_TRY(open_weights(facts, seed, context));
        return family->load({.shape = facts.shape,
                             .format = facts.format,
                             .source = *source,
                             .dtype = options.dtype,
                             .device = device});
    });
}

std::vector<std::string_view> causal_lm_families() {
    std::vector<std::string_view> names;
    for (const Family& family : families()) {
        names.push_back(family.name);
    }
    return names;
}

}  // namespace tandem
