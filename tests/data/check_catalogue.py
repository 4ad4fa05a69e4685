#!/usr/bin/env python3
"""Counts every model of experiments/catalog/models.yaml with its family's reference code and compares with the row.

Needs torch and transformers (the rows were counted with transformers 5.17.0); nothing is downloaded. A row whose model_type
transformers knows is instantiated on torch's meta device and its parameters are counted: tied matrices once, no buffers.
Families whose code is not in transformers are counted by a formula written from the code they were published with
(count_remote_code.py). Says each row that differs from its exact_parameters, that is more than 1 % from its
reported_parameters without a note, that the reference code refuses, or that has a key the reference code does not know.

Usage: check_catalogue.py [--write COUNTS.json] [ID...]
"""
import argparse
import copy
import json
import pathlib
import sys

import torch
import transformers

import count_remote_code

CATALOGUE = pathlib.Path(__file__).resolve().parents[2] / "experiments/catalog/models.yaml"

# What a row's count is of, where it is not the whole causal language model.
CLASSES = {
    "t5": transformers.T5ForConditionalGeneration,
    "mt5": transformers.MT5ForConditionalGeneration,
    "t5gemma": transformers.T5GemmaForConditionalGeneration,
    "bart": transformers.BartForConditionalGeneration,
    "mbart": transformers.MBartForConditionalGeneration,
    "marian": transformers.MarianMTModel,
    "pegasus": transformers.PegasusForConditionalGeneration,
    "m2m_100": transformers.M2M100ForConditionalGeneration,
    "vit": lambda config: transformers.ViTModel(config, add_pooling_layer=False),
    "dinov2": transformers.Dinov2Model,
    "clip_vision_model": transformers.CLIPVisionModel,
    "siglip_vision_model": transformers.SiglipVisionModel,
}
# Keys of config.json files that transformers reads into something of another name (its rope_parameters, layer types),
# that only a checkpoint's first code read, or that say what is fixed in the family's code.
FILE_KEYS = {"rope_theta", "rope_scaling", "rope_local_base_freq", "partial_rotary_factor", "rotary_pct", "rotary_emb_base",
             "max_window_layers", "static_position_embeddings", "n_positions", "seq_length", "max_position_embeddings",
             "embeddings_scale_by_sqrt_dim", "attention_bias", "mlp_bias", "vision_use_head", "head_dim", "is_decoder",
             "cross_attention_hidden_size", "original_max_position_embeddings", "decoder_start_token_id", "layer_types"}


def config_class(config):
    return transformers.models.auto.configuration_auto.CONFIG_MAPPING[config["model_type"]]


def reference_config(config):
    """The configuration object that transformers makes of a checkpoint's config.json with these keys."""
    rest = copy.deepcopy(config)
    scaling = rest.get("rope_scaling")
    # MiniCPM3 in transformers 5.17.0 wants the factor said that every other family derives.
    if rest["model_type"] == "minicpm3" and scaling and "factor" not in scaling:
        scaling["factor"] = rest["max_position_embeddings"] / scaling["original_max_position_embeddings"]
    kind = config_class(rest)
    del rest["model_type"]
    return kind.from_dict(rest)


def count_with_transformers(config):
    kind = config["model_type"]
    with torch.device("meta"):
        model = CLASSES.get(kind, transformers.AutoModelForCausalLM.from_config)(reference_config(config))
    model.tie_weights()
    counted = sum(weight.numel() for weight in model.parameters())
    # transformers 5 ties every T5 until it loads a file in which lm_head differs from the embedding.
    if kind in ("t5", "mt5") and config["tie_word_embeddings"] is False:
        counted += config["vocab_size"] * config["d_model"]
    return counted


def unknown_keys(config):
    if config["model_type"] in count_remote_code.FORMULAS:
        return []
    kind = config_class(config)
    known = set(vars(kind())) | set(kind.attribute_map) | FILE_KEYS | {"model_type"}
    return sorted(set(config) - known)


def count(config):
    remote = count_remote_code.FORMULAS.get(config["model_type"])
    return remote(config) if remote else count_with_transformers(config)


def complaints(row, counted):
    if row.get("exact_parameters") != counted:
        yield f"exact_parameters is {row.get('exact_parameters')}, the reference code counts {counted}"
    off = counted / row["reported_parameters"] - 1
    if abs(off) > 0.01 and not row.get("note"):
        yield f"{off:+.1%} from reported_parameters and no note says why"
    if unknown := unknown_keys(row["config"]):
        yield f"the reference code knows no {', '.join(unknown)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", metavar="COUNTS.json", help="write the counts, for filling in exact_parameters")
    parser.add_argument("ids", nargs="*", metavar="ID")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    rows = [row for row in json.loads(CATALOGUE.read_text())["models"] if not options.ids or row["id"] in options.ids]
    counts, failed = {}, 0
    for row in rows:
        try:
            counts[row["id"]] = count(row["config"])
            found = list(complaints(row, counts[row["id"]]))
        except Exception as error:  # whatever the reference code raises is the finding
            found = [f"the reference code refuses the configuration: {type(error).__name__}: {error}"]
        failed += bool(found)
        off = counts.get(row["id"], 0) / row["reported_parameters"] - 1
        print(f"{row['id']:42} {counts.get(row['id'], 0):>14,} {row['reported_parameters']:>14,} {off:+8.2%}"
              + "".join(f"\n    {line}" for line in found))
    if options.write:
        pathlib.Path(options.write).write_text(json.dumps(counts, indent=1) + "\n")
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
