#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "engine/run_workloads.h"
#include "engine/tensor/safetensors.h"

namespace tandem {

Result<void> run_logits(const LogitsWorkload& workload, const RunContext& context) {
    TrialRecorder& recorder = context.recorder;
    const auto count = static_cast<std::int64_t>(workload.ids.size());
    const std::int64_t vocab = context.model.shape().vocab;
    const std::int64_t chunk = prefill_chunk_for(context.model.shape());
    KvCache cache = TANDEM_TRY(make_cache(context));
    cache.expect(count);
    recorder.fact("prompt_tokens", std::to_string(count));
    recorder.sample("prompt_tokens", 0, static_cast<double>(count));

    std::vector<std::byte> bytes(static_cast<std::size_t>(count * vocab) * sizeof(float));  // [T, V]
    context.machine.repetition_begins();
    recorder.phase_begins("prefill", 0);
    for (std::int64_t done = 0; done < count;) {
        if (context.stop.stop_requested()) {
            return cancelled_error();
        }
        const std::int64_t taken = std::min(chunk, count - done);
        const at::Tensor ids = at::empty({1, taken}, at::kLong);
        std::copy_n(workload.ids.begin() + done, taken, ids.mutable_data_ptr<std::int64_t>());
        const at::Tensor logits = context.model.forward(ids.to(context.model.device()), cache, LogitsFor::all)
                                      .to(at::kCPU, at::kFloat)
                                      .contiguous();  // [1, taken, V]
        std::memcpy(bytes.data() + static_cast<std::size_t>(done * vocab) * sizeof(float),
                    logits.const_data_ptr<float>(), static_cast<std::size_t>(taken * vocab) * sizeof(float));
        done += taken;
        recorder.progress(0.1 + 0.9 * static_cast<double>(done) / static_cast<double>(count), "logits");
    }
    recorder.phase_ends("prefill", 0);
    context.machine.repetition_ends(0);

    const TensorView tensor{.name = "logits", .type = TensorType::f32, .shape = {count, vocab}, .data = bytes};
    recorder.artefact("logits.safetensors", "application/octet-stream", write_safetensors({&tensor, 1}, {}));
    return {};
}

}  // namespace tandem
