// A checkpoint from bytes: state.json up to the first zero, the tensors behind it, under a manifest that says so; where
// the first byte is odd, the manifest is of the input too. What is accepted can be written and read again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "engine/api/sha256.h"
#include "engine/training/checkpoint.h"
#include "tests/fuzz/scratch.h"

namespace {

std::string described(std::string_view bytes) {
    return "{\"bytes\":" + std::to_string(bytes.size()) + ",\"sha256\":\"" +
           tandem::sha256_hex(std::as_bytes(std::span(bytes))) + "\"}";
}

std::string_view take(std::string_view& rest) {
    const std::string_view part = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tandem::test::Scratch scratch("fuzz-checkpoint");
    if (size == 0) {
        return 0;
    }
    std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::string_view given = data[0] % 2 == 1 ? take(rest) : std::string_view();
    const std::string_view state = take(rest);
    const std::string right =
        "{\"tensors.safetensors\":" + described(rest) + ",\"state.json\":" + described(state) + "}";
    scratch.write("folder/step-7/state.json", state);
    scratch.write("folder/step-7/tensors.safetensors", rest);
    scratch.write("folder/step-7/manifest.json", data[0] % 2 == 1 ? given : right);
    const tandem::CheckpointFolder folder(scratch / "folder");
    const auto found = folder.read(7, "run");
    if (!found.ok()) {
        if (found.error().code.empty() || found.error().message.empty() || folder.newest("run").ok()) {
            std::abort();
        }
        return 0;
    }
    // Made anew each time: one that is there would be left.
    std::error_code ignored;
    std::filesystem::remove_all(scratch / "again", ignored);
    const tandem::CheckpointFolder again(scratch / "again");
    if (found->step != 7 || found->batch < 0 || !again.write(*found, 2).ok()) {
        std::abort();
    }
    const auto back = again.read(7, "run");
    if (!back.ok() || back->tensors.size() != found->tensors.size() || back->random_at != found->random_at ||
        back->order != found->order) {
        std::abort();
    }
    for (const auto& [name, tensor] : found->tensors) {
        if (back->tensors.at(name).sizes() != tensor.sizes()) {
            std::abort();
        }
    }
    return 0;
}
