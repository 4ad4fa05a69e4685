"""The catalogue of models is well formed, complete and consistent with itself; counts that need no torch are redone."""
import json
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/data"))

import count_remote_code  # noqa: E402

CATALOGUE = ROOT / "experiments/catalog/models.yaml"
REQUIRED = {"id", "checkpoint", "reported_parameters", "exact_parameters", "source", "config"}
OPTIONAL = {"aliases", "note"}

# Every model of the survey of small language models (arXiv 2409.15790), as its tables name it.
SURVEY = """
facebook/opt-125m
facebook/opt-350m
facebook/opt-2.7b
facebook/opt-1.3b
facebook/galactica-125m
facebook/galactica-1.3b
bigscience/bloom-560m
bigscience/bloom-1b1
bigscience/bloomz-1b1
bigscience/bloomz-560m
EleutherAI/pythia-410m
EleutherAI/pythia-160m
EleutherAI/pythia-1b
EleutherAI/pythia-1.4b
EleutherAI/pythia-2.8b
cerebras/Cerebras-GPT-111M
cerebras/Cerebras-GPT-256M
cerebras/Cerebras-GPT-590M
cerebras/Cerebras-GPT-1.3B
cerebras/Cerebras-GPT-2.7B
MBZUAI/LaMini-GPT-774M
MBZUAI/LaMini-GPT-1.5B
microsoft/phi-1_5
microsoft/phi-1
stabilityai/stablelm-zephyr-3b
Qwen/Qwen-1_8B
microsoft/phi-2
TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T
mtgv/MobileLLaMA-1.4B-Base
stabilityai/stablelm-2-zephyr-1_6b
Qwen/Qwen1.5-0.5B
Qwen/Qwen1.5-1.8B
Qwen/Qwen1.5-4B
MBZUAI/MobiLlama-1B
MBZUAI/MobiLlama-05B
google/gemma-2b
h2oai/h2o-danube2-1.8b-base
openbmb/MiniCPM-1B-sft-bf16
apple/OpenELM-270M
apple/OpenELM-450M
apple/OpenELM-1_1B
apple/OpenELM-3B
openbmb/MiniCPM-2B-128k
microsoft/Phi-3-mini-4k-instruct
google/recurrentgemma-2b
Qwen/Qwen2-0.5B
Qwen/Qwen2-1.5B
HuggingFaceTB/SmolLM-360M
HuggingFaceTB/SmolLM-135M
HuggingFaceTB/SmolLM-1.7B
google/gemma-2-2b
h2oai/h2o-danube3-4b-base
h2oai/h2o-danube3-500m-base
tensoropera/Fox-1-1.6B
TRI-ML/DCLM-1B
databricks/dolly-v2-3b
allenai/OLMo-1B-hf
openai-community/gpt2
openai-community/gpt2-large
openai-community/gpt2-xl
openai-community/gpt2-medium
openbmb/MiniCPM3-4B
microsoft/Phi-3.5-mini-instruct
Qwen/Qwen2.5-1.5B
Qwen/Qwen2.5-0.5B
Qwen/Qwen2.5-3B
Llama-3.2-3B
Llama-3.2-1B
Llama-7B [For Baseline]
Llama-2-7B [For Baseline]
Llama-3-7B [For Baseline]
Llama-3.1-7B [For Baseline]
HuggingFaceTB/SmolLM2-135M
HuggingFaceTB/SmolLM2-360M
HuggingFaceTB/SmolLM2-1.7B
princeton-nlp/Sheared-LLaMA-1.3B
princeton-nlp/Sheared-LLaMA-2.7B
GeneZC/MiniMA-3B
GeneZC/MiniMA-2-1B
nvidia/Minitron-4B-Base
m-a-p/CT-LLM-Base
amd/AMD-Llama-135m
""".strip().splitlines()

# The ids of the first catalogue: experiments name them.
FIRST_IDS = """SmolLM-135M SmolLM-360M SmolLM-1.7B SmolLM2-135M SmolLM2-360M SmolLM2-1.7B TinyLlama-1.1B MobileLLaMA-1.4B
Sheared-LLaMA-1.3B Sheared-LLaMA-2.7B MiniMA-3B AMD-Llama-135M Llama-3.2-1B Llama-3.2-3B""".split()


def rows():
    return json.loads(CATALOGUE.read_text())["models"]


def names(row):
    return [row["id"], *row.get("aliases", [])]


def stacks(config):
    """The configurations of a row's stacks of layers: one, or an encoder's and a decoder's that are said apart."""
    return [config["encoder"], config["decoder"]] if isinstance(config.get("encoder"), dict) else [config]


def first(config, *keys):
    return next((config[key] for key in keys if config.get(key) is not None), None)


class Form(unittest.TestCase):
    def test_a_row_has_the_documented_keys_and_no_other(self):
        for row in rows():
            with self.subTest(id=row["id"]):
                self.assertLessEqual(REQUIRED, row.keys())
                self.assertLessEqual(row.keys(), REQUIRED | OPTIONAL)

    def test_values_are_of_the_documented_kinds(self):
        for row in rows():
            with self.subTest(id=row["id"]):
                for key in ("id", "checkpoint", "source", *(["note"] if "note" in row else [])):
                    self.assertIsInstance(row[key], str)
                    self.assertEqual(row[key], row[key].strip())
                    self.assertTrue(row[key])
                for key in ("reported_parameters", "exact_parameters"):
                    self.assertIs(type(row[key]), int)
                    self.assertGreater(row[key], 0)
                self.assertIs(type(row["config"]["model_type"]), str)
                self.assertTrue(all(isinstance(alias, str) and alias for alias in row.get("aliases", [])))

    def test_an_id_needs_no_quoting_in_a_shell_or_a_file_name(self):
        for row in rows():
            for name in names(row):
                with self.subTest(name=name):
                    self.assertRegex(name, r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z")

    def test_ids_and_aliases_are_unique_however_their_letters_are_cased(self):
        seen = [name.lower() for row in rows() for name in names(row)]
        self.assertEqual(sorted(seen), sorted(set(seen)))

    def test_no_checkpoint_has_two_rows(self):
        published = [row["checkpoint"] for row in rows() if "/" in row["checkpoint"]]
        self.assertEqual(sorted(published), sorted(set(published)))

    def test_no_object_of_the_file_says_a_key_twice(self):
        def unique(pairs):
            keys = [key for key, _ in pairs]
            self.assertEqual(sorted(keys), sorted(set(keys)))
            return dict(pairs)

        json.loads(CATALOGUE.read_text(), object_pairs_hook=unique)

    def test_the_text_fits_into_the_program(self):
        # The build writes it into a raw string literal and through CMake's configure_file.
        self.assertNotIn(')catalogue"', CATALOGUE.read_text())
        self.assertNotIn("@", CATALOGUE.read_text())


class Completeness(unittest.TestCase):
    def setUp(self):
        self.known = {name.lower(): row for row in rows() for name in names(row)}

    def test_every_model_of_the_survey_has_a_row(self):
        self.assertEqual(len(SURVEY), 82)
        found = set()
        for name in SURVEY:
            with self.subTest(name=name):
                row = self.known.get(name.split("/")[-1].removesuffix(" [For Baseline]").lower())
                self.assertIsNotNone(row)
                found.add(row["id"])
        self.assertEqual(len(found), 82)

    def test_a_survey_row_names_the_survey_s_checkpoint(self):
        for name in SURVEY:
            if "/" in name:
                with self.subTest(name=name):
                    row = self.known[name.split("/")[-1].lower()]
                    self.assertEqual(row["checkpoint"].lower(), name.lower())

    def test_the_first_catalogue_s_ids_are_still_ids(self):
        ids = {row["id"] for row in rows()}
        self.assertLessEqual(set(FIRST_IDS), ids)


class Counts(unittest.TestCase):
    def test_a_count_more_than_one_percent_off_is_explained(self):
        for row in rows():
            with self.subTest(id=row["id"]):
                if abs(row["exact_parameters"] / row["reported_parameters"] - 1) > 0.01:
                    self.assertIn("note", row)

    def test_counts_of_families_that_transformers_does_not_have(self):
        counted = 0
        for row in rows():
            formula = count_remote_code.FORMULAS.get(row["config"]["model_type"])
            if formula:
                counted += 1
                with self.subTest(id=row["id"]):
                    self.assertEqual(formula(row["config"]), row["exact_parameters"])
        self.assertGreaterEqual(counted, 14)

    def test_the_published_encoder_decoder_has_its_published_count(self):
        exact = {row["id"]: row["exact_parameters"] for row in rows()}
        self.assertEqual(exact["encoder-decoder-330m"], 332_042_240)


class Shapes(unittest.TestCase):
    def test_heads_divide(self):
        for row in rows():
            for config in stacks(row["config"]):
                with self.subTest(id=row["id"]):
                    heads = first(config, "num_attention_heads", "n_head", "num_heads", "n_heads", "encoder_attention_heads")
                    if heads is None:
                        continue
                    keys = first(config, "num_key_value_heads", "n_kv_head") or heads
                    self.assertEqual(heads % keys, 0)
                    width = first(config, "qkv_embd", "hidden_size", "n_embd", "dim", "d_model")
                    if first(config, "head_dim", "d_kv", "kv_channels", "v_head_dim") is None:
                        self.assertEqual(width % heads, 0)

    def test_a_list_said_for_each_layer_has_an_entry_for_each_layer(self):
        for row in rows():
            for config in stacks(row["config"]):
                layers = first(config, "num_hidden_layers", "num_transformer_layers")
                for key in ("layer_types", "num_query_heads", "num_kv_heads", "ffn_multipliers"):
                    if key in config:
                        with self.subTest(id=row["id"], key=key):
                            self.assertEqual(len(config[key]), layers)

    def test_long_rope_has_a_factor_for_each_pair_of_rotated_dimensions(self):
        for row in rows():
            config = row["config"]
            scaling = config.get("rope_scaling") or {}
            if "long_factor" in scaling:
                rotated = first(config, "qk_rope_head_dim") or config["hidden_size"] // config["num_attention_heads"]
                for key in ("short_factor", "long_factor"):
                    with self.subTest(id=row["id"], key=key):
                        self.assertEqual(len(scaling[key]), rotated // 2)

    def test_a_language_model_says_vocabulary_context_and_tying(self):
        for row in rows():
            config = row["config"]
            if "image_size" in config or config["model_type"] == "tandem_encoder_decoder":
                continue
            with self.subTest(id=row["id"]):
                self.assertIsNotNone(first(config, "vocab_size"))
                self.assertIsNotNone(first(stacks(config)[0], "max_position_embeddings", "n_positions", "seq_length", "seq_len",
                                           "max_context_length"))
                self.assertIs(type(first(config, "tie_word_embeddings", "share_input_output_layers", "weight_tying")), bool)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
