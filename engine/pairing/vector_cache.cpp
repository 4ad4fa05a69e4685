#include "engine/pairing/vector_cache.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "engine/api/sha256.h"
#include "engine/tensor/checked.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tensor/output_file.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 8> magic{'T', 'D', 'M', 'V', 'E', 'C', '0', '2'};
constexpr std::size_t sum_size = 64;  // hexadecimal SHA-256 at the end, of everything before

// Numbers behind the header: of f16 a scale f32 for each row, of int8 one for each block of 32 numbers of a row (a
// decoder's states have a few that are hundreds of times the rest), then the rows.
struct Header {
    std::array<char, 8> magic{};
    std::int64_t format = 0;
    std::int64_t rows = 0;
    std::int64_t width = 0;
    std::array<char, 64> key{};
};
static_assert(sizeof(Header) == 96);

struct Packed {
    at::Tensor scales;  // f32 [rows, blocks of a row]; undefined: there are none
    at::Tensor rows;
};

constexpr std::int64_t block = 32;

std::int64_t blocks_of(VectorCache format, std::int64_t width) {
    return format == VectorCache::int8 ? width / block + (width % block == 0 ? 0 : 1) : 1;
}

// Each block's scale for each number of the row: [rows, width].
at::Tensor spread(const at::Tensor& scales, std::int64_t width) {
    return scales.size(1) == 1 ? scales : scales.repeat_interleave(block, 1).narrow(1, 0, width);
}

// Half precision ends at 65504, which hidden states of some models pass.
constexpr double half_limit = 60000;

Packed packed(VectorCache format, const at::Tensor& vectors) {
    const at::Tensor own = vectors.detach().to(at::kCPU, at::kFloat).contiguous();
    if (format != VectorCache::f16 && format != VectorCache::int8) {
        return {.scales = {}, .rows = own};
    }
    if (format == VectorCache::f16) {
        const at::Tensor scales = (own.abs().amax({1}, true) / half_limit).clamp_min(1);
        return {.scales = scales.contiguous(), .rows = (own / scales).to(at::kHalf).contiguous()};
    }
    const std::int64_t width = own.size(1);
    const std::int64_t blocks = blocks_of(format, width);
    const at::Tensor largest =
        at::constant_pad_nd(own, {0, blocks * block - width}).view({own.size(0), blocks, block}).abs().amax({2});
    const at::Tensor scales = at::where(largest > 0, largest / 127, at::ones_like(largest));
    return {.scales = scales.contiguous(),
            .rows = (own / spread(scales, width)).round().clamp(-127, 127).to(at::kChar).contiguous()};
}

at::ScalarType stored_type(VectorCache format) {
    return format == VectorCache::f16 ? at::kHalf : format == VectorCache::int8 ? at::kChar : at::kFloat;
}

bool is_scaled(VectorCache format) {
    return format == VectorCache::f16 || format == VectorCache::int8;
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

std::string key_of(VectorCache format, const std::string& maker, const GuidedPrompt& prompt) {
    Sha256 sum;
    const auto add = [&](std::string_view name, const auto& numbers) {
        const std::string head = "\n" + std::string(name) + " " + std::to_string(numbers.size()) + "\n";
        sum.add(std::as_bytes(std::span(head)));
        sum.add(std::as_bytes(std::span(numbers)));
    };
    add(enum_name(format), maker);
    add("large", prompt.large);
    std::vector<std::int32_t> ranges;  // what the small model's tokens are changes nothing: their ranges do
    for (const PositionRange& range : prompt.alignment) {
        ranges.push_back(range.first);
        ranges.push_back(range.behind);
    }
    add("ranges", ranges);
    return sum.hex();
}

// How many bytes follow the header; none where no tensor can have this shape.
std::optional<std::uint64_t> size_of(const Header& header, VectorCache format) {
    if (header.rows < 0 || header.width < 0) {
        return std::nullopt;
    }
    const auto numbers =
        checked::mul(static_cast<std::uint64_t>(header.rows), static_cast<std::uint64_t>(header.width));
    const auto bytes = numbers ? checked::mul(*numbers, at::elementSize(stored_type(format))) : std::nullopt;
    const auto scales = checked::mul(static_cast<std::uint64_t>(header.rows),
                                     static_cast<std::uint64_t>(blocks_of(format, header.width)));
    const auto scale_bytes = scales ? checked::mul(*scales, is_scaled(format) ? sizeof(float) : 0) : std::nullopt;
    return bytes && scale_bytes ? checked::add(*bytes, *scale_bytes) : std::nullopt;
}

std::optional<at::Tensor> unpacked(std::span<const std::byte> bytes, VectorCache format, const std::string& key) {
    Header header;
    if (bytes.size() < sizeof(Header) + sum_size) {
        return std::nullopt;
    }
    std::memcpy(&header, bytes.data(), sizeof(Header));
    const std::span<const std::byte> content = bytes.first(bytes.size() - sum_size);
    const std::string_view sum(reinterpret_cast<const char*>(bytes.data()) + content.size(), sum_size);
    if (header.magic != magic || header.format != static_cast<std::int64_t>(format) ||
        std::string_view(header.key.data(), header.key.size()) != key || sha256_hex(content) != sum) {
        return std::nullopt;
    }
    // Before memory is asked for: a file without numbers could name any count of rows.
    if (size_of(header, format) != content.size() - sizeof(Header) || content.size() == sizeof(Header)) {
        return std::nullopt;
    }
    at::Tensor rows = at::empty({header.rows, header.width}, stored_type(format));
    const std::size_t scale_bytes = content.size() - sizeof(Header) - rows.nbytes();
    std::memcpy(rows.mutable_data_ptr(), content.data() + sizeof(Header) + scale_bytes, rows.nbytes());
    if (!is_scaled(format)) {
        return rows;
    }
    at::Tensor scales = at::empty({header.rows, blocks_of(format, header.width)}, at::kFloat);
    std::memcpy(scales.mutable_data_ptr(), content.data() + sizeof(Header), scale_bytes);
    return rows.to(at::kFloat) * spread(scales, header.width);
}

}  // namespace

VectorFolder::VectorFolder(fs::path folder, VectorCache format, std::string maker)
    : folder_(std::move(folder)), format_(format), maker_(std::move(maker)) {}

fs::path VectorFolder::file_of(const GuidedPrompt& prompt) const {
    const std::string key = key_of(format_, maker_, prompt);
    return folder_ / key.substr(0, 2) / (key + ".vectors");
}

std::optional<at::Tensor> VectorFolder::read(const GuidedPrompt& prompt) const {
    const fs::path path = file_of(prompt);
    std::error_code failure;
    if (!fs::exists(path, failure)) {
        return std::nullopt;
    }
    const auto file = MappedFile::open(path);
    return file.ok() ? unpacked((*file)->bytes(), format_, path.stem().string()) : std::nullopt;
}

Result<void> VectorFolder::write(const GuidedPrompt& prompt, const at::Tensor& vectors) const {
    const fs::path path = file_of(prompt);
    std::error_code failure;
    fs::create_directories(path.parent_path(), failure);
    if (failure) {
        return Error{.code = "FILE_IO",
                     .message = "making the folder for kept vectors failed (" + failure.message() + ")",
                     .where = path.parent_path().string(),
                     .kind = ErrorKind::io};
    }
    const Packed numbers = packed(format_, vectors);
    Header header{.magic = magic,
                  .format = static_cast<std::int64_t>(format_),
                  .rows = numbers.rows.size(0),
                  .width = numbers.rows.size(1)};
    const std::string key = path.stem().string();
    std::ranges::copy(key, header.key.begin());
    OutputFile file = TANDEM_TRY(OutputFile::create(path));
    Sha256 sum;
    const auto append = [&](std::span<const std::byte> bytes) {
        sum.add(bytes);
        return file.append(bytes);
    };
    TANDEM_TRY(append(std::as_bytes(std::span(&header, 1))));
    if (numbers.scales.defined()) {
        TANDEM_TRY(append(bytes_of(numbers.scales)));
    }
    TANDEM_TRY(append(bytes_of(numbers.rows)));
    TANDEM_TRY(file.append(sum.hex()));
    return file.commit();
}

std::int64_t VectorFolder::file_bytes(std::int64_t rows, std::int64_t width) const {
    const auto content = size_of({.rows = rows, .width = width}, format_);
    return static_cast<std::int64_t>(sizeof(Header) + sum_size + content.value_or(0));
}

Result<void> VectorFolder::check_room(std::int64_t bytes) const {
    std::error_code failure;
    fs::path there = fs::absolute(folder_, failure);
    while (!fs::exists(there, failure) && there.has_relative_path()) {
        there = there.parent_path();
    }
    const fs::space_info space = fs::space(there, failure);
    if (failure || bytes <= 0 || static_cast<std::uintmax_t>(bytes) <= space.available) {
        return {};
    }
    constexpr std::uintmax_t mebibyte = std::uintmax_t{1} << 20;
    return Error{.code = "FILE_DISK_FULL",
                 .message = "what the large model makes of the prompts takes " +
                            std::to_string(static_cast<std::uintmax_t>(bytes) / mebibyte) + " MiB, and " +
                            std::to_string(space.available / mebibyte) +
                            " MiB are free; free some, or set vector_cache to f16 (half of f32), int8 (a quarter) or "
                            "off; no prompt was read",
                 .where = folder_.string(),
                 .kind = ErrorKind::io};
}

std::string vector_maker(const LlmToSlm& pairing, const std::string& model, Dtype dtype) {
    const PairingSettings& settings = pairing.settings();
    return model + "\ndtype " + std::string(enum_name(dtype)) + "\nlayer " + std::to_string(pairing.guide().layer()) +
           "\n" +
           (settings.one_for_each_token() ? "pooled by " + std::string(enum_name(settings.pooling)) : "not pooled");
}

Result<std::int64_t> KeptVectors::make(std::span<const GuidedPrompt* const> prompts,
                                       const std::function<void(std::int64_t done)>& told,
                                       const std::stop_token& stop) const {
    TANDEM_TRY(folder_.check_room(missing_bytes(prompts)));
    std::int64_t made = 0;
    // What is kept must not depend on the prompts before: only what stays the same bit for bit is reused.
    const LlmToSlm reading = pairing_.read_by(
        std::make_shared<GuideReader>(pairing_.guide(), PrefixReuse::exact, longest_for_guide(prompts)));
    for (std::size_t number = 0; number < prompts.size(); ++number) {
        const auto done = translate_torch("read a prompt", [&]() -> Result<bool> {
            if (!stop.stop_requested() && folder_.read(*prompts[number])) {
                return false;
            }
            const auto vectors = stop.stop_requested() ? std::nullopt : reading.vectors(*prompts[number], stop);
            if (!vectors) {
                return Error{.code = "CANCELLED",
                             .message =
                                 "stopped while the large model read the prompts; what it read is kept, and "
                                 "running it again goes on there",
                             .kind = ErrorKind::cancelled};
            }
            TANDEM_TRY(folder_.write(*prompts[number], *vectors));
            return true;
        });
        made += TANDEM_TRY(done) ? 1 : 0;
        told(static_cast<std::int64_t>(number) + 1);
    }
    return made;
}

std::int64_t KeptVectors::missing_bytes(std::span<const GuidedPrompt* const> prompts) const {
    const bool pooled = pairing_.settings().one_for_each_token();
    std::int64_t bytes = 0;
    for (const GuidedPrompt* prompt : prompts) {
        std::error_code failure;
        if (!fs::exists(folder_.file_of(*prompt), failure)) {
            bytes += folder_.file_bytes(static_cast<std::int64_t>((pooled ? prompt->small : prompt->large).size()),
                                        pairing_.guide().width());
        }
    }
    return bytes;
}

at::Tensor KeptVectors::of(const GuidedPrompt& prompt) const {
    if (auto kept = folder_.read(prompt)) {
        return *std::move(kept);
    }
    const std::optional<at::Tensor> vectors = pairing_.vectors(prompt, {});
    TORCH_CHECK(vectors.has_value(), "the large model gave no vectors");
    const auto written = folder_.write(prompt, *vectors);
    TORCH_CHECK(written.ok(), written.error().to_string());
    const auto kept = folder_.read(prompt);
    TORCH_CHECK(kept.has_value(), "vectors cannot be read back from ", folder_.file_of(prompt).string());
    return *kept;
}

}  // namespace tandem
