// A trained pairing's folder from bytes: pairing.json up to the first zero, the numbers behind it. What is accepted as
// a projector or as a soft prompt holds together, and is the same when it has been written and read again.
#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/pairing/pairing_folder.h"
#include "tests/fuzz/scratch.h"

namespace {

void check(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_refusal(const tandem::Error& error) {
    check(!error.code.empty() && error.code != "TORCH_FAILED" && !error.message.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tandem::test::Scratch scratch("fuzz-pairing-folder");
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::string_view json = bytes.substr(0, bytes.find('\0'));
    const std::string_view numbers = bytes.substr(std::min(json.size() + 1, size));
    scratch.write("folder/pairing.json", json);
    scratch.write("folder/projector.safetensors", numbers);
    scratch.write("folder/soft_prompt.safetensors", numbers);
    const auto pairing = tandem::load_pairing(scratch / "folder", at::kCPU);
    const auto soft = tandem::load_soft_prompt(scratch / "folder", at::kCPU);
    check(!pairing.ok() || !soft.ok());
    if (pairing.ok()) {
        check(tandem::save_pairing(scratch / "again", *pairing).ok());
        const auto again = tandem::load_pairing(scratch / "again", at::kCPU);
        check(again.ok());
        const auto expected = pairing->projector.parameters();
        const auto found = again->projector.parameters();
        check(found.size() == expected.size());
        for (std::size_t number = 0; number < found.size(); ++number) {
            check(found[number].name == expected[number].name &&
                  at::equal(found[number].tensor, expected[number].tensor));
        }
    } else {
        check_refusal(pairing.error());
    }
    if (soft.ok()) {
        check(tandem::save_soft_prompt(scratch / "again", *soft).ok());
        const auto again = tandem::load_soft_prompt(scratch / "again", at::kCPU);
        check(again.ok() && at::equal(again->vectors, soft->vectors));
    } else {
        check_refusal(soft.error());
    }
    return 0;
}
