// What holds for the tensors of every file that a reader accepts. Thread rule: one thread.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <span>

#include "engine/tensor/weight_file.h"

namespace tandem::test {

// Reads every byte of every tensor; aborts where a view leaves the file's bytes, has a negative size or is not found by
// its name. The bytes of all tensors together.
inline std::size_t touch_tensors(const WeightFile& file, std::span<const std::byte> bytes) {
    std::size_t sum = 0;
    for (const TensorView& tensor : file.tensors()) {
        const bool inside =
            tensor.data.empty() || (tensor.data.data() >= bytes.data() &&
                                    tensor.data.data() + tensor.data.size() <= bytes.data() + bytes.size());
        if (!inside || tensor.elements() < 0 || file.find(tensor.name) == nullptr) {
            std::abort();
        }
        unsigned touched = 0;
        for (const std::byte byte : tensor.data) {
            touched += static_cast<unsigned>(byte);
        }
        static volatile unsigned sink;
        sink = touched;
        sum += tensor.data.size();
    }
    return sum;
}

}  // namespace tandem::test
