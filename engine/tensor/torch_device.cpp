#include "engine/tensor/torch_device.h"

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <charconv>

namespace tandem {
namespace {

constexpr std::string_view cuda = "cuda";

Error device_error(const char* code, const std::string& message, std::string_view name, ErrorKind kind) {
    return {.code = code, .message = message, .where = "device " + std::string(name.substr(0, 80)), .kind = kind};
}

}  // namespace

int cuda_device_count() {
    return at::hasCUDA() ? c10::impl::VirtualGuardImpl(c10::kCUDA).deviceCount() : 0;
}

Result<at::Device> parse_device(std::string_view name) {
    if (name == "cpu") {
        return at::Device(at::kCPU);
    }
    int index = 0;
    if (name != cuda) {
        const bool prefixed = name.starts_with("cuda:");
        const std::string_view digits = prefixed ? name.substr(cuda.size() + 1) : std::string_view();
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
        if (digits.empty() || problem != std::errc() || end != digits.data() + digits.size() || index < 0) {
            return device_error("DEVICE_NAME", "found '" + std::string(name.substr(0, 80)) + "'; need cpu or cuda:N",
                                name, ErrorKind::bad_input);
        }
    }
    const int count = cuda_device_count();
    if (index >= count) {
        return device_error("DEVICE_UNAVAILABLE",
                            at::hasCUDA() ? "there are " + std::to_string(count) + " CUDA devices, counted from 0"
                                          : "this libtorch was built without CUDA; use cpu, or build with a CUDA "
                                            "libtorch (docs/howto/build.md)",
                            name, ErrorKind::unsupported);
    }
    return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace tandem
