#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "engine/generation/generate.h"
#include "engine/run_workloads.h"
#include "engine/tensor/safetensors.h"

namespace tandem {
namespace {

// Ids of the sequence that gets logits.
std::vector<std::int64_t> sequence_of(const LogitsWorkload& workload, const ModelShape& shape) {
    if (shape.kind != ModelKind::encoder_decoder) {
        return workload.ids;
    }
    return workload.decoder_ids.empty() ? std::vector{shape.target.start} : workload.decoder_ids;
}

at::Tensor to_tensor(std::span<const std::int64_t> ids, at::Device device) {
    const at::Tensor row = at::empty({1, static_cast<std::int64_t>(ids.size())}, at::kLong);
    std::copy(ids.begin(), ids.end(), row.mutable_data_ptr<std::int64_t>());
    return row.to(device);
}

}  // namespace

Result<Positions> check_logits(const LogitsWorkload& workload, const ModelShape& shape) {
    if (workload.ids.empty()) {
        return Error{
            .code = "PROMPT_EMPTY", .message = "there are no token ids; at least one is needed", .where = "ids"};
    }
    if (!workload.decoder_ids.empty() && shape.kind != ModelKind::encoder_decoder) {
        return Error{.code = "MODEL_KIND",
                     .message = "decoder_ids are for encoder-decoder models; a model of family " + shape.architecture +
                                " is decoder-only and takes ids alone; nothing was run",
                     .where = "decoder_ids",
                     .kind = ErrorKind::unsupported};
    }
    const std::vector<std::int64_t> sequence = sequence_of(workload, shape);
    const auto length = static_cast<std::int64_t>(sequence.size());
    const auto read = static_cast<std::int64_t>(workload.ids.size());
    const bool encodes = shape.kind == ModelKind::encoder_decoder;
    if (shape.has_position_table) {  // others compute behind what they were trained for, and so does the reference
        TANDEM_TRY(check_context(read, encodes ? length : 0, shape, {}));
    }
    TANDEM_TRY(check_ids(std::span<const std::int64_t>(workload.ids), source_vocabulary(shape)));
    TANDEM_TRY(check_ids(std::span<const std::int64_t>(sequence), shape.vocab));
    return Positions{.cache = length, .source = read};
}

Result<void> run_logits(const LogitsWorkload& workload, const RunContext& context) {
    TrialRecorder& recorder = context.recorder;
    const ModelShape& shape = context.model.shape();
    const at::Device device = context.model.model().device();
    const std::vector<std::int64_t> sequence = sequence_of(workload, shape);
    const std::span<const std::int64_t> ids(sequence);
    const auto count = static_cast<std::int64_t>(ids.size());
    const std::int64_t chunk = prefill_chunk_for(shape);
    KvCache cache = TANDEM_TRY(make_cache(context));
    cache.expect(count);
    recorder.fact("prompt_tokens", std::to_string(workload.ids.size()));
    recorder.sample("prompt_tokens", 0, static_cast<double>(workload.ids.size()));

    std::vector<std::byte> bytes(static_cast<std::size_t>(count * shape.vocab) * sizeof(float));  // [T, V]
    context.machine.repetition_begins();
    recorder.phase_begins("prefill", 0);
    EncodedSource source;
    if (const EncoderDecoderLm* model = context.model.encoder_decoder()) {
        source = model->encode(to_tensor(workload.ids, device), {});
    }
    for (std::int64_t done = 0; done < count;) {
        if (context.stop.stop_requested()) {
            return cancelled_error();
        }
        const std::int64_t taken = std::min(chunk, count - done);
        const at::Tensor part =
            to_tensor(ids.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(taken)), device);
        const at::Tensor logits = (context.model.decoder() != nullptr
                                       ? context.model.decoder()->forward(part, cache, LogitsFor::all)
                                       : context.model.encoder_decoder()->forward(part, source, cache, LogitsFor::all))
                                      .to(at::kCPU, at::kFloat)
                                      .contiguous();  // [1, taken, V]
        std::memcpy(bytes.data() + static_cast<std::size_t>(done * shape.vocab) * sizeof(float),
                    logits.const_data_ptr<float>(), static_cast<std::size_t>(taken * shape.vocab) * sizeof(float));
        done += taken;
        recorder.progress(0.1 + 0.9 * static_cast<double>(done) / static_cast<double>(count), "logits");
    }
    recorder.phase_ends("prefill", 0);
    context.machine.repetition_ends(0);

    const TensorView tensor{.name = "logits", .type = TensorType::f32, .shape = {count, shape.vocab}, .data = bytes};
    recorder.artefact("logits.safetensors", "application/octet-stream", write_safetensors({&tensor, 1}, {}));
    return {};
}

}  // namespace tandem
