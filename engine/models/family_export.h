// What a family says of a shape when a model of it is written: the metadata of a GGUF, or a config.json. The inverse of
// from_gguf and from_config in family.h. No torch. Errors: CONVERT_UNSUPPORTED where the kind of file cannot say it.
// Thread rule: plain data, stateless.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/api/result.h"
#include "engine/nn/rope_settings.h"
#include "engine/tensor/gguf_entry.h"

namespace tandem {

struct GgufDescription {
    struct ExtraTensor {
        std::string name;
        std::vector<float> numbers;
    };
    std::string architecture;
    std::vector<GgufEntry> entries;    // keys "ARCHITECTURE.*"
    std::vector<ExtraTensor> extras;   // settings that this kind of file keeps as tensors
    bool repeats_tied_output = false;  // llama.cpp does not load the architecture without an output of its own
};

// Entries of one architecture as they are collected.
class GgufKeys {
public:
    explicit GgufKeys(std::string architecture) { description_.architecture = std::move(architecture); }
    void u32(std::string_view key, std::int64_t value) { add(key, GgufKind::u32, value); }
    void f32(std::string_view key, double value) { add(key, GgufKind::f32, value); }
    void truth(std::string_view key, bool value) { add(key, GgufKind::boolean, value); }
    void text(std::string_view key, std::string value) { add(key, GgufKind::string, std::move(value)); }
    // block_count, context_length, embedding_length, feed_forward_length, head counts and vocab_size.
    void shape(const ModelShape& shape);
    void repeat_tied_output() { description_.repeats_tied_output = true; }
    // rope.* keys, and rope_freqs.weight where frequencies have divisors of their own.
    Result<void> rope(const RopeSettings& settings);

    GgufDescription take() { return std::move(description_); }

private:
    void add(std::string_view key, GgufKind kind, GgufValue value);
    GgufDescription description_;
};

// The keys "rope_theta" and, where something is scaled, "rope_scaling" of a config.json, as JSON text of an object.
// transformers 4 and 5 both read them so. Of heads that are rotated whole.
Result<std::string> rope_config_json(const RopeSettings& settings, std::int64_t head_dim);

// The keys of usual_sizes.h but head_dim, of a config.json.
void add_usual_sizes(nlohmann::ordered_json& config, const ModelShape& shape);

// A number that a GGUF kept as f32, as the shortest decimal that means the same f32: 1e-05, not 9.99999974e-06.
double shortest_decimal(double value);

Error not_writable(const std::string& what);

}  // namespace tandem
