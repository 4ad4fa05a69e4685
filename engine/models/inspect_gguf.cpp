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

Result<void> read_rotary(const GgufFile& file, ModelShape& shape) {
    shape.rope_theta = TANDEM_TRY(real_or(file, "llama.rope.freq_base", 10000));
    std::string type = file.has("llama.rope.scaling.type") ? TANDEM_TRY(file.text("llama.rope.scaling.type")) : "none";
    double factor = TANDEM_TRY(real_or(file, "llama.rope.scaling.factor", 1));
    if (file.has("llama.rope.scale_linear")) {
        type = "linear";
        factor = TANDEM_TRY(file.real("llama.rope.scale_linear"));
    }
    if (file.find("rope_freqs.weight") != nullptr) {
        shape.rope_scaling_type = "factors";
        return {};
    }
    if (type == "none") {
        return {};
    }
    if (type != "linear") {
        return unsupported_variant("rotary scaling of type '" + type.substr(0, 40) + "'", file.origin());
    }
    shape.rope_scaling_type = type;
    shape.rope_scaling_factor = factor;
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
    if (TANDEM_TRY(integer_or(file, "llama.expert_count", 0)) != 0) {
        return unsupported_variant("a mixture of experts", file.origin());
    }
    if (TANDEM_TRY(integer_or(file, "llama.attention.sliding_window", 0)) != 0) {
        return unsupported_variant("attention with a sliding window", file.origin());
    }
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
