#include "engine/models/tensor_list.h"

#include <algorithm>

namespace tandem {
namespace {

std::string with_suffix(const std::string& name, std::string_view suffix) {
    return name.empty() ? std::string() : name + std::string(suffix);
}

}  // namespace

std::string_view part_name(Part part) {
    switch (part) {
        case Part::embedding:
            return "embedding";
        case Part::attention:
            return "attention";
        case Part::mlp:
            return "mlp";
        case Part::norm:
            return "norm";
        case Part::output:
            return "output";
        case Part::other:
            break;
    }
    return "other";
}

std::int64_t RowOrder::source(std::int64_t row) const {
    switch (kind) {
        case Kind::as_computed:
            return row;
        case Kind::interleaved_halves: {
            const std::int64_t within = row % head_dim;
            const std::int64_t half = head_dim / 2;
            return row - within + 2 * (within % half) + within / half;
        }
        case Kind::qkv_by_head: {
            const std::int64_t which = row / (heads * head_dim);
            const std::int64_t head = row / head_dim % heads;
            return (head * 3 + which) * head_dim + row % head_dim;
        }
    }
    return row;
}

std::int64_t TensorSpec::elements() const {
    std::int64_t product = 1;
    for (const std::int64_t size : shape) {
        product *= size;
    }
    return product;
}

TensorSpec& TensorList::add(TensorSpec spec) {
    by_name_.emplace(spec.name(), specs_.size());
    return specs_.emplace_back(std::move(spec));
}

TensorSpec& TensorList::matrix(std::string name, std::string gguf, std::int64_t rows, std::int64_t columns, Part part) {
    return tensor(std::move(name), std::move(gguf), {rows, columns}, part);
}

TensorSpec& TensorList::tensor(std::string name, std::string gguf, std::vector<std::int64_t> shape, Part part,
                               TensorSpec::Fill fill) {
    return add({.shape = std::move(shape),
                .part = part,
                .hugging_face = {.name = std::move(name)},
                .gguf = {.name = std::move(gguf)},
                .random = fill});
}

void TensorList::linear(const std::string& name, const std::string& gguf, std::int64_t out, std::int64_t in, Part part,
                        const LinearOptions& options) {
    TensorSpec& weight = matrix(name + ".weight", with_suffix(gguf, ".weight"), out, in, part);
    weight.is_linear = true;
    weight.hugging_face.rows = options.hugging_face_rows;
    weight.hugging_face.transposed = options.transposed;
    weight.gguf.rows = options.gguf_rows;
    if (options.bias) {
        TensorSpec& bias = tensor(name + ".bias", with_suffix(gguf, ".bias"), {out}, part, TensorSpec::Fill::zeros);
        bias.hugging_face.rows = options.hugging_face_rows;
        bias.gguf.rows = options.gguf_rows;
    }
}

void TensorList::projections(const std::string& name, const std::string& gguf, std::int64_t query, std::int64_t key,
                             std::int64_t hidden, const LinearOptions& rotated) {
    linear(name + "q_proj", with_suffix(gguf, "attn_q"), query, hidden, Part::attention, rotated);
    linear(name + "k_proj", with_suffix(gguf, "attn_k"), key, hidden, Part::attention, rotated);
    linear(name + "v_proj", with_suffix(gguf, "attn_v"), key, hidden, Part::attention, rotated.bias);
}

void TensorList::gated_mlp(const std::string& name, const std::string& gguf, std::int64_t ffn, std::int64_t hidden,
                           bool bias) {
    linear(name + "gate_proj", with_suffix(gguf, "ffn_gate"), ffn, hidden, Part::mlp, bias);
    linear(name + "up_proj", with_suffix(gguf, "ffn_up"), ffn, hidden, Part::mlp, bias);
    linear(name + "down_proj", with_suffix(gguf, "ffn_down"), hidden, ffn, Part::mlp, bias);
}

void TensorList::norm(const std::string& name, const std::string& gguf, std::int64_t size, bool bias, double added) {
    TensorSpec& weight =
        tensor(name + ".weight", with_suffix(gguf, ".weight"), {size}, Part::norm, TensorSpec::Fill::ones);
    weight.hugging_face.added = added;
    if (bias) {
        tensor(name + ".bias", with_suffix(gguf, ".bias"), {size}, Part::norm, TensorSpec::Fill::zeros);
    }
}

void TensorList::output(const std::string& name, const std::string& gguf, std::int64_t vocab, std::int64_t hidden,
                        bool tied) {
    const auto embedding = std::ranges::find(specs_, std::vector{vocab, hidden}, &TensorSpec::shape);
    const std::string repeated = tied && embedding != specs_.end() ? embedding->name() : "";
    linear(name, gguf, vocab, hidden, Part::output);
    if (!repeated.empty()) {
        derive(name + ".weight", repeated);
    }
}

void TensorList::prefix_alternative(std::string usual, std::string alternative) {
    prefixes_.emplace_back(std::move(usual), std::move(alternative));
}

void TensorList::name_alternative(std::string usual, std::string alternative) {
    names_.emplace_back(std::move(usual), std::move(alternative));
}

void TensorList::ignore(std::string fragment) {
    ignored_.push_back(std::move(fragment));
}

const TensorSpec* TensorList::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &specs_[found->second];
}

const TensorSpec* TensorList::find_in_folder(std::string_view name) const {
    const TensorSpec* spec = find(name);
    for (const auto& [usual, alternative] : names_) {
        spec = spec == nullptr && name == alternative ? find(usual) : spec;
    }
    for (const auto& [usual, alternative] : prefixes_) {
        if (spec == nullptr && name.starts_with(alternative)) {
            spec = find(usual + std::string(name.substr(alternative.size())));
        }
    }
    return spec;
}

const TensorView* TensorList::locate(const WeightFile& file, const TensorSpec& spec, Naming naming) const {
    const std::string& name = spec.in(naming).name;
    if (name.empty()) {
        return nullptr;
    }
    const TensorView* tensor = file.find(name);
    if (tensor != nullptr || naming == Naming::gguf) {
        return tensor;
    }
    for (const auto& [usual, alternative] : names_) {
        if (name == usual) {
            tensor = tensor == nullptr ? file.find(alternative) : tensor;
        }
    }
    for (const auto& [usual, alternative] : prefixes_) {
        if (tensor == nullptr && name.starts_with(usual)) {
            tensor = file.find(alternative + name.substr(usual.size()));
        }
    }
    return tensor;
}

void TensorList::derive(std::string_view name, std::string from) {
    TensorSpec& spec = specs_.at(by_name_.find(name)->second);
    spec.derived = true;
    spec.repeats = std::move(from);
}

void TensorList::only_decoder(std::initializer_list<std::string_view> beginnings) {
    for (TensorSpec& spec : specs_) {
        spec.of_decoder = spec.of_decoder || std::ranges::any_of(beginnings, [&](std::string_view beginning) {
                              return spec.name().starts_with(beginning);
                          });
    }
}

bool TensorList::has_own(const WeightFile& file, const TensorSpec& spec, Naming naming) const {
    const TensorView* tensor = locate(file, spec, naming);
    const TensorSpec* original = spec.repeats.empty() ? nullptr : find(spec.repeats);
    const TensorView* repeated = original == nullptr ? nullptr : locate(file, *original, naming);
    if (tensor == nullptr || repeated == nullptr) {
        return tensor != nullptr;
    }
    return tensor != repeated && (tensor->type != repeated->type || !std::ranges::equal(tensor->data, repeated->data));
}

std::int64_t TensorList::parameters() const {
    std::int64_t sum = 0;
    for (const TensorSpec& spec : specs_) {
        sum += spec.is_counted() || (spec.derived && spec.extra) ? spec.elements() : 0;
    }
    return sum;
}

}  // namespace tandem
