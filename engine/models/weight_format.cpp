#include "engine/models/weight_format.h"

namespace tandem {
namespace {

WeightFormat native_format(TensorType stored, at::Device device) {
    if (stored == TensorType::f32 || stored == TensorType::f64) {
        return at::kFloat;
    }
    if (device.is_cpu()) {
        return stored;
    }
    return stored == TensorType::bf16 ? at::kBFloat16 : at::kHalf;
}

}  // namespace

Result<WeightFormat> weight_format(Dtype dtype, TensorType stored, at::Device device) {
    switch (dtype) {
        case Dtype::native:
            return native_format(stored, device);
        case Dtype::f32:
            return WeightFormat(at::kFloat);
        case Dtype::bf16:
            return WeightFormat(at::kBFloat16);
        case Dtype::f16:
            return WeightFormat(at::kHalf);
        case Dtype::int8:
        case Dtype::int4:
            break;
    }
    if (!device.is_cpu()) {
        return Error{.code = "DTYPE_UNAVAILABLE",
                     .message = "int8 and int4 weights are computed on cpu only; on " + device.str() +
                                " use native, f32, bf16 or f16; nothing was loaded",
                     .where = "dtype",
                     .kind = ErrorKind::unsupported};
    }
    return WeightFormat(dtype == Dtype::int8 ? TensorType::q8_0 : TensorType::q4_0);
}

at::ScalarType cache_type(Dtype dtype, at::Device device) {
    if (dtype == Dtype::bf16) {
        return at::kBFloat16;
    }
    const bool dense_native = dtype == Dtype::native && !device.is_cpu();
    return dtype == Dtype::f16 || dense_native ? at::kHalf : at::kFloat;
}

}  // namespace tandem
