// Devices by name, and libtorch's exceptions as errors.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "engine/tensor/torch_device.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

std::string device_code(std::string_view name) {
    const auto device = parse_device(name);
    return device.ok() ? "accepted" : device.error().code;
}

TEST(Device, cpu_is_always_there) {
    EXPECT_EQ(parse_device("cpu").value(), at::Device(at::kCPU));
}

TEST(Device, names_that_are_none_are_refused) {
    for (const char* name :
         {"", "gpu", "CPU", "cpu:0", "cuda:", "cuda:-1", "cuda:x", "cuda:0x", "cuda:99999999999", "mps"}) {
        EXPECT_EQ(device_code(name), "DEVICE_NAME") << name;
    }
}

TEST(Device, a_cuda_device_that_is_not_there_is_unavailable) {
    const auto device = parse_device("cuda:" + std::to_string(cuda_device_count()));
    ASSERT_FALSE(device.ok());
    EXPECT_EQ(device.error().code, "DEVICE_UNAVAILABLE");
    EXPECT_EQ(device.error().kind, ErrorKind::unsupported);
    EXPECT_EQ(device_code("cuda"), cuda_device_count() > 0 ? "accepted" : "DEVICE_UNAVAILABLE");
}

TEST(TorchError, an_allocation_that_cannot_be_is_out_of_memory) {
    const auto tensor = translate_torch("make a tensor", [] { return at::empty({std::int64_t{1} << 50}); });
    ASSERT_FALSE(tensor.ok());
    EXPECT_EQ(tensor.error().code, "OUT_OF_MEMORY");
    EXPECT_EQ(tensor.error().kind, ErrorKind::out_of_memory);
    EXPECT_NE(tensor.error().message.find("make a tensor"), std::string::npos);
    const auto refused = translate_torch("try", []() -> int { throw std::bad_alloc(); });
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "OUT_OF_MEMORY");
}

TEST(TorchError, other_exceptions_are_internal_faults) {
    const auto product = translate_torch("multiply", [] { return at::mm(at::ones({2, 3}), at::ones({2, 3})); });
    ASSERT_FALSE(product.ok());
    EXPECT_EQ(product.error().code, "TORCH_FAILED");
    EXPECT_EQ(product.error().kind, ErrorKind::internal);
    EXPECT_EQ(product.error().message.find('\n'), std::string::npos) << product.error().message;
}

TEST(TorchError, values_and_errors_of_the_call_pass_through) {
    EXPECT_EQ(translate_torch("count", [] { return 3; }).value(), 3);
    EXPECT_TRUE(translate_torch("do nothing", [] {}).ok());
    const auto own = translate_torch("load", []() -> Result<int> { return Error{.code = "OWN"}; });
    ASSERT_FALSE(own.ok());
    EXPECT_EQ(own.error().code, "OWN");
}

}  // namespace
}  // namespace tandem
