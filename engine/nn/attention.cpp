#include "engine/nn/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tandem {
namespace {

// Queries that need a mask [queries, length] come so many at a time, which bounds its size; a bias by head has one for
// each row of the batch.
std::int64_t queries_at_a_time(const AttentionOptions& options, std::int64_t batch) {
    const bool by_head = options.bias.defined() || options.bias_by_distance.defined() || options.alibi_slopes.defined();
    return by_head ? std::max<std::int64_t>(256 / batch, 16) : 256;
}

// Key-value heads join the batch and their queries become the heads, which all see one key head through a stride of
// zero: [batch * kv_heads, group, length, dim].
at::Tensor shared_by_group(const at::Tensor& keys, std::int64_t group) {
    return keys.reshape({keys.size(0) * keys.size(1), 1, keys.size(2), keys.size(3)}).expand({-1, group, -1, -1});
}

struct Sizes {
    std::int64_t batch;
    std::int64_t kv_heads;
    std::int64_t group;
    std::int64_t length;
    std::int64_t past;  // keys before the first query
};

// [..., queries, keys] of one of the kinds of bias by head, as [batch * kv_heads, group, queries, keys].
at::Tensor by_group(const at::Tensor& by_head, const Sizes& sizes) {
    if (by_head.size(0) == 1) {
        return by_head.unsqueeze(0);
    }
    return by_head.view({sizes.kv_heads, sizes.group, by_head.size(1), by_head.size(2)}).repeat({sizes.batch, 1, 1, 1});
}

// bool [1 or batch, queries, keys]: which keys queries first ... first + count - 1 see; undefined: all.
at::Tensor visible_keys(std::int64_t first, std::int64_t count, const Sizes& sizes, const AttentionOptions& options,
                        at::Device device) {
    const bool last_alone = count == 1 && sizes.past + first + 1 == sizes.length;
    const bool by_place = (options.causal && !last_alone) || options.window > 0;
    if (!by_place && !options.starts.defined() && !options.key_mask.defined()) {
        return {};
    }
    const auto longs = at::TensorOptions(at::kLong).device(device);
    const at::Tensor keys = at::arange(sizes.length, longs).unsqueeze(0);  // [1, keys]
    const at::Tensor own = at::arange(sizes.past + first, sizes.past + first + count, longs).unsqueeze(1);
    at::Tensor visible;
    if (options.causal) {
        visible = keys <= own;
        if (options.window > 0) {
            visible = visible & (keys > own - options.window);
        }
        visible = visible.unsqueeze(0);
    } else if (options.window > 0) {
        visible = ((keys - own).abs() <= options.window).unsqueeze(0);
    }
    at::Tensor there;  // [batch, 1, keys]
    if (options.starts.defined()) {
        there = keys.unsqueeze(0) >= options.starts.to(device).view({-1, 1, 1});
    }
    if (options.key_mask.defined()) {
        const at::Tensor mask = options.key_mask.unsqueeze(1);
        there = there.defined() ? there & mask : mask;
    }
    if (!there.defined()) {
        return visible;
    }
    visible = visible.defined() ? visible & there : there.expand({-1, count, -1});
    if (options.causal || options.window > 0) {
        // A query that saw nothing would be divided by zero; what such a padded position computes is used by nobody.
        const at::Tensor blind = visible.any(-1, true).logical_not();
        visible = visible | (blind & (keys == own).unsqueeze(0));
    }
    return visible;
}

// f32 mask to add to scores [batch * kv_heads or 1, group or 1, queries, keys]; undefined: nothing to add.
at::Tensor added_to_scores(std::int64_t first, std::int64_t count, const Sizes& sizes, const AttentionOptions& options,
                           at::Device device) {
    at::Tensor added;
    if (options.bias.defined()) {
        added = by_group(options.bias.narrow(1, first, count), sizes);
    }
    if (options.bias_by_distance.defined()) {
        // Row i of the bias is a slice of the table that begins one place earlier with each query.
        const std::int64_t span = (options.bias_by_distance.size(1) + 1) / 2;
        const std::int64_t begin = span - sizes.past - first - count;
        const at::Tensor slices =
            options.bias_by_distance.narrow(1, begin, sizes.length + count - 1).unfold(1, sizes.length, 1);
        const at::Tensor biases = by_group(slices.flip(1), sizes);
        added = added.defined() ? added + biases : biases;
    }
    if (options.alibi_slopes.defined()) {
        const auto floats = at::TensorOptions(at::kFloat).device(device);
        const at::Tensor keys = at::arange(sizes.length, floats).unsqueeze(0);
        const at::Tensor own = at::arange(sizes.past + first, sizes.past + first + count, floats).unsqueeze(1);
        const at::Tensor slopes = by_group(options.alibi_slopes.view({-1, 1, 1}) * (keys - own), sizes);
        added = added.defined() ? added + slopes : slopes;
    }
    const at::Tensor visible = visible_keys(first, count, sizes, options, device);
    if (visible.defined()) {
        at::Tensor hidden = at::zeros(visible.sizes(), at::TensorOptions(at::kFloat).device(device));
        hidden.masked_fill_(visible.logical_not(), -std::numeric_limits<float>::infinity());
        hidden = hidden.unsqueeze(1);  // [1 or batch, 1, queries, keys]
        if (hidden.size(0) > 1) {
            hidden = hidden.repeat_interleave(sizes.kv_heads, 0);
        }
        added = added.defined() ? added + hidden : hidden;
    }
    return added;
}

at::Tensor soft_capped(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                       const at::Tensor& added, double scale, double softcap) {
    at::Tensor scores = at::matmul(queries.to(at::kFloat), keys.to(at::kFloat).transpose(-1, -2)).mul_(scale);
    scores = scores.requires_grad() ? (scores / softcap).tanh() * softcap : scores.div_(softcap).tanh_().mul_(softcap);
    if (added.defined()) {
        scores.add_(added);
    }
    return at::matmul(at::softmax(scores, -1), values.to(at::kFloat)).to(values.scalar_type());
}

at::Tensor attend_masked(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                         const Sizes& sizes, const AttentionOptions& options, double scale) {
    const std::int64_t tokens = queries.size(2);
    const std::int64_t step = queries_at_a_time(options, sizes.batch);
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < tokens; first += step) {
        const std::int64_t count = std::min(step, tokens - first);
        const at::Tensor some = queries.narrow(2, first, count);
        // Keys that none of these queries sees are left out: what comes behind them in a causal run, and what is
        // outside every window.
        const std::int64_t own = sizes.past + first;
        const std::int64_t reach = options.causal ? options.window - 1 : options.window;
        const std::int64_t begin = options.window > 0 ? std::max<std::int64_t>(own - reach, 0) : 0;
        const std::int64_t end = options.causal       ? own + count
                                 : options.window > 0 ? std::min(own + count + reach, sizes.length)
                                                      : sizes.length;
        Sizes seen = sizes;
        seen.length = end - begin;
        seen.past = sizes.past - begin;
        AttentionOptions part = options;
        if (options.bias.defined()) {
            part.bias = options.bias.narrow(2, begin, seen.length);
        }
        if (options.key_mask.defined()) {
            part.key_mask = options.key_mask.narrow(1, begin, seen.length);
        }
        if (options.starts.defined()) {
            part.starts = options.starts - begin;
        }
        const at::Tensor k = keys.narrow(2, begin, seen.length);
        const at::Tensor v = values.narrow(2, begin, seen.length);
        const at::Tensor added = added_to_scores(first, count, seen, part, queries.device());
        if (options.softcap > 0) {
            parts.push_back(soft_capped(some, k, v, added, scale, options.softcap));
        } else if (added.defined()) {
            const at::Tensor mask =
                added.to(some.scalar_type()).expand({some.size(0), some.size(1), count, seen.length});
            parts.push_back(at::scaled_dot_product_attention(some, k, v, mask, 0.0, false, scale));
        } else {
            parts.push_back(at::scaled_dot_product_attention(some, k, v, {}, 0.0, false, scale));
        }
    }
    return parts.size() == 1 ? parts.front() : at::cat(parts, 2);
}

bool needs_mask(const AttentionOptions& options, std::int64_t tokens, std::int64_t length) {
    if (options.bias.defined() || options.bias_by_distance.defined() || options.alibi_slopes.defined() ||
        options.starts.defined() || options.key_mask.defined() || options.softcap > 0 ||
        (options.window > 0 && options.window < length)) {
        return true;
    }
    return options.causal && tokens > 1 && length != tokens;
}

}  // namespace

at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                  const AttentionOptions& options) {
    const bool one_by_place = queries.size(2) == 1 && options.causal && !options.bias.defined() &&
                              !options.bias_by_distance.defined() && !options.alibi_slopes.defined() &&
                              !options.starts.defined() && !options.key_mask.defined();
    if (one_by_place && options.window > 0 && options.window < keys.size(2)) {
        // A single query needs no mask: the keys outside its window are left out.
        AttentionOptions whole = options;
        whole.window = 0;
        const std::int64_t first = keys.size(2) - options.window;
        return attend(queries, keys.narrow(2, first, options.window), values.narrow(2, first, options.window), whole);
    }
    const std::int64_t batch = queries.size(0);
    const std::int64_t heads = queries.size(1);
    const std::int64_t tokens = queries.size(2);
    const Sizes sizes{.batch = batch,
                      .kv_heads = keys.size(1),
                      .group = heads / keys.size(1),
                      .length = keys.size(2),
                      .past = keys.size(2) - tokens};
    const double scale = options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<double>(queries.size(3)));
    const at::Tensor q = queries.reshape({batch * sizes.kv_heads, sizes.group, tokens, queries.size(3)});
    const at::Tensor k = shared_by_group(keys, sizes.group);
    const at::Tensor v = shared_by_group(values, sizes.group);
    at::Tensor mixed;  // [batch * kv_heads, group, tokens, value_dim]
    if (needs_mask(options, tokens, sizes.length)) {
        mixed = attend_masked(q, k, v, sizes, options, scale);
    } else {
        mixed = at::scaled_dot_product_attention(q, k, v, {}, 0.0, options.causal && tokens > 1, scale);
    }
    return mixed.reshape({batch, heads, tokens, values.size(3)})
        .transpose(1, 2)
        .reshape({batch, tokens, heads * values.size(3)});
}

at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
    return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

at::Tensor alibi_slopes(std::int64_t heads) {
    std::int64_t power = 1;
    while (2 * power <= heads) {
        power *= 2;
    }
    at::Tensor slopes = at::empty({heads}, at::kFloat);
    auto* slope = slopes.mutable_data_ptr<float>();
    for (std::int64_t head = 0; head < heads; ++head) {
        const auto exponent = static_cast<double>(head < power ? 2 * (head + 1) : 2 * (head - power) + 1);
        slope[head] = static_cast<float>(std::exp2(-4 * exponent / static_cast<double>(power)));
    }
    return slopes;
}

}  // namespace tandem
