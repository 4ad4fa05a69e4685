// A GGUF's own description of its model: keys "llama.*" of the GGUF specification.
#include <array>

#include "engine/models/inspect.h"
#include "engine/models/inspect_check.h"
#include "engine/models/inspect_parts.h"
#include "engine/models/inspect_sources.h"

namespace tandem {
namespace {

const std::array<std::string, 1> families{"llama"};

Result<std::int64_t> integer_or(const GgufFile& file, std::string_view key, std::int64_t absent) {
    return file.has(key) ? file.integer(key) : Result<std::int64_t>(absent);
}

Result<double> real_or(const GgufFile& file, std::string_view key, double absent) {
    return file.has(key) ? file.real(key) : Result<double>(absent);
}

Error shape_error(const char* code, const std::string& message, const GgufFile& file) {
    return {.code = code,
            .message = message + "; nothing was loaded",
            .where = file.origin(),
            .kind = ErrorKind::bad_input};
}

Result<std::int64_t> head_size(const GgufFile& file, const ModelShape& shape) {
    if (shape.heads < 1 || shape.hidden < 1) {
        return std::int64_t{2};  // the check of ranges that follows names the one at fault
    }
    const bool divides = shape.hidden % shape.heads == 0;
    if (!divides && !file.has("llama.attention.key_length")) {
        return shape_error(
            "CFG_HEADS",
            std::to_string(shape.heads) + " heads do not divide a hidden size of " + std::to_string(shape.hidden),
            file);
    }
    const std::int64_t size = TANDEM_TRY(integer_or(file, "llama.attention.key_length", shape.hidden / shape.heads));
    if (TANDEM_TRY(integer_or(file, "llama.attention.value_length", size)) != size) {
        return unsupported_variant("a value size that differs from the key size", file.origin());
    }
    if (TANDEM_TRY(integer_or(file, "llama.rope.dimension_count", size)) != size) {
        return unsupported_variant("rotating only a part of each head", file.origin());
    }
    return size;
}

// Rows of the embedding are the vocabulary; a file of metadata only says it in a key or by its tokens.
Result<std::int64_t> vocabulary(const GgufFile& file, std::int64_t hidden) {
    if (const TensorView* embedding = file.find("token_embd.weight")) {
        if (embedding->shape.size() != 2 || embedding->shape[1] != hidden) {
            return shape_error(
                "CFG_SHAPE", "token_embd.weight does not have rows of the hidden size " + std::to_string(hidden), file);
        }
        return embedding->shape[0];
    }
    if (file.has("llama.vocab_size")) {
        return file.integer("llama.vocab_size");
    }
    return static_cast<std::int64_t>(TANDEM_TRY(file.texts("tokenizer.ggml.tokens")).size());
}

// As llama.cpp reads it: a factor without a type is linear, "none" makes it void, and older files say scale_linear.
Result<void> read_rotary(const GgufFile& file, ModelShape& shape) {
    shape.rope_theta = TANDEM_TRY(real_or(file, "llama.rope.freq_base", 10000));
    const std::string stored =
        file.has("llama.rope.scaling.type") ? TANDEM_TRY(file.text("llama.rope.scaling.type")) : "linear";
    const std::string_view type = stored;
    if (type != "none" && type != "linear") {
        return unsupported_variant("rotary scaling of type '" + stored.substr(0, 40) + "'", file.origin());
    }
    const bool is_new = file.has("llama.rope.scaling.factor");
    double factor = TANDEM_TRY(real_or(file, is_new ? "llama.rope.scaling.factor" : "llama.rope.scale_linear", 1));
    factor = type == "none" || factor == 0 ? 1 : factor;
    if (file.find("rope_freqs.weight") != nullptr) {
        if (factor != 1) {
            return unsupported_variant("a linear rotary scaling on top of rope_freqs.weight", file.origin());
        }
        shape.rope_scaling_type = "factors";
    } else if (factor != 1) {
        shape.rope_scaling_type = "linear";
        shape.rope_scaling_factor = factor;
    }
    return {};
}

// Keys that other families share the format with and that change what is computed, each with the values that do not.
struct NeutralValue {
    std::string_view key;
    std::array<double, 2> neutral;
};
constexpr std::array<NeutralValue, 13> refused_unless_neutral{{
    {"llama.expert_count", {0, 0}},
    {"llama.attention.sliding_window", {0, 0}},
    {"llama.attention.scale", {0, 0}},
    {"llama.attention.clamp_kqv", {0, 0}},
    {"llama.attention.max_alibi_bias", {0, 0}},
    {"llama.attention.causal", {1, 1}},
    {"llama.attn_logit_softcapping", {0, 0}},
    {"llama.final_logit_softcapping", {0, 0}},
    {"llama.logit_scale", {0, 1}},
    {"llama.embedding_scale", {0, 1}},
    {"llama.residual_scale", {0, 1}},
    {"llama.rope.scaling.attn_factor", {0, 1}},
    {"llama.use_parallel_residual", {0, 0}},
}};

Result<void> refuse_variants(const GgufFile& file) {
    for (const auto& [key, neutral] : refused_unless_neutral) {
        const auto found = file.metadata().find(key);
        if (found == file.metadata().end()) {
            continue;
        }
        const GgufValue& value = found->second;
        const auto* whole = std::get_if<std::int64_t>(&value);
        const auto* real = std::get_if<double>(&value);
        const auto* truth = std::get_if<bool>(&value);
        const bool is_number = whole != nullptr || real != nullptr || truth != nullptr;
        const double number = whole != nullptr  ? static_cast<double>(*whole)
                              : real != nullptr ? *real
                                                : static_cast<double>(truth != nullptr && *truth);
        if (!is_number || (number != neutral[0] && number != neutral[1])) {
            return unsupported_variant(
                "a metadata key '" + std::string(key) + "' other than " + std::to_string(static_cast<int>(neutral[1])),
                file.origin());
        }
    }
    return {};
}

std::string tokenizer_name(const GgufFile& file) {
    if (!file.has("tokenizer.ggml.model")) {
        return "";
    }
    const auto model = file.text("tokenizer.ggml.model");
    if (!model.ok()) {
        return "";
    }
    const auto pre = file.text("tokenizer.ggml.pre");
    const std::string detail = pre.ok() ? " (" + *pre + ")" : "";
    if (*model == "gpt2") {
        return "byte-level BPE" + detail;
    }
    if (*model == "llama") {
        return "SentencePiece BPE" + detail;
    }
    if (*model == "t5") {
        return "SentencePiece unigram" + detail;
    }
    return *model == "bert" ? "WordPiece" + detail : *model + detail;
}

}  // namespace

Result<ModelShape> shape_from_gguf(const GgufFile& file) {
    const std::string family = TANDEM_TRY(file.text("general.architecture"));
    if (family != families[0]) {
        return unknown_family(family, families, file.origin());
    }
    TANDEM_TRY(refuse_variants(file));
    ModelShape shape;
    shape.architecture = family;
    shape.layers = TANDEM_TRY(file.integer("llama.block_count"));
    shape.hidden = TANDEM_TRY(file.integer("llama.embedding_length"));
    shape.heads = TANDEM_TRY(file.integer("llama.attention.head_count"));
    shape.kv_heads = TANDEM_TRY(integer_or(file, "llama.attention.head_count_kv", shape.heads));
    shape.head_dim = TANDEM_TRY(head_size(file, shape));
    shape.ffn = TANDEM_TRY(file.integer("llama.feed_forward_length"));
    shape.context = TANDEM_TRY(file.integer("llama.context_length"));
    shape.vocab = TANDEM_TRY(vocabulary(file, shape.hidden));
    shape.tied_embeddings = !file.tensors().empty() && file.find("output.weight") == nullptr;
    shape.attention_bias = file.find("blk.0.attn_q.bias") != nullptr;
    shape.mlp_bias = file.find("blk.0.ffn_gate.bias") != nullptr;
    shape.norm_epsilon = TANDEM_TRY(file.real("llama.attention.layer_norm_rms_epsilon"));
    TANDEM_TRY(read_rotary(file, shape));
    return checked_shape(std::move(shape), file.origin());
}

Result<ModelFacts> inspect_gguf(const std::filesystem::path& path) {
    const auto file = TANDEM_TRY(GgufFile::open(path));
    ModelFacts facts;
    facts.format = "gguf";
    facts.shape = TANDEM_TRY(shape_from_gguf(*file));
    if (file->tensors().empty()) {
        facts.warnings.emplace_back("W_NO_WEIGHTS: the file holds metadata only; it can tokenize but not compute");
    } else {
        sum_tensors(*file, facts);
    }
    facts.tokenizer = tokenizer_name(*file);
    facts.has_chat_template = file->has("tokenizer.chat_template");
    const auto licence = file->text("general.license");
    facts.licence = licence.ok() ? *licence : "";
    return facts;
}

}  // namespace tandem
