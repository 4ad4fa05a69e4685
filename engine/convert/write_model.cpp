// Files of weights, once it is known what goes into them.
#include <algorithm>
#include <map>
#include <thread>

#include "engine/convert/conversions.h"
#include "engine/convert/target_place.h"
#include "engine/convert/write_tensors.h"
#include "engine/tensor/gguf_write.h"
#include "engine/tensor/safetensors_write.h"

namespace tandem {
namespace {

std::vector<TensorPlan> plans_of(std::span<const TensorJob> jobs) {
    std::vector<TensorPlan> plans;
    plans.reserve(jobs.size());
    for (const TensorJob& job : jobs) {
        plans.push_back(job.plan);
    }
    return plans;
}

WriteOptions write_options(Conversion& conversion, std::int64_t& done, std::int64_t total) {
    const ConvertOptions& options = conversion.options;
    const int machine = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    return {.threads = options.threads > 0 ? options.threads : machine,
            .stop = options.stop,
            .progress = [&options, &done, total](const std::string& tensor, std::int64_t bytes) {
                done += bytes;
                if (options.progress) {
                    options.progress(tensor, done, total);
                }
            }};
}

// LLAMA_FTYPE of llama.cpp, a description that readers show: the type that most weights have.
std::int64_t file_type_of(TensorType type) {
    switch (type) {
        case TensorType::f32:
            return 0;
        case TensorType::q4_0:
            return 2;
        case TensorType::q4_1:
            return 3;
        case TensorType::q8_0:
            return 7;
        case TensorType::q5_0:
            return 8;
        case TensorType::q5_1:
            return 9;
        case TensorType::q2_k:
            return 10;
        case TensorType::q3_k:
            return 11;
        case TensorType::q4_k:
            return 14;
        case TensorType::q5_k:
            return 16;
        case TensorType::q6_k:
            return 18;
        case TensorType::iq4_nl:
            return 25;
        case TensorType::iq4_xs:
            return 30;
        case TensorType::bf16:
            return 32;
        case TensorType::tq1_0:
            return 36;
        case TensorType::tq2_0:
            return 37;
        default:
            return 1;
    }
}

}  // namespace

void Conversion::count(std::span<const TensorJob> jobs) {
    for (const TensorJob& job : jobs) {
        ++report.tensors;
        ++report.tensors_by_type[std::string(tensor_type_info(job.plan.type).name)];
        report.source_bytes += job.source != nullptr && job.output != TensorJob::Output::int8_scales
                                   ? static_cast<std::int64_t>(job.source->data.size())
                                   : 0;
    }
}

void Conversion::note_requantised(std::span<const TensorJob> jobs) {
    std::int64_t count = 0;
    for (const TensorJob& job : jobs) {
        const bool other = job.source != nullptr && job.source->type != job.plan.type;
        count += other && is_quantised(job.source->type) && is_quantised(job.plan.type) ? 1 : 0;
    }
    if (count > 0) {
        report.notes.push_back("W_REQUANTISED: " + std::to_string(count) +
                               " tensors were quantised already; quantising again adds to their error");
    }
}

std::vector<GgufEntry> type_entries(std::span<const TensorJob> jobs) {
    std::map<TensorType, std::int64_t> numbers;
    bool quantised = false;
    for (const TensorJob& job : jobs) {
        if (is_weight_matrix(job.plan.name, job.plan.shape) && job.plan.name.starts_with("blk.")) {
            numbers[job.plan.type] += job.rows() * job.columns();
        }
        quantised = quantised || is_quantised(job.plan.type);
    }
    const auto most = std::max_element(numbers.begin(), numbers.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const TensorType type = most == numbers.end() ? TensorType::f16 : most->first;
    std::vector<GgufEntry> entries{make_gguf_entry("general.file_type", GgufKind::u32, file_type_of(type)).value()};
    if (quantised) {
        entries.push_back(make_gguf_entry("general.quantization_version", GgufKind::u32, std::int64_t{2}).value());
    }
    return entries;
}

Result<void> write_gguf(std::span<const GgufEntry> entries, std::span<const TensorJob> jobs, Conversion& conversion) {
    const std::vector<TensorPlan> plans = plans_of(jobs);
    const std::int64_t total = TANDEM_TRY(gguf_file_bytes(entries, plans));
    TANDEM_TRY(check_space(conversion.target, total));
    GgufWriter writer = TANDEM_TRY(GgufWriter::create(conversion.target, entries, plans));
    std::int64_t done = 0;
    TANDEM_TRY(write_tensors(jobs, write_options(conversion, done, total),
                             [&](std::span<const std::byte> bytes) { return writer.append(bytes); }));
    TANDEM_TRY(writer.finish());
    conversion.report.target_bytes = total;
    conversion.report.files.push_back(conversion.target.filename().string());
    conversion.count(jobs);
    conversion.note_requantised(jobs);
    return {};
}

Result<void> write_shards(std::vector<TensorJob> jobs, const std::filesystem::path& folder, Conversion& conversion) {
    const auto shards = TANDEM_TRY(plan_shards(plans_of(jobs), conversion.options.shard_bytes));
    std::map<std::string, TensorJob*> by_name;
    for (TensorJob& job : jobs) {
        by_name[job.plan.name] = &job;
    }
    std::int64_t total = 0;
    for (const SafetensorsShard& shard : shards) {
        total += shard.bytes;
    }
    TANDEM_TRY(check_space(folder, total));
    std::int64_t done = 0;
    const WriteOptions options = write_options(conversion, done, total);
    for (const SafetensorsShard& shard : shards) {
        SafetensorsWriter writer =
            TANDEM_TRY(SafetensorsWriter::create(folder / shard.file, shard.tensors, {{"format", "pt"}}));
        for (const TensorPlan& plan : shard.tensors) {
            TANDEM_TRY(write_tensors({by_name.at(plan.name), 1}, options,
                                     [&](std::span<const std::byte> bytes) { return writer.append(bytes); }));
        }
        TANDEM_TRY(writer.finish());
        conversion.report.files.push_back(shard.file);
    }
    if (shards.size() > 1) {
        TANDEM_TRY(write_small_file(folder / "model.safetensors.index.json", shard_index(shards), conversion));
    }
    conversion.report.target_bytes = total;
    conversion.count(jobs);
    return {};
}

Result<void> write_small_file(const std::filesystem::path& path, std::string_view text, Conversion& conversion) {
    OutputFile file = TANDEM_TRY(OutputFile::create(path));
    TANDEM_TRY(file.append(text));
    TANDEM_TRY(file.commit());
    conversion.report.files.push_back(path.filename().string());
    return {};
}

}  // namespace tandem
