// Every tiny checkpoint of tests/data/models (tests/data/make_model_fixtures.py) against what its reference computes of
// it in f32: whole passes, token by token, in odd chunks, in a padded batch, and the same from GGUF. Sums of at most a
// hundred products in f32: 1e-4 of the largest output is far above their rounding and far below any swap of tensors,
// heads, windows or scalings.
#include <algorithm>
#include <array>

#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/vision_encoder.h"
#include "tests/engine/models/model_support.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

constexpr double relative_tolerance = 1e-4;
const fs::path fixtures = TANDEM_SOURCE_DIR "/tests/data/models";

double relative_error(const at::Tensor& found, const at::Tensor& expected) {
    return largest_difference(found, expected) / expected.abs().max().item<double>();
}

// Names of the checkpoints whose expectations have a tensor of that name.
std::vector<std::string> cases_with(std::string_view tensor, const char* and_file = "expected.safetensors") {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(fixtures)) {
        const auto expected = SafetensorsFile::open(entry.path() / "expected.safetensors");
        if (expected.ok() && (*expected)->find(tensor) != nullptr && fs::exists(entry.path() / and_file)) {
            names.push_back(entry.path().filename());
        }
    }
    std::ranges::sort(names);
    return names;
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
    return info.param;
}

std::shared_ptr<const SafetensorsFile> expected_of(const std::string& name) {
    return SafetensorsFile::open(fixtures / name / "expected.safetensors").value();
}

KvCache cache_for(const CausalLm& model, std::int64_t batch, std::int64_t slots) {
    return KvCache::create(model.cache_shape(batch, slots), at::kCPU).value();
}

at::Tensor forward_in_steps(const CausalLm& model, const at::Tensor& ids, const std::vector<std::int64_t>& sizes) {
    KvCache cache = cache_for(model, ids.size(0), ids.size(1));
    std::vector<at::Tensor> parts;
    for (const at::Tensor& part : ids.split_with_sizes(sizes, 1)) {
        parts.push_back(model.forward(part, cache, LogitsFor::all));
    }
    return at::cat(parts, 1);
}

class Decoder : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        const auto loaded = load((fixtures / GetParam()).string());
        ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
        model_ = *loaded;
        const auto expected = expected_of(GetParam());
        ids_ = tensor_of(*expected, "ids");
        logits_ = tensor_of(*expected, "logits");
        if (expected->find("chunk_logits") != nullptr) {
            chunk_logits_ = tensor_of(*expected, "chunk_logits");
        }
    }

    // False where what a position gives depends on how the sequence came.
    bool by_position() const { return !chunk_logits_.defined(); }

    std::shared_ptr<const CausalLm> model_;
    at::Tensor ids_;           // i64 [2, 24]
    at::Tensor logits_;        // f32 [2, 24, vocab]
    at::Tensor chunk_logits_;  // the same of chunks of {7, 1, 1, 10, 5}, where they differ
};

TEST_P(Decoder, logits_are_those_of_the_reference) {
    EXPECT_LT(relative_error(forward_in_steps(*model_, ids_, {24}), logits_), relative_tolerance);
    const auto native = load((fixtures / GetParam()).string(), Dtype::native);
    ASSERT_TRUE(native.ok()) << native.error().to_string();
    EXPECT_LT(relative_error(forward_in_steps(**native, ids_, {24}), logits_), relative_tolerance);
}

TEST_P(Decoder, step_by_step_equals_the_whole_pass) {
    const std::vector<std::int64_t> chunks{7, 1, 1, 10, 5};
    if (!by_position()) {
        EXPECT_LT(relative_error(forward_in_steps(*model_, ids_, chunks), chunk_logits_), relative_tolerance);
        return;
    }
    EXPECT_LT(relative_error(forward_in_steps(*model_, ids_, std::vector<std::int64_t>(24, 1)), logits_),
              relative_tolerance);
    EXPECT_LT(relative_error(forward_in_steps(*model_, ids_, chunks), logits_), relative_tolerance);
}

TEST_P(Decoder, a_prompt_in_parts_whose_length_is_told_equals_the_whole_pass) {
    KvCache cache = cache_for(*model_, 2, 24);
    cache.expect(24);
    std::vector<at::Tensor> parts;
    for (const at::Tensor& part : ids_.split(7, 1)) {
        parts.push_back(model_->forward(part, cache, LogitsFor::all));
    }
    EXPECT_LT(relative_error(at::cat(parts, 1), logits_), relative_tolerance);
}

TEST_P(Decoder, the_last_position_alone_is_the_last_of_all) {
    KvCache cache = cache_for(*model_, 2, 24);
    const at::Tensor last = model_->forward(ids_, cache, LogitsFor::last);
    EXPECT_LT(relative_error(last.squeeze(1), logits_.select(1, 23)), relative_tolerance);
}

TEST_P(Decoder, a_batch_padded_on_the_left_equals_each_row_alone) {
    if (!by_position()) {
        // Of a batch, the longest row says by what length all are computed: padding before another one changes nothing.
        at::Tensor ids = ids_.clone();
        ids[1].fill_(1);
        KvCache cache = cache_for(*model_, 2, 24);
        cache.set_starts(at::tensor({std::int64_t{0}, std::int64_t{9}}, at::kLong));
        EXPECT_LT(relative_error(model_->forward(ids, cache, LogitsFor::all)[0], logits_[0]), relative_tolerance);
        return;
    }
    // The second row is 9 tokens shorter; what stands in its padding must not matter.
    constexpr std::int64_t padding = 9;
    at::Tensor ids = ids_.clone();
    ids[1].narrow(0, padding, 24 - padding).copy_(ids_[1].narrow(0, 0, 24 - padding));
    ids[1].narrow(0, 0, padding).fill_(1);
    for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{24}, {11, 1, 1, 11}, {4, 20}}) {
        KvCache cache = cache_for(*model_, 2, 24);
        cache.set_starts(at::tensor({std::int64_t{0}, padding}, at::kLong));
        std::vector<at::Tensor> parts;
        for (const at::Tensor& part : ids.split_with_sizes(sizes, 1)) {
            parts.push_back(model_->forward(part, cache, LogitsFor::all));
        }
        const at::Tensor found = at::cat(parts, 1);
        EXPECT_LT(relative_error(found[0], logits_[0]), relative_tolerance);
        EXPECT_LT(relative_error(found[1].narrow(0, padding, 24 - padding), logits_[1].narrow(0, 0, 24 - padding)),
                  relative_tolerance);
    }
}

TEST_P(Decoder, a_cache_that_was_cleared_or_cut_goes_on_as_if_new) {
    KvCache cache = cache_for(*model_, 1, 24);
    const bool whole = by_position();
    const at::Tensor first = ids_.narrow(0, 0, 1);
    const at::Tensor second = ids_.narrow(0, 1, 1);
    (void)model_->forward(second, cache, LogitsFor::last);
    cache.clear();
    cache.expect(whole ? 0 : 24);
    (void)model_->forward(first.narrow(1, 0, 10), cache, LogitsFor::last);
    if (cache.can_truncate()) {
        (void)model_->forward(second.narrow(1, 10, 8), cache, LogitsFor::last);
        cache.truncate(10);
    }
    const at::Tensor rest = model_->forward(first.narrow(1, 10, 14), cache, LogitsFor::all);
    EXPECT_LT(relative_error(rest[0], logits_[0].narrow(0, 10, 14)), relative_tolerance);
}

TEST_P(Decoder, the_cache_is_as_large_as_its_shape_says) {
    const ModelShape& shape = model_->shape();
    const std::int64_t slots = 8;
    EXPECT_EQ(model_->cache_shape(3, slots).bytes(), 3 * 4 * (slots * shape.cache_per_token + shape.cache_fixed));
}

TEST_P(Decoder, embeddings_in_the_place_of_ids_give_the_same) {
    KvCache cache = cache_for(*model_, 2, 24);
    EXPECT_LT(relative_error(model_->forward_embeddings(model_->embed(ids_), cache, LogitsFor::all), logits_),
              relative_tolerance);
}

TEST_P(Decoder, hidden_states_after_each_layer_lead_to_the_logits) {
    const std::int64_t layers = model_->shape().layers;
    for (std::int64_t layer = 0; layer <= layers; ++layer) {
        KvCache cache = cache_for(*model_, 2, 24);
        at::Tensor hidden = model_->hidden_after(layer, ids_, cache);
        EXPECT_EQ(hidden.size(2), model_->shape().hidden);
        if (layer < layers) {
            KvCache rest = cache_for(*model_, 2, 24);
            hidden = model_->finish(
                model_->through({static_cast<std::size_t>(layer), static_cast<std::size_t>(layers)}, hidden, rest));
        }
        EXPECT_LT(relative_error(model_->logits(hidden), logits_), relative_tolerance) << "layer " << layer;
    }
    KvCache cache = cache_for(*model_, 2, 24);
    EXPECT_THROW((void)model_->hidden_after(layers + 1, ids_, cache), c10::Error);
}

// transformers has no code for these, or not for their layout.
constexpr std::array<std::string_view, 22> without_hidden_states{"gemma3_with_pictures_capped",
                                                                 "llama_base_names",
                                                                 "minicpm_dynamic_within",
                                                                 "minicpm_tied",
                                                                 "minicpm_untied_linear",
                                                                 "mobillama_once",
                                                                 "mobillama_repeated",
                                                                 "nemotron_tied",
                                                                 "openelm_lists",
                                                                 "openelm_rules",
                                                                 "openelm_untied_no_norms",
                                                                 "openlm_gains",
                                                                 "openlm_tied_biased_norms",
                                                                 "phi3_short_of_long_older_keys",
                                                                 "phi_mixformer",
                                                                 "phi_msft",
                                                                 "qwen2_tied_unequal",
                                                                 "qwen_beyond",
                                                                 "qwen_within",
                                                                 "recurrent_gemma_older_keys",
                                                                 "smollm3_typed_windows",
                                                                 "stablelm_epoch"};

std::vector<std::string> cases_with_hidden_states() {
    std::vector<std::string> cases = cases_with("ids");
    std::erase_if(cases, [](const std::string& name) { return std::ranges::count(without_hidden_states, name) > 0; });
    return cases;
}

class HiddenStates : public Decoder {};

TEST_P(HiddenStates, are_those_that_transformers_returns) {
    const auto file = SafetensorsFile::open(TANDEM_SOURCE_DIR "/tests/data/hidden_states.safetensors").value();
    const at::Tensor expected = tensor_of(*file, GetParam());  // [layers + 1, 2, hidden], the second row's last two
    for (std::int64_t layer = 0; layer < expected.size(0); ++layer) {
        KvCache cache = cache_for(*model_, 2, 24);
        const at::Tensor hidden = model_->hidden_after(layer, ids_, cache)[1].narrow(0, 22, 2);
        EXPECT_LT(relative_error(hidden, expected[layer]), relative_tolerance) << "layer " << layer;
    }
}

INSTANTIATE_TEST_SUITE_P(Family, Decoder, testing::ValuesIn(cases_with("ids")), name_of);
INSTANTIATE_TEST_SUITE_P(Family, HiddenStates, testing::ValuesIn(cases_with_hidden_states()), name_of);

class DecoderGguf : public testing::TestWithParam<std::string> {};

TEST_P(DecoderGguf, gives_the_logits_of_the_folder) {
    const auto expected = expected_of(GetParam());
    const at::Tensor ids = tensor_of(*expected, "ids");
    for (const Dtype dtype : {Dtype::f32, Dtype::native}) {
        const auto model = load((fixtures / GetParam() / "model.gguf").string(), dtype);
        ASSERT_TRUE(model.ok()) << model.error().to_string();
        EXPECT_LT(relative_error(forward_in_steps(**model, ids, {20, 1, 1, 1, 1}), tensor_of(*expected, "logits")),
                  relative_tolerance);
    }
}

INSTANTIATE_TEST_SUITE_P(Family, DecoderGguf, testing::ValuesIn(cases_with("ids", "model.gguf")), name_of);

class EncoderDecoder : public testing::TestWithParam<std::string> {};

// Logits of the target, given `sizes` tokens at a time.
at::Tensor translate(const EncoderDecoderLm& model, const at::Tensor& source, const at::Tensor& mask,
                     const at::Tensor& target, const std::vector<std::int64_t>& sizes) {
    const EncodedSource encoded = model.encode(source, mask);
    auto cache = KvCache::create(model.cache_shape(target.size(0), target.size(1)), at::kCPU).value();
    std::vector<at::Tensor> parts;
    for (const at::Tensor& part : target.split_with_sizes(sizes, 1)) {
        parts.push_back(model.forward(part, encoded, cache, LogitsFor::all));
    }
    return at::cat(parts, 1);
}

TEST_P(EncoderDecoder, logits_are_those_of_the_reference_whole_by_steps_and_without_padding) {
    const auto expected = expected_of(GetParam());
    const at::Tensor source = tensor_of(*expected, "source");
    const at::Tensor mask = tensor_of(*expected, "mask").to(at::kBool);
    const at::Tensor target = tensor_of(*expected, "target");
    const at::Tensor logits = tensor_of(*expected, "logits");
    std::vector<std::string> files{""};
    if (fs::exists(fixtures / GetParam() / "model.gguf")) {
        files.emplace_back("model.gguf");
    }
    for (const std::string& file : files) {
        const auto model = load_encoder_decoder({.location = (fixtures / GetParam() / file).string()},
                                                {.dtype = Dtype::f32}, at::kCPU, 0, {}, {});
        ASSERT_TRUE(model.ok()) << model.error().to_string();
        const std::int64_t tokens = target.size(1);
        EXPECT_LT(relative_error(translate(**model, source, mask, target, {tokens}), logits), relative_tolerance);
        const std::vector<std::int64_t> ones(static_cast<std::size_t>(tokens), 1);
        EXPECT_LT(relative_error(translate(**model, source, mask, target, ones), logits), relative_tolerance);
        for (const std::int64_t row : {0, 1}) {
            const std::int64_t length = mask[row].sum().item<std::int64_t>();
            const at::Tensor alone = translate(**model, source[row].narrow(0, 0, length).unsqueeze(0), {},
                                               target[row].unsqueeze(0), {tokens});
            EXPECT_LT(relative_error(alone[0], logits[row]), relative_tolerance) << "row " << row;
        }
    }
}

TEST_P(EncoderDecoder, a_source_in_embeddings_and_a_given_encoder_output_give_the_same) {
    const auto expected = expected_of(GetParam());
    const at::Tensor ids = tensor_of(*expected, "source");
    const at::Tensor mask = tensor_of(*expected, "mask").to(at::kBool);
    const at::Tensor target = tensor_of(*expected, "target");
    const auto loaded = load_encoder_decoder({.location = (fixtures / GetParam()).string()}, {.dtype = Dtype::f32},
                                             at::kCPU, 0, {}, {});
    ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
    const EncoderDecoderLm& model = **loaded;
    const auto answer = [&](const EncodedSource& source) {
        auto cache = KvCache::create(model.cache_shape(target.size(0), target.size(1)), at::kCPU).value();
        return model.forward(target, source, cache, LogitsFor::all);
    };
    const at::Tensor embeddings = model.embed_source(ids);
    EXPECT_EQ(embeddings.size(2), model.source_width());
    const at::Tensor logits = tensor_of(*expected, "logits");
    EXPECT_LT(relative_error(answer(model.encode(Source{ids, embeddings, mask})), logits), relative_tolerance);
    EXPECT_LT(relative_error(answer(model.attach(model.read_frozen({ids, {}, mask}))), logits), relative_tolerance);
    if (GetParam() != "tandem_encoder_decoder_padding_inside") {  // there ids say more than the mask
        EXPECT_LT(relative_error(answer(model.encode(Source{{}, embeddings, mask})), logits), relative_tolerance);
    }
}

INSTANTIATE_TEST_SUITE_P(Family, EncoderDecoder, testing::ValuesIn(cases_with("source")), name_of);

class Vision : public testing::TestWithParam<std::string> {};

TEST_P(Vision, vectors_are_those_of_the_reference) {
    const auto expected = expected_of(GetParam());
    const auto model =
        load_vision_encoder({.location = (fixtures / GetParam()).string()}, {.dtype = Dtype::f32}, at::kCPU, 0, {}, {});
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    const EncodedPictures found = (*model)->encode(tensor_of(*expected, "pixels"));
    EXPECT_LT(relative_error(found.hidden, tensor_of(*expected, "hidden")), relative_tolerance);
    ASSERT_EQ(found.pooled.defined(), expected->find("pooled") != nullptr);
    if (found.pooled.defined()) {
        EXPECT_LT(relative_error(found.pooled, tensor_of(*expected, "pooled")), relative_tolerance);
    }
}

TEST_P(Vision, what_each_layer_gives_is_that_of_the_reference) {
    const auto expected = expected_of(GetParam());
    const auto model = load_vision_encoder({.location = (fixtures / GetParam()).string()}, {}, at::kCPU, 0, {}, {});
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    const at::Tensor pixels = tensor_of(*expected, "pixels");
    const at::Tensor layers = tensor_of(*expected, "layers");  // [layers + 1, pictures, tokens, hidden]
    for (std::int64_t layer = 0; layer < layers.size(0); ++layer) {
        const EncodedPictures found = (*model)->encode(pixels, layer);
        EXPECT_FALSE(found.pooled.defined());
        EXPECT_LT(relative_error(found.hidden, layers[layer]), relative_tolerance) << "layer " << layer;
        const at::Tensor from_the_end = (*model)->encode(pixels, layer - layers.size(0)).hidden;
        EXPECT_LT(relative_error(from_the_end, layers[layer]), relative_tolerance) << "layer " << layer;
    }
    EXPECT_THROW((*model)->encode(pixels, layers.size(0)), c10::Error);
}

INSTANTIATE_TEST_SUITE_P(Family, Vision, testing::ValuesIn(cases_with("pixels")), name_of);

// A kind of model of which there is no fixture yet makes an empty suite, which is no fault.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Decoder);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EncoderDecoder);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Vision);

}  // namespace
}  // namespace tandem::test
