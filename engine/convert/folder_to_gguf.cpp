// Hugging Face files to a GGUF as llama.cpp reads it, by the family's list of tensors and its own description.
#include <algorithm>
#include <array>
#include <set>

#include "engine/api/utf8.h"
#include "engine/convert/conversions.h"
#include "engine/convert/tokenizer_entries.h"
#include "engine/models/family.h"
#include "engine/models/inspect.h"
#include "engine/models/int8_weights.h"

namespace tandem {
namespace {

Error refuse(const char* code, const std::string& message, const std::filesystem::path& where,
             ErrorKind kind = ErrorKind::unsupported) {
    return {.code = code, .message = message + "; nothing was written", .where = where.string(), .kind = kind};
}

std::vector<GgufEntry> general_entries(const std::string& architecture, const ModelFacts& facts,
                                       const std::filesystem::path& source) {
    std::vector<GgufEntry> entries;
    const auto add = [&](const char* key, const std::string& value) {
        entries.push_back(make_gguf_entry(key, GgufKind::string, value).value());
    };
    add("general.architecture", architecture);
    add("general.type", "model");
    const auto folder = source.has_filename() ? source.filename() : source.parent_path().filename();
    const std::string name = folder.string();
    if (!name.empty() && name != "." && name != ".." && !find_invalid_utf8(name)) {
        add("general.name", name);
    }
    if (!facts.licence.empty() && !find_invalid_utf8(facts.licence)) {
        add("general.license", facts.licence);
    }
    return entries;
}

void choose_type(TensorJob& job, const TensorSpec& spec, const ConvertOptions& options) {
    const TensorType stored = job.source->type;
    const bool plain_float = stored == TensorType::f32 || stored == TensorType::f16 || stored == TensorType::bf16;
    if (!is_weight_matrix(job.plan.name, job.plan.shape)) {
        job.plan.type = TensorType::f32;  // what llama.cpp computes with element by element
        return;
    }
    const TensorType kept = job.scales != nullptr ? TensorType::q8_0 : plain_float ? stored : TensorType::f32;
    const TensorType wanted = options.to.kind == WeightTarget::Kind::type ? options.to.type : kept;
    const bool delicate = spec.part == Part::embedding || spec.part == Part::output;
    job.plan.type = fitting_type(wanted, job.plan.shape.back(), delicate, options.pure);
}

}  // namespace

Result<void> folder_to_gguf(const SafetensorsFile& file, Conversion& conversion) {
    const ConvertOptions& options = conversion.options;
    if (options.to.kind == WeightTarget::Kind::int8) {
        return refuse("CONVERT_UNSUPPORTED",
                      "int8 with a scale for each row is a format of folders; in a GGUF q8_0 is the like of it",
                      conversion.source);
    }
    const ModelFacts facts = TANDEM_TRY(inspect_model(conversion.source.string()));
    const FamilyDescription* family = family_description(facts.shape.architecture);
    if (family == nullptr || family->to_gguf == nullptr) {
        return refuse("CONVERT_UNSUPPORTED",
                      "models of the family '" + facts.shape.architecture + "' are not written to GGUF by this version",
                      conversion.source);
    }
    GgufDescription description = TANDEM_TRY(family->to_gguf(facts.shape));
    const TensorList list = family->tensors(facts.shape);
    std::vector<TensorJob> jobs;
    std::set<const TensorView*> known;
    for (const TensorSpec& spec : list.specs()) {
        const TensorView* tensor = list.locate(file, spec, Naming::hugging_face);
        if (spec.derived && !list.has_own(file, spec, Naming::hugging_face)) {
            known.insert(tensor);  // null, or a copy of another
            const bool repeated = description.repeats_tied_output && spec.part == Part::output && !spec.repeats.empty();
            tensor = repeated ? list.locate(file, *list.find(spec.repeats), Naming::hugging_face) : nullptr;
        }
        if (tensor != nullptr && spec.gguf.name.empty() && !spec.repeats.empty()) {
            return refuse("CONVERT_UNSUPPORTED",
                          "'" + spec.name() + "' differs from '" + spec.repeats + "', and a GGUF keeps one for both",
                          conversion.source);
        }
        if (tensor == nullptr && !spec.optional && !spec.derived && !spec.hugging_face.name.empty()) {
            return refuse("MODEL_TENSOR_MISSING", "there is no tensor '" + spec.hugging_face.name + "'",
                          conversion.source, ErrorKind::bad_input);
        }
        if (tensor == nullptr) {
            continue;
        }
        known.insert(tensor);
        TensorJob job = TANDEM_TRY(translated_job(spec, *tensor, Naming::hugging_face, Naming::gguf));
        job.scales = int8_scales(file, *tensor);
        if (job.scales == nullptr) {
            TANDEM_TRY(dequantise(tensor->type, {}, {}));  // refuses what is not a number to compute with
        }
        choose_type(job, spec, options);
        jobs.push_back(std::move(job));
    }
    for (const TensorView& tensor : file.tensors()) {
        const bool ignored = std::ranges::any_of(
            list.ignored(), [&](const std::string& part) { return tensor.name.find(part) != std::string::npos; });
        if (!ignored && !known.contains(&tensor) && !is_int8_scale(file, tensor)) {
            return refuse("MODEL_TENSOR_UNKNOWN",
                          "this version does not know what tensor '" + printable(tensor.name) + "' is for",
                          conversion.source, ErrorKind::bad_input);
        }
    }
    for (GgufDescription::ExtraTensor& extra : description.extras) {
        TensorJob job;
        job.plan = {extra.name, TensorType::f32, {static_cast<std::int64_t>(extra.numbers.size())}};
        job.made = std::move(extra.numbers);
        jobs.push_back(std::move(job));
    }
    std::vector<GgufEntry> entries = general_entries(description.architecture, facts, conversion.source);
    const auto append = [&](std::vector<GgufEntry> more) {
        entries.insert(entries.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    append(sampling_entries(conversion.source));
    append(std::move(description.entries));
    append(type_entries(jobs));
    const bool has_tokenizer = !facts.tokenizer.empty();
    if (options.tokenizer && has_tokenizer) {
        append(TANDEM_TRY(tokenizer_entries(conversion.source, facts.shape.vocab)));
    } else {
        // How llama.cpp is told that there is none.
        entries.push_back(make_gguf_entry("tokenizer.ggml.model", GgufKind::string, std::string("no_vocab")).value());
        conversion.report.notes.emplace_back(
            has_tokenizer ? "W_NO_TOKENIZER: the tokenizer was left out as asked; the file computes with ids only"
                          : "W_NO_TOKENIZER: the folder has no tokenizer; the file computes with ids only");
    }
    return write_gguf(entries, jobs, conversion);
}

}  // namespace tandem
