// The tensors of a model, declared once by its family: what they are called in each kind of file, how large they are
// and how each kind of file lays them out. Counting, loading, random weights and writing all go by this list. No torch.
// Thread rule: plain data.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tensor/weight_file.h"

namespace tandem {

// What a tensor is for, as `tandem model info` sums bytes.
enum class Part { embedding, attention, mlp, norm, output, other };
std::string_view part_name(Part part);

// Which kind of file names and lays out tensors.
enum class Naming { hugging_face, gguf };

// Where the rows of a tensor lie in a file, when not in the order they are computed in.
struct RowOrder {
    enum class Kind {
        as_computed,
        // The two halves of each head, one row of each in turn: llama.cpp's converter for rotated rows.
        interleaved_halves,
        // Query, key and value of each head together, [heads, 3, head_dim]; computed as [3, heads, head_dim].
        qkv_by_head,
    };
    Kind kind = Kind::as_computed;
    std::int64_t heads = 0;
    std::int64_t head_dim = 0;

    bool is_plain() const { return kind == Kind::as_computed; }
    // Where computed row `row` is in the file.
    std::int64_t source(std::int64_t row) const;

    static RowOrder interleaved_halves(std::int64_t head_dim) { return {Kind::interleaved_halves, 0, head_dim}; }
    static RowOrder qkv_by_head(std::int64_t heads, std::int64_t head_dim) {
        return {Kind::qkv_by_head, heads, head_dim};
    }
};

// How one kind of file stores a tensor.
struct Stored {
    std::string name;  // empty: this kind of file has no such tensor
    RowOrder rows;
    bool transposed = false;  // [in, out] (GPT-2's Conv1D); matrices only
    double added = 0;         // what is added to each stored number, as in Gemma's norms, which store weight - 1
};

struct TensorSpec {
    std::vector<std::int64_t> shape;  // as computed with, outermost first: a linear layer is [out, in]
    Part part = Part::other;
    bool is_linear = false;  // the weight of a linear layer, and no table of embeddings or positions
    Stored hugging_face;     // its name is what the family's own code asks by; a GGUF's name where this is empty
    Stored gguf;
    bool optional = false;  // files may lack it, and it is not counted
    bool extra = false;     // an optional one counts in files that have it, a derived one always
    std::string part_of;    // a GGUF's part of a folder's tensor, which counts in its place
    // Files may lack it and random weights always do: the family has its numbers from elsewhere then, and it is not
    // counted. `repeats` names the tensor of which it is a copy unless a file says otherwise; empty: they are computed.
    bool derived = false;
    bool of_decoder = false;  // of an encoder-decoder, what its encoder does without
    std::string repeats;
    enum class Fill { normal, ones, zeros } random;  // what random weights put there

    // Among the parameters of a shape.
    bool is_counted() const { return !hugging_face.name.empty() && !derived && !optional; }

    const std::string& name() const { return hugging_face.name.empty() ? gguf.name : hugging_face.name; }
    const Stored& in(Naming naming) const { return naming == Naming::gguf ? gguf : hugging_face; }
    std::int64_t elements() const;
};

class TensorList {
public:
    // A matrix [rows, columns]; `name` and `gguf` are whole names, with ".weight".
    TensorSpec& matrix(std::string name, std::string gguf, std::int64_t rows, std::int64_t columns, Part part);
    // name.weight [out, in] and, where asked, name.bias [out]. Returned: the weight, whose storage is copied to the
    // bias by `linear` only where given here.
    struct LinearOptions {
        bool bias = false;
        RowOrder hugging_face_rows = {};
        RowOrder gguf_rows = {};
        bool transposed = false;  // in Hugging Face files
    };
    void linear(const std::string& name, const std::string& gguf, std::int64_t out, std::int64_t in, Part part,
                const LinearOptions& options);
    void linear(const std::string& name, const std::string& gguf, std::int64_t out, std::int64_t in, Part part,
                bool bias = false) {
        linear(name, gguf, out, in, part, LinearOptions{.bias = bias});
    }
    // name + "q_proj" [query, hidden], "k_proj" and "v_proj" [key, hidden]; gguf + "attn_q", "attn_k", "attn_v". The
    // rows of `rotated` are those of queries and keys.
    void projections(const std::string& name, const std::string& gguf, std::int64_t query, std::int64_t key,
                     std::int64_t hidden, const LinearOptions& rotated);
    // name + "gate_proj", "up_proj", "down_proj"; gguf + "ffn_gate", "ffn_up", "ffn_down".
    void gated_mlp(const std::string& name, const std::string& gguf, std::int64_t ffn, std::int64_t hidden,
                   bool bias = false);
    // name.weight [size] and, where asked, name.bias [size]. `added` as in Stored, of Hugging Face files.
    void norm(const std::string& name, const std::string& gguf, std::int64_t size, bool bias = false, double added = 0);
    // The product that gives logits, [vocab, hidden] without a bias; where it is tied, the embedding, which the list
    // has by then. A file may repeat that under this name; if its numbers differ, they count, as in transformers 5.
    void output(const std::string& name, const std::string& gguf, std::int64_t vocab, std::int64_t hidden, bool tied);
    // Any other tensor of numbers.
    TensorSpec& tensor(std::string name, std::string gguf, std::vector<std::int64_t> shape, Part part,
                       TensorSpec::Fill fill = TensorSpec::Fill::normal);

    // Another beginning that names in a Hugging Face folder may have: {"transformer.", ""} says that
    // "transformer.h.0" may be called "h.0".
    void prefix_alternative(std::string usual, std::string alternative);
    // Says that a tensor of the list is `derived`, from another of the list or by computing.
    void derive(std::string_view name, std::string from = {});
    // Says so of every tensor of the list so far whose name begins with one of these (TensorSpec::of_decoder).
    void only_decoder(std::initializer_list<std::string_view> beginnings);
    // A whole other name of a tensor in a Hugging Face folder, as in BART's "model.encoder.embed_tokens.weight".
    void name_alternative(std::string usual, std::string alternative);
    // Tensors whose names contain this are in some files and are not computed with: buffers, repeated shared weights.
    void ignore(std::string fragment);

    const std::vector<TensorSpec>& specs() const { return specs_; }
    const TensorSpec* find(std::string_view name) const;
    // By any of the names that a Hugging Face folder may have for it.
    const TensorSpec* find_in_folder(std::string_view name) const;
    const std::vector<std::string>& ignored() const { return ignored_; }
    // The file's tensor for a spec, under any of its names; null where there is none.
    const TensorView* locate(const WeightFile& file, const TensorSpec& spec, Naming naming) const;
    // The file has numbers of this tensor's own: it is there, and no mere copy of what it repeats.
    bool has_own(const WeightFile& file, const TensorSpec& spec, Naming naming) const;
    // Over all tensors that are counted: those a Hugging Face folder has and that are not derived.
    std::int64_t parameters() const;

private:
    TensorSpec& add(TensorSpec spec);

    std::vector<TensorSpec> specs_;
    std::map<std::string, std::size_t, std::less<>> by_name_;
    std::vector<std::pair<std::string, std::string>> prefixes_;
    std::vector<std::pair<std::string, std::string>> names_;
    std::vector<std::string> ignored_;
};

}  // namespace tandem
