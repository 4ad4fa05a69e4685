// Bias of attention scores by the distance of key and query, learned for buckets of distances (Raffel et al. 2020,
// section 2.1): near ones each its own, far ones together, by the logarithm. Thread rule: const, shared freely.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace tandem {

struct RelativeBias {
    at::Tensor weight;                // f32 [buckets, heads]
    std::int64_t max_distance = 128;  // from here on all distances share a bucket
    bool bidirectional = true;        // keys behind the query have half of the buckets; else they have none

    // AttentionOptions::bias_by_distance for up to `span` positions: f32 [heads, 2 * span - 1].
    at::Tensor by_distance(std::int64_t span) const;
};

// Bucket of each distance (key minus query position), i64. Source: transformers 5.17, T5's relative position buckets,
// whose rounding in f32 decides at the borders.
at::Tensor relative_buckets(const at::Tensor& distances, std::int64_t buckets, std::int64_t max_distance,
                            bool bidirectional);

}  // namespace tandem
