#include "engine/models/adapter_weights.h"

#include <algorithm>
#include <set>

#include "engine/models/fill_matrix.h"

namespace tandem {
namespace {

// f32 as the file has it.
at::Tensor numbers_of(const TensorView& view) {
    at::Tensor values = at::empty(view.shape, at::kFloat);
    const std::span<float> out(values.mutable_data_ptr<float>(), static_cast<std::size_t>(values.numel()));
    dequantise(view.type, view.data, out).value();
    return values;
}

// Rows of a Hugging Face folder in the order they are computed in.
at::Tensor in_computed_order(const at::Tensor& values, const TensorSpec& spec) {
    const RowOrder& rows = spec.hugging_face.rows;
    if (rows.is_plain()) {
        return values;
    }
    at::Tensor order = at::empty({values.size(0)}, at::kLong);
    for (std::int64_t row = 0; row < values.size(0); ++row) {
        order.mutable_data_ptr<std::int64_t>()[row] = rows.source(row);
    }
    return values.index_select(0, order);
}

class AdapterWeights : public WeightSource {
public:
    AdapterWeights(AdaptedWeights parts, const TensorList& list, AdapterMode mode, const LoadContext& context)
        : parts_(std::move(parts)), list_(list), mode_(mode), dtype_(context.dtype), device_(context.device) {}

    bool has(const TensorSpec& spec) const override {
        const AdapterChange* change = change_of(spec);
        return parts_.base->has(spec) || (change != nullptr && change->replaced != nullptr);
    }

    Result<WeightMatrix> matrix(const TensorSpec& spec) override {
        const AdapterChange* change = change_of(spec);
        if (change == nullptr) {
            return parts_.base->matrix(spec);
        }
        used_.insert(spec.name());
        const bool at_run_time = mode_ == AdapterMode::runtime && change->down != nullptr;
        if (at_run_time && change->magnitude != nullptr) {
            return Error{.code = "ADAPTER_UNSUPPORTED",
                         .message =
                             "DoRA needs the lengths of the weights' rows, which change when it is added at run time; "
                             "use adapter_mode merge; nothing was loaded",
                         .where = parts_.where,
                         .kind = ErrorKind::unsupported};
        }
        if (at_run_time && change->replaced == nullptr) {
            return TANDEM_TRY(parts_.base->matrix(spec)).with(low_rank(spec, *change, device_));
        }
        at::Tensor values =
            change->replaced != nullptr ? replaced(spec, *change) : TANDEM_TRY(parts_.base->tensor(spec)).to(at::kCPU);
        if (at_run_time) {
            return TANDEM_TRY(held(spec, values)).with(low_rank(spec, *change, device_));
        }
        if (change->down != nullptr) {
            const LowRank added = low_rank(spec, *change, at::kCPU);
            values = at::addmm(values, added.left, added.right);
            if (change->magnitude != nullptr) {
                const at::Tensor lengths = in_computed_order(numbers_of(*change->magnitude), spec);
                values = values * (lengths / at::linalg_vector_norm(values, 2, at::IntArrayRef{1})).unsqueeze(1);
            }
        }
        return held(spec, values);
    }

    Result<at::Tensor> tensor(const TensorSpec& spec) override {
        const AdapterChange* change = change_of(spec);
        if (change == nullptr || change->down != nullptr) {
            return parts_.base->tensor(spec);  // a matrix taken as numbers stays unused, and is refused in the end
        }
        used_.insert(spec.name());
        return replaced(spec, *change).to(device_);
    }

    // What the adapter changes of it is left aside as well.
    Result<void> check(const TensorSpec& spec) override {
        const AdapterChange* change = change_of(spec);
        if (change != nullptr) {
            used_.insert(spec.name());
        }
        return change != nullptr && change->replaced != nullptr ? Result<void>() : parts_.base->check(spec);
    }

    Result<void> check_all_known() const override {
        for (const auto& [name, change] : parts_.adapter.changes) {
            if (!used_.contains(name)) {
                return Error{.code = "ADAPTER_UNSUPPORTED",
                             .message = "the adapter changes '" + name +
                                        "', which this file of the model keeps in another form; use the model's "
                                        "Hugging Face folder; nothing was loaded",
                             .where = parts_.where,
                             .kind = ErrorKind::unsupported};
            }
        }
        return parts_.base->check_all_known();
    }

    std::vector<std::string> notes() const override {
        std::vector<std::string> notes = parts_.base->notes();
        if (expanded_ > 0) {
            notes.push_back("W_ADAPTER_DENSE: " + std::to_string(expanded_) +
                            " quantised matrices that the adapter changes are held in f32; adapter_mode runtime keeps "
                            "them quantised");
        }
        return notes;
    }

private:
    const AdapterChange* change_of(const TensorSpec& spec) const {
        const auto found = parts_.adapter.changes.find(spec.name());
        return found == parts_.adapter.changes.end() ? nullptr : &found->second;
    }

    static at::Tensor replaced(const TensorSpec& spec, const AdapterChange& change) {
        at::Tensor values = numbers_of(*change.replaced);
        if (spec.hugging_face.transposed) {
            values = values.t().contiguous();
        }
        values = in_computed_order(values, spec);
        return spec.hugging_face.added == 0 ? values : values + spec.hugging_face.added;
    }

    static LowRank low_rank(const TensorSpec& spec, const AdapterChange& change, at::Device device) {
        const at::Tensor down = numbers_of(*change.down);
        const at::Tensor up = numbers_of(*change.up);
        const at::Tensor left = change.of_embedding ? down.t() : up;
        const at::Tensor right = change.of_embedding ? up.t() : down;
        return {(in_computed_order(left, spec) * change.scale).contiguous().to(device), right.contiguous().to(device)};
    }

    // Numbers as a matrix in the format that the options ask for. What would stay as its file stores it becomes f32:
    // blocks could not keep what was added.
    Result<WeightMatrix> held(const TensorSpec& spec, const at::Tensor& values) {
        const TensorView* stored = parts_.file == nullptr ? nullptr : list_.locate(*parts_.file, spec, parts_.naming);
        const TensorType type = stored == nullptr ? TensorType::f32 : stored->type;
        WeightFormat format = TANDEM_TRY(weight_format(dtype_, type, device_));
        if (dtype_ == Dtype::native && std::holds_alternative<TensorType>(format)) {
            expanded_ += is_quantised(type) ? 1 : 0;
            format = at::kFloat;
        }
        const std::int64_t columns = spec.shape[1];
        if (std::holds_alternative<TensorType>(format) && columns % 32 != 0) {
            return Error{.code = "DTYPE_UNAVAILABLE",
                         .message = "int8 and int4 hold 32 weights of a row together, '" + spec.name() +
                                    "' has rows of " + std::to_string(columns) +
                                    "; use native, f32, bf16 or f16; nothing was loaded",
                         .where = "dtype",
                         .kind = ErrorKind::unsupported};
        }
        const at::Tensor rows = values.contiguous();
        const auto* data = rows.const_data_ptr<float>();
        return fill_matrix(spec.shape[0], columns, format, device_, [&](std::int64_t row, std::span<float> out) {
            std::copy_n(data + row * columns, columns, out.begin());
        });
    }

    AdaptedWeights parts_;
    const TensorList& list_;
    AdapterMode mode_;
    Dtype dtype_;
    at::Device device_;
    std::set<std::string> used_;
    std::int64_t expanded_ = 0;
};

}  // namespace

std::unique_ptr<WeightSource> adapted_weights(AdaptedWeights parts, const TensorList& list, AdapterMode mode,
                                              const LoadContext& context) {
    return std::make_unique<AdapterWeights>(std::move(parts), list, mode, context);
}

}  // namespace tandem
