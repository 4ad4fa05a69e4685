#include "engine/training/checkpoint.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/api/sha256.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tensor/output_file.h"
#include "engine/tensor/safetensors.h"
#include "engine/tensor/safetensors_write.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* tensors_name = "tensors.safetensors";
constexpr const char* state_name = "state.json";
constexpr const char* history_name = "history.safetensors";
constexpr const char* manifest_name = "manifest.json";
constexpr int format = 1;

Error damaged(const fs::path& where, const std::string& what) {
    return {.code = "CKPT_DAMAGED",
            .message = what + "; it was not used, and nothing of it was changed",
            .where = where.string(),
            .kind = ErrorKind::bad_input};
}

Result<void> write_text(const fs::path& path, std::string_view text) {
    OutputFile file = TANDEM_TRY(OutputFile::create(path));
    TANDEM_TRY(file.append(text));
    return file.commit();
}

Result<TensorType> type_of(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case at::kFloat:
            return TensorType::f32;
        case at::kBFloat16:
            return TensorType::bf16;
        case at::kLong:
            return TensorType::i64;
        default:
            return Error{
                .code = "INTERNAL", .message = "a checkpoint holds f32, bf16 and i64", .kind = ErrorKind::internal};
    }
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

Result<void> write_tensors(const fs::path& path, const std::map<std::string, at::Tensor>& tensors) {
    std::vector<TensorPlan> plan;
    for (const auto& [name, tensor] : tensors) {
        plan.push_back({name, TANDEM_TRY(type_of(tensor)), tensor.sizes().vec()});
    }
    SafetensorsWriter writer = TANDEM_TRY(SafetensorsWriter::create(path, plan, {}));
    for (const auto& [name, tensor] : tensors) {
        const at::Tensor numbers = tensor.detach().to(at::kCPU).contiguous();
        TANDEM_TRY(writer.append(bytes_of(numbers)));
    }
    return writer.finish();
}

Result<std::map<std::string, at::Tensor>> read_tensors(const fs::path& path) {
    const auto file = TANDEM_TRY(SafetensorsFile::open(path));
    std::map<std::string, at::Tensor> tensors;
    for (const TensorView& view : file->tensors()) {
        const auto type = view.type == TensorType::f32    ? at::kFloat
                          : view.type == TensorType::bf16 ? at::kBFloat16
                          : view.type == TensorType::i64  ? at::kLong
                                                          : at::kByte;
        if (type == at::kByte) {
            return damaged(path, "tensor '" + view.name + "' has a type that no checkpoint has");
        }
        at::Tensor tensor = at::empty(view.shape, type);
        std::memcpy(tensor.mutable_data_ptr(), view.data.data(), view.data.size());
        tensors[view.name] = std::move(tensor);
    }
    return tensors;
}

// A double as its bits: text would have to be read back exactly.
Json state_json(const TrainingState& state) {
    return {{"format", format},
            {"run", state.run},
            {"step", state.step},
            {"epoch", state.epoch},
            {"batch", state.batch},
            {"accumulated_batches", 0},
            {"optimiser_steps", state.optimiser_steps},
            {"seed", state.seed},
            {"random_at", state.random_at},
            {"best_score", state.best_score},
            {"best_score_bits", std::bit_cast<std::uint64_t>(state.best_score)},
            {"best_step", state.best_step},
            {"validated_step", state.validated_step},
            {"without_better", state.without_better},
            {"tokens", state.tokens},
            {"order", state.order}};
}

Result<TrainingState> state_of(const Json& json, const fs::path& path) {
    try {
        if (json.at("format") != format) {
            // Shown where it is a number only: whatever else stands there may be deeper than writing it can go.
            const bool number = json.at("format").is_number();
            return damaged(
                path, "it is of format " + (number ? json.at("format").dump() : "unknown") + ", this version reads 1");
        }
        bool holds = true;
        const auto natural = [&](const char* key) {
            const Json& value = json.at(key);
            holds = holds && value.is_number_unsigned();
            return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
        };
        const auto whole = [&](const char* key, std::int64_t least = 0) {
            const Json& value = json.at(key);
            const bool fits = value.is_number_integer() && value.get<std::int64_t>() >= least;
            holds = holds && fits;
            return fits ? value.get<std::int64_t>() : 0;
        };
        TrainingState state;
        state.run = json.at("run");
        state.step = whole("step");
        state.epoch = whole("epoch");
        state.batch = whole("batch");
        state.optimiser_steps = whole("optimiser_steps");
        state.seed = natural("seed");
        state.random_at = natural("random_at");
        state.best_score = std::bit_cast<double>(natural("best_score_bits"));
        state.best_step = whole("best_step", -1);
        state.validated_step = whole("validated_step", -1);
        state.without_better = whole("without_better");
        state.tokens = whole("tokens");
        state.order = json.at("order");
        if (!holds) {
            return damaged(path, "a number is not one that training can have reached");
        }
        return state;
    } catch (const Json::exception&) {
        return damaged(path, "a key is missing or of another type");
    }
}

Result<Json> read_json(const fs::path& path) {
    const auto file = TANDEM_TRY(MappedFile::open(path));
    const auto bytes = file->bytes();
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    Json json = bytes.size() <= 1U << 20 ? Json::parse(text, text + bytes.size(), nullptr, false) : Json();
    if (!json.is_object()) {
        return damaged(path, "it is no JSON object");
    }
    return json;
}

Result<Json> described(const fs::path& path) {
    const auto file = TANDEM_TRY(MappedFile::open(path));
    return Json{{"bytes", file->bytes().size()}, {"sha256", sha256_hex(file->bytes())}};
}

Result<void> check_manifest(const fs::path& folder) {
    const Json manifest = TANDEM_TRY(read_json(folder / manifest_name));
    for (const char* name : {tensors_name, state_name}) {
        const auto entry = manifest.find(name);
        if (entry == manifest.end()) {
            return damaged(folder / manifest_name, std::string("it does not name ") + name);
        }
        if (*entry != TANDEM_TRY(described(folder / name))) {
            return damaged(folder / name, "its bytes are not those that were written");
        }
    }
    return {};
}

// Empty of a checkpoint that was written without one.
Result<TrainingHistory> history_of(const fs::path& folder) {
    const Json manifest = TANDEM_TRY(read_json(folder / manifest_name));
    const auto entry = manifest.find(history_name);
    if (entry == manifest.end()) {
        return TrainingHistory{};
    }
    if (*entry != TANDEM_TRY(described(folder / history_name))) {
        return damaged(folder / history_name, "its bytes are not those that were written");
    }
    return read_history(folder / history_name);
}

Result<void> make_folder(const fs::path& folder) {
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (failure) {
        return Error{.code = "FILE_IO",
                     .message = "making the folder failed (" + failure.message() + ")",
                     .where = folder.string(),
                     .kind = ErrorKind::io};
    }
    return {};
}

}  // namespace

fs::path CheckpointFolder::of_step(std::int64_t step) const {
    return folder_ / ("step-" + std::to_string(step));
}

Result<void> CheckpointFolder::write(const TrainingState& state, std::int64_t keep) const {
    const fs::path place = of_step(state.step);
    std::error_code ignored;
    if (fs::exists(place, ignored)) {
        if (read(state.step, state.run)) {
            return {};
        }
        // Not whole: out of the way of the one to be written.
        fs::rename(place, place.string() + ".damaged-" + std::to_string(::getpid()), ignored);
    }
    const fs::path beside = place.string() + ".partial-" + std::to_string(::getpid());
    fs::remove_all(beside, ignored);
    TANDEM_TRY(make_folder(beside));
    TANDEM_TRY(
        translate_torch("write a checkpoint", [&] { return write_tensors(beside / tensors_name, state.tensors); }));
    TANDEM_TRY(write_text(beside / state_name, state_json(state).dump(1) + "\n"));
    TANDEM_TRY(write_history(beside / history_name, state.history));
    const Json manifest{{history_name, TANDEM_TRY(described(beside / history_name))},
                        {tensors_name, TANDEM_TRY(described(beside / tensors_name))},
                        {state_name, TANDEM_TRY(described(beside / state_name))}};
    TANDEM_TRY(write_text(beside / manifest_name, manifest.dump(1) + "\n"));
    TANDEM_TRY(sync_folder(beside));
    std::error_code failure;
    fs::rename(beside, place, failure);
    if (failure) {
        return Error{
            .code = "FILE_IO",
            .message = "giving the checkpoint its name failed (" + failure.message() + "); earlier ones are unchanged",
            .where = place.string(),
            .kind = ErrorKind::io};
    }
    TANDEM_TRY(sync_folder(folder_));
    std::int64_t newer = 0;
    for (const std::int64_t step : steps()) {
        if (++newer > std::max<std::int64_t>(2, keep) && step != state.best_step) {
            fs::remove_all(of_step(step), ignored);
        }
    }
    // What processes left that did not live to the renaming.
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
        if (entry.path().filename().string().find(".partial-") != std::string::npos) {
            left.push_back(entry.path());
        }
    }
    for (const fs::path& path : left) {
        fs::remove_all(path, ignored);
    }
    return {};
}

Result<TrainingState> CheckpointFolder::read(std::int64_t step, const std::string& run, std::string* note) const {
    const fs::path place = of_step(step);
    TANDEM_TRY(check_manifest(place));
    TrainingState state = TANDEM_TRY(state_of(TANDEM_TRY(read_json(place / state_name)), place / state_name));
    if (state.step != step) {
        return damaged(place / state_name, "it is of step " + std::to_string(state.step) + ", not of its folder's");
    }
    if (state.run != run) {
        return Error{.code = "CKPT_OTHER_RUN",
                     .message =
                         "the checkpoint is of a run with other data, another model or other options; name "
                         "another folder, or take the run up as it was; nothing was changed",
                     .where = place.string(),
                     .kind = ErrorKind::bad_input};
    }
    state.tensors =
        TANDEM_TRY(translate_torch("read a checkpoint", [&] { return read_tensors(place / tensors_name); }));
    if (auto history = history_of(place)) {
        state.history = std::move(history).value();
    } else if (note != nullptr) {
        *note = "CKPT_DAMAGED: the figures up to step " + std::to_string(step) +
                " are lost, what was trained is whole: " + history.error().to_string();
    }
    return state;
}

Result<RestoredState> CheckpointFolder::newest(const std::string& run) const {
    RestoredState restored;
    std::optional<Error> last;
    for (const std::int64_t step : steps()) {
        std::string note;
        auto state = read(step, run, &note);
        if (state) {
            if (!note.empty()) {
                restored.notes.push_back(std::move(note));
            }
            restored.state = std::move(state).value();
            return restored;
        }
        if (state.error().code == "CKPT_OTHER_RUN") {
            return std::move(state).error();
        }
        restored.notes.push_back("CKPT_DAMAGED: the checkpoint of step " + std::to_string(step) +
                                 " was passed over: " + state.error().to_string());
        last = std::move(state).error();
    }
    if (last) {
        return wrap(damaged(folder_, "no checkpoint is whole"), *std::move(last));
    }
    return Error{.code = "CKPT_NONE",
                 .message = "there is no checkpoint",
                 .where = folder_.string(),
                 .kind = ErrorKind::bad_input};
}

std::vector<std::int64_t> CheckpointFolder::steps() const {
    std::vector<std::int64_t> steps;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(folder_, failure)) {
        const std::string name = entry.path().filename();
        if (name.starts_with("step-") && name.size() > 5 && name.size() < 24 &&
            std::all_of(name.begin() + 5, name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
            steps.push_back(std::stoll(name.substr(5)));
        }
    }
    std::ranges::sort(steps, std::greater<>());
    return steps;
}

}  // namespace tandem
