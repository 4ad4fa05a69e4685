// Packs the f32 numbers of a file to blocks of a type and says how long it took; peer_quantise.py compares the blocks.
//   bench_quantise TYPE NUMBERS.f32 BLOCKS
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/tensor/tensor_type.h"

int main(int count, char** arguments) {
    using namespace tandem;
    if (count != 4) {
        std::fprintf(stderr, "usage: bench_quantise TYPE NUMBERS.f32 BLOCKS\n");
        return 2;
    }
    const auto type = tensor_type_of(arguments[1]);
    std::ifstream input(arguments[2], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(input), {}};
    std::vector<float> values(text.size() / sizeof(float));
    std::memcpy(values.data(), text.data(), values.size() * sizeof(float));
    if (!type || values.empty()) {
        std::fprintf(stderr, "no such type or no numbers\n");
        return 2;
    }
    const TensorTypeInfo& info = tensor_type_info(*type);
    std::vector<std::byte> blocks(values.size() / static_cast<std::size_t>(info.block_elements) *
                                  static_cast<std::size_t>(info.block_bytes));
    const auto begun = std::chrono::steady_clock::now();
    const auto packed = quantise(*type, values, blocks);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    if (!packed) {
        std::fprintf(stderr, "%s\n", packed.error().to_string().c_str());
        return 2;
    }
    std::ofstream(arguments[3], std::ios::binary)
        .write(reinterpret_cast<const char*>(blocks.data()), static_cast<std::streamsize>(blocks.size()));
    std::printf("%.6f\n", took.count());
    return 0;
}
