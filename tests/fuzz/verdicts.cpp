// Reads safetensors or GGUF files from standard input, each as a length (u64, little-endian) and its bytes, and prints
// one line a file: "accepted" or the error's code. For comparing verdicts with other readers. `verdicts
// safetensors|gguf`
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

#include "engine/tensor/gguf.h"
#include "engine/tensor/safetensors.h"

int main(int argc, char** argv) {
    const std::string_view kind = argc == 2 ? argv[1] : "";
    if (kind != "safetensors" && kind != "gguf") {
        std::fputs("name the kind of file: safetensors or gguf\n", stderr);
        return 2;
    }
    constexpr std::uint64_t largest = 1U << 28;
    std::uint64_t size = 0;
    std::vector<std::byte> bytes;
    while (std::fread(&size, sizeof size, 1, stdin) == 1) {
        if (size > largest) {
            return 2;
        }
        bytes.resize(size);
        if (std::fread(bytes.data(), 1, size, stdin) != size) {
            return 2;
        }
        const auto verdict = [](const auto& file) { return file.ok() ? std::string("accepted") : file.error().code; };
        std::puts((kind == "gguf" ? verdict(tandem::GgufFile::parse(bytes, "mutant"))
                                  : verdict(tandem::SafetensorsFile::parse(bytes, "mutant")))
                      .c_str());
    }
    return 0;
}
