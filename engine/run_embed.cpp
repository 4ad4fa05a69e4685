#include <cstring>

#include "engine/models/vision_config.h"
#include "engine/run_workloads.h"
#include "engine/tensor/safetensors.h"

namespace tandem {
namespace {

TensorView view_of(std::string name, const at::Tensor& tensor) {
    const std::span<const float> numbers(tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
    return {.name = std::move(name),
            .type = TensorType::f32,
            .shape = tensor.sizes().vec(),
            .data = std::as_bytes(numbers)};
}

// "1,1,5": how many views each picture became.
std::string list_of(const std::vector<std::int64_t>& views) {
    std::string text;
    for (const std::int64_t count : views) {
        text += (text.empty() ? "" : ",") + std::to_string(count);
    }
    return text;
}

Result<void> check_model(const EmbedWorkload& workload, const std::string& location, const ModelShape& shape) {
    if (shape.kind != ModelKind::vision_encoder) {
        return Error{.code = "MODEL_KIND",
                     .message = "the model is of family '" + shape.architecture +
                                "', which reads no pictures; need a vision encoder; nothing was computed",
                     .where = location,
                     .kind = ErrorKind::unsupported};
    }
    const std::int64_t layer = workload.layer.value_or(0);
    if (layer > shape.layers || layer < -shape.layers - 1) {
        return Error{.code = "VISION_LAYER",
                     .message = "layer is " + std::to_string(layer) + ", this model has " +
                                std::to_string(-shape.layers - 1) + " to " + std::to_string(shape.layers) +
                                "; nothing was computed",
                     .where = "layer",
                     .kind = ErrorKind::bad_input};
    }
    if (config_of<VisionConfig>(shape).channels != 3) {
        return Error{.code = "VISION_CHANNELS",
                     .message = "the model wants " + std::to_string(config_of<VisionConfig>(shape).channels) +
                                " channels, pictures have 3; nothing was computed",
                     .where = location,
                     .kind = ErrorKind::unsupported};
    }
    if (workload.images.empty()) {
        return Error{.code = "PROMPT_EMPTY",
                     .message = "there are no pictures; at least one is needed",
                     .where = "images",
                     .kind = ErrorKind::bad_input};
    }
    return {};
}

}  // namespace

Result<PixelBatch> prepare_pictures(const EmbedWorkload& workload, const std::string& location,
                                    const ModelShape& shape) {
    TANDEM_TRY(check_model(workload, location, shape));
    const PreprocessorSettings settings = TANDEM_TRY(open_preprocessor(location, shape.architecture));
    std::vector<Picture> pictures;
    for (const std::string& image : workload.images) {
        pictures.push_back(TANDEM_TRY(open_picture(image)));
    }
    PixelBatch batch = TANDEM_TRY(preprocess(pictures, settings));
    TANDEM_TRY(check_picture_size(config_of<VisionConfig>(shape), batch.height, batch.width));
    return batch;
}

Result<void> run_embed(const EmbedWorkload& workload, const PixelBatch& pixels, const VisionEncoder& model,
                       TrialRecorder& recorder, MachineSampler& machine, const std::stop_token& stop) {
    const std::int64_t count = pixels.count();
    recorder.fact("views", list_of(pixels.views));
    std::vector<at::Tensor> hidden;
    std::vector<at::Tensor> pooled;
    machine.repetition_begins();
    recorder.phase_begins("prefill", 0);
    // One at a time: what a picture gives does not depend on those beside it.
    for (std::int64_t view = 0; view < count; ++view) {
        if (stop.stop_requested()) {
            return cancelled_error();
        }
        const std::int64_t numbers = 3 * pixels.height * pixels.width;
        const at::Tensor one = at::empty({1, 3, pixels.height, pixels.width}, at::kFloat);
        std::memcpy(one.mutable_data_ptr<float>(), pixels.values.data() + view * numbers,
                    static_cast<std::size_t>(numbers) * sizeof(float));
        const EncodedPictures encoded = model.encode(one, workload.layer);
        hidden.push_back(encoded.hidden.to(at::kCPU, at::kFloat));
        if (encoded.pooled.defined()) {
            pooled.push_back(encoded.pooled.to(at::kCPU, at::kFloat));
        }
        recorder.progress(0.1 + 0.9 * static_cast<double>(view + 1) / static_cast<double>(count), "embedding");
    }
    recorder.phase_ends("prefill", 0);
    machine.repetition_ends(0);

    const at::Tensor all_hidden = at::cat(hidden).contiguous();  // [views, tokens, hidden]
    const at::Tensor all_pooled = pooled.empty() ? at::Tensor() : at::cat(pooled).contiguous();
    std::vector<TensorView> tensors{view_of("hidden", all_hidden)};
    if (all_pooled.defined()) {
        tensors.push_back(view_of("pooled", all_pooled));
    }
    recorder.artefact("embeddings.safetensors", "application/octet-stream",
                      write_safetensors(tensors, {{"views", list_of(pixels.views)}}));
    return {};
}

}  // namespace tandem
