#include "engine/pairing/fuse.h"

#include <array>

namespace tandem {
namespace {

using Fuse = FusedSequence (*)(const Sequence& own, const Sequence& guidance);

at::Tensor no_begins(const Sequence& sequence) {
    return at::zeros({sequence.vectors.size(0)}, sequence.vectors.options().dtype(at::kLong).requires_grad(false));
}

void check_aligned(const Sequence& own, const Sequence& guidance) {
    TORCH_CHECK(own.vectors.sizes() == guidance.vectors.sizes(), "guidance ", guidance.vectors.sizes(),
                " is not one vector for each of the tokens ", own.vectors.sizes());
}

FusedSequence add(const Sequence& own, const Sequence& guidance) {
    check_aligned(own, guidance);
    const at::Tensor guided = guidance.whole_mask().unsqueeze(-1);
    return {{at::where(guided, own.vectors + guidance.vectors, own.vectors), own.mask}, no_begins(own)};
}

FusedSequence replace(const Sequence& own, const Sequence& guidance) {
    check_aligned(own, guidance);
    const at::Tensor guided = guidance.whole_mask().unsqueeze(-1);
    return {{at::where(guided, guidance.vectors, own.vectors), own.mask}, no_begins(own)};
}

FusedSequence instead(const Sequence& own, const Sequence& guidance) {
    return {guidance, no_begins(own)};
}

FusedSequence prepend(const Sequence& own, const Sequence& guidance) {
    const at::Tensor vectors = at::cat({guidance.vectors, own.vectors}, 1);
    if (!own.mask.defined() && !guidance.mask.defined()) {
        return {{vectors, {}}, no_begins(own) + guidance.vectors.size(1)};
    }
    const at::Tensor there = at::cat({guidance.whole_mask(), own.whole_mask()}, 1);
    const at::Tensor order = std::get<1>(at::sort(there.logical_not().to(at::kByte), std::optional<bool>(true), 1));
    const at::Tensor rows = order.unsqueeze(-1).expand_as(vectors);
    return {{vectors.gather(1, rows), there.gather(1, order)}, guidance.whole_mask().sum(1)};
}

struct FusionForm {
    Fusion fusion;
    bool aligned;
    Fuse fuse;
};

constexpr std::array<FusionForm, 4> forms{{{Fusion::add, true, add},
                                           {Fusion::replace, true, replace},
                                           {Fusion::replace, false, instead},
                                           {Fusion::prepend, false, prepend}}};

}  // namespace

at::Tensor Sequence::whole_mask() const {
    return mask.defined()
               ? mask
               : at::ones({vectors.size(0), vectors.size(1)}, at::TensorOptions(at::kBool).device(vectors.device()));
}

FusedSequence fuse(const PairingSettings& settings, const Sequence& own, const Sequence& guidance) {
    for (const FusionForm& form : forms) {
        if (form.fusion == settings.fusion && form.aligned == settings.one_for_each_token()) {
            return form.fuse(own, guidance);
        }
    }
    TORCH_CHECK(false, enum_name(settings.fusion), " needs one vector for each token");
}

at::Tensor pool(const at::Tensor& vectors, std::span<const PositionRange> ranges, Pooling pooling) {
    std::vector<std::int64_t> positions;
    std::vector<std::int64_t> tokens;
    std::vector<float> shares;
    for (std::size_t token = 0; token < ranges.size(); ++token) {
        const std::int32_t behind = ranges[token].behind;
        const std::int32_t first = pooling == Pooling::last ? behind - 1 : ranges[token].first;
        for (std::int32_t position = first; position < behind; ++position) {
            positions.push_back(position);
            tokens.push_back(static_cast<std::int64_t>(token));
            shares.push_back(1 / static_cast<float>(behind - first));
        }
    }
    const at::Device device = vectors.device();
    const at::Tensor taken = vectors.index_select(0, at::tensor(positions, at::kLong).to(device)) *
                             at::tensor(shares, at::kFloat).to(device).unsqueeze(1);
    return at::zeros({static_cast<std::int64_t>(ranges.size()), vectors.size(1)}, vectors.options())
        .index_add(0, at::tensor(tokens, at::kLong).to(device), taken);
}

}  // namespace tandem
