"""Writes the seeds of the fuzz targets into tests/fuzz/corpus/NAME: small files, right and wrong, that reach every
branch the fuzzer should start from. Files that a fuzzer found (regression_*) are left alone.

Usage: make_corpus.py        (no dependencies; the result is committed)
"""

import base64
import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
U8, I8, U16, I16, U32, I32, F32, BOOL, STR, ARR, U64, I64, F64 = range(13)


def write(target, files):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def safetensors(header, data=b""):
    text = header if isinstance(header, (str, bytes)) else json.dumps(header)
    text = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors_seeds():
    good = {"__metadata__": {"format": "pt"}, "a": tensor("F32", [2, 2], 0, 16), "b": tensor("BF16", [3], 16, 22)}
    return {
        "good": safetensors(good, bytes(22)),
        "padded": safetensors(json.dumps(good) + "   ", bytes(22)),
        "empty_map": safetensors("{}"),
        "zero_elements": safetensors({"z": tensor("F32", [0, 4], 0, 0)}),
        "scalar": safetensors({"s": tensor("I64", [], 0, 8)}, bytes(8)),
        "types": safetensors({name: tensor(name, [2], 8 * i, 8 * i + 2 * size) for i, (name, size) in
                              enumerate([("F64", 8), ("I32", 4), ("U8", 1)])}, bytes(18)),
        "hole": safetensors({"a": tensor("U8", [1], 0, 1), "b": tensor("U8", [1], 2, 3)}, bytes(3)),
        "overlap": safetensors({"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 1, 3)}, bytes(3)),
        "wraps_to_4": safetensors({"w": tensor("F32", [4194305, 4194305, 211106198978564], 0, 16)}, bytes(16)),
        "twice": safetensors('{"a":%s,"a":%s}' % ((json.dumps(tensor("U8", [1], 0, 1)),) * 2), bytes(1)),
        "trailing": safetensors({"a": tensor("U8", [1], 0, 1)}, b"\0extra"),
        "huge_header": struct.pack("<Q", 0xFFFFFF000000003C) + bytes(20),
        "not_utf8": safetensors(b"\xff{}"),
        "deep": safetensors('{"w":' + "[" * 200),
        "pickle": b"\x80\x02}q\x00(X\x01\x00\x00\x00",
        "lfs": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
    }


# Block types in the order of engine/tensor/tensor_type.h, by the first byte of an input, with the bytes of a block.
BLOCKS = {"f32": (0, 4), "f16": (1, 2), "bf16": (2, 2), "f64": (3, 8), "i8": (4, 1), "q4_0": (13, 18), "q4_1": (14, 20),
          "q5_0": (15, 22), "q5_1": (16, 24), "q8_0": (17, 34), "q4_k": (18, 144), "q5_k": (19, 176), "q6_k": (20, 210),
          "q2_k": (21, 84), "q3_k": (22, 110), "iq4_nl": (23, 18), "iq4_xs": (24, 136), "tq1_0": (25, 54),
          "tq2_0": (26, 66)}


def block_seeds():
    seeds = {}
    for name, (index, size) in BLOCKS.items():
        # A fixed walk over all bytes; for packing the same bytes are read as numbers.
        seeds[name] = bytes([index]) + bytes((41 * i + 7 * index) % 256 for i in range(2 * size))
    numbers = [(-1) ** i * (i % 37) / 64 for i in range(256)]
    for name in ("q2_k", "q3_k", "q4_k", "q6_k", "q8_0"):
        seeds[f"pack_{name}"] = bytes([BLOCKS[name][0]]) + struct.pack("<256f", *numbers)
    seeds["pack_infinite"] = bytes([BLOCKS["q4_k"][0]]) + struct.pack("<256f", *([float("inf"), float("nan"), 3e38, 1e-45] * 64))
    return seeds
def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    """A protobuf field: a number, bytes, or a float."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def sentencepiece(pieces, trainer=b"", normaliser=b"", more=b""):
    listed = b"".join(field(1, field(1, text) + field(2, score) + field(3, use)) for text, score, use in pieces)
    return listed + field(2, trainer) + field(3, normaliser) + more


def sentencepiece_seeds():
    pieces = [("<pad>", 0.0, 3), ("</s>", 0.0, 3), ("<unk>", 0.0, 2), ("\u2581", -1.0, 1), ("a", -2.0, 1), ("b", -2.5, 1),
              ("ab", -3.0, 1), ("\u2581a", -1.5, 1), ("<own>", 0.0, 4), ("old", -9.0, 5)]
    bpe = field(3, 2) + field(40, 2)
    byte_pieces = pieces + [(f"<0x{b:02X}>", 0.0, 6) for b in range(256)]
    trie = struct.pack("<I", 4) + struct.pack("<I", 1 << 10) + b"x\0"  # a trie that leads outside itself
    good = sentencepiece(pieces, field(40, 2))
    return {
        "unigram": good,
        "bpe": sentencepiece(pieces, bpe),
        "bytes": sentencepiece(byte_pieces, bpe + field(35, 1)),
        "bytes_missing": sentencepiece(byte_pieces[:-5], bpe + field(35, 1)),
        "word": sentencepiece(pieces, field(3, 3)),
        "cut": good[:-3],
        "cut_piece": good[:20],
        "no_unknown": sentencepiece(pieces[3:]),
        "two_unknown": sentencepiece(pieces + [("<u>", 0.0, 2)]),
        "twice": sentencepiece(pieces + [("a", 0.0, 1)]),
        "empty_piece": sentencepiece(pieces + [("", 0.0, 1)]),
        "nul_piece": sentencepiece(pieces + [("a\0b", 0.0, 1)]),
        "not_utf8": sentencepiece(pieces + [(b"\xff", 0.0, 1)]),
        "nan": sentencepiece(pieces + [("n", float("nan"), 1)]),
        "infinite": sentencepiece(pieces + [("n", float("inf"), 1)]),
        "bad_use": sentencepiece(pieces + [("n", 0.0, 9)]),
        "bad_charsmap": sentencepiece(pieces, b"", field(2, trie)),
        "short_charsmap": sentencepiece(pieces, b"", field(2, b"\xff\xff\xff\x7f0")),
        "bad_denormaliser": sentencepiece(pieces, more=field(5, field(2, trie))),
        "huge_length": varint(1 << 3 | 2) + varint((1 << 63) + 5) + b"x",
        "endless_varint": b"\xff" * 40,
        "negative_unknown": sentencepiece(pieces, field(40, (1 << 64) - 1)),
        "long_piece": sentencepiece(pieces + [("q" * 5000, 0.0, 1)]),
        "group": b"\x0b\x0c",
        "nothing": b"",
    }


def index_seeds():
    return {
        "good": json.dumps({"metadata": {"total_size": 8}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}),
        "escapes": json.dumps({"weight_map": {"a": "../../x"}}),
        "twice": '{"weight_map":{"a":"x","a":"y"}}',
        "none": "{}",
        "nested": '{"weight_map":{"a":{"b":"c"}}}',
        "deep": '{"metadata":' + "[" * 100,
    }


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key, kind, value):
    formats = {U8: "<B", I8: "<b", U16: "<H", I16: "<h", U32: "<I", I32: "<i", F32: "<f", BOOL: "<B", U64: "<Q",
               I64: "<q", F64: "<d"}
    return text(key) + struct.pack("<I", kind) + (text(value) if kind == STR else struct.pack(formats[kind], value))


def array(key, kind, values):
    body = b"".join(text(value) for value in values) if kind == STR else struct.pack("<%d%s" % (
        len(values), {F32: "f", I32: "i", U8: "B", U64: "Q", BOOL: "?"}[kind]), *values)
    return text(key) + struct.pack("<IIQ", ARR, kind, len(values)) + body


def gguf(entries, tensors=(), data=b"", version=3, alignment=32, magic=b"GGUF"):
    body = magic + struct.pack("<IQQ", version, len(tensors), len(entries)) + b"".join(entries)
    for name, dims, kind, offset in tensors:
        body += text(name) + struct.pack("<I", len(dims)) + struct.pack("<%dQ" % len(dims), *dims)
        body += struct.pack("<IQ", kind, offset)
    return body + bytes(-len(body) % alignment) + data


def llama(**changes):
    values = {"block_count": 1, "embedding_length": 64, "feed_forward_length": 32, "attention.head_count": 2,
              "attention.head_count_kv": 1, "context_length": 128, "rope.dimension_count": 32}
    values.update(changes)
    head = [entry("general.architecture", STR, "llama")]
    head += [entry("llama." + key, U32, value) for key, value in values.items()]
    head += [entry("llama.attention.layer_norm_rms_epsilon", F32, 1e-5), entry("llama.rope.freq_base", F32, 10000.0)]
    return head


def gguf_seeds():
    vocabulary = [array("tokenizer.ggml.tokens", STR, ["a", "b"]), array("tokenizer.ggml.scores", F32, [0.0, 1.0])]
    embedding = [("token_embd.weight", [64, 2], 0, 0)]
    every_kind = [entry("k%d" % kind, kind, "x" if kind == STR else 1) for kind in range(13) if kind != ARR]
    return {
        "good": gguf(llama() + vocabulary, embedding, bytes(512)),
        "version_2": gguf(llama(), embedding, bytes(512), version=2),
        "quantised": gguf(llama(), [("a", [64], 2, 0), ("b", [32, 2], 8, 64), ("c", [256], 12, 160)], bytes(304 + 16)),
        "aligned_64": gguf([entry("general.alignment", U32, 64)], [("a", [4], 0, 0)], bytes(16), alignment=64),
        "every_kind": gguf(every_kind + [array("l%d" % kind, kind, [1, 0]) for kind in (F32, I32, U8, U64, BOOL)]),
        "no_tensors": gguf([entry("a", U8, 1)]),
        "zero_elements": gguf([], [("a", [0], 0, 0)]),
        "magic": gguf([], magic=b"FUGG"),
        "version_4": gguf([], version=4),
        "big_endian": gguf([], version=0x03000000),
        "duplicate": gguf([entry("a", U8, 1)] * 2),
        "pad_wraps": gguf([], [("a", [(2**64 - 1) // 4], 0, 0)], bytes(64)),
        "two_halves": gguf([], [("a", [0x7FFFFFFFFFFFFFC0], 24, 0), ("b", [0x7FFFFFFFFFFFFFC0], 24, 0x7FFFFFFFFFFFFFC0)]),
        "past_the_end": gguf([], [("a", [1000], 0, 0)], bytes(8)),
        "counts": b"GGUF" + struct.pack("<IQQ", 3, 2**64 - 1, 2**64 - 1),
        "key_too_long": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**64 - 1),
        "scores_i8": gguf(vocabulary[:1] + [text("tokenizer.ggml.scores") + struct.pack("<IIQbb", ARR, I8, 2, 0, 0)]),
        "nested": gguf([text("a") + struct.pack("<IIQ", ARR, ARR, 1) + bytes(12)]),
        "alignment_0": gguf([entry("general.alignment", U32, 0)]),
        "heads": gguf(llama(**{"attention.head_count": 5}), embedding, bytes(512)),
    }


def config_seeds():
    good = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
            "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 256,
            "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True}
    changed = {
        "zero": {"hidden_size": 0}, "negative": {"hidden_size": -1}, "fraction": {"hidden_size": 4096.5},
        "text": {"hidden_size": "4096"}, "huge": {"hidden_size": 10**18}, "heads": {"num_attention_heads": 5},
        "kv_heads": {"num_key_value_heads": 8}, "auto_map": {"auto_map": {"AutoModel": "evil.py"}},
        "linear": {"rope_scaling": {"type": "linear", "factor": 2.0}}, "mistral": {"model_type": "mistral", "sliding_window": None},
        "llama3": {"rope_scaling": {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                    "original_max_position_embeddings": 8192}},
        "quantised": {"quantization_config": {"quant_method": "gptq"}}, "family": {"model_type": "gpt2"},
    }
    seeds = {name: json.dumps({**good, **change}) for name, change in changed.items()}
    return {"good": json.dumps(good), "deep": '{"a":' + "[" * 100, **seeds}


def family_seeds():
    """The configuration of one small checkpoint of each family."""
    seeds = {}
    for path in sorted((CORPUS.parents[1] / "data" / "models").glob("*/config.json")):
        config = json.loads(path.read_text())
        seeds.setdefault("family_" + config["model_type"].replace("-", "_"), json.dumps(config, separators=(",", ":")))
    return seeds


def gguf_entries(path):
    """The metadata of a GGUF but its vocabulary, as lines of fuzz_gguf_config."""
    data, at = path.read_bytes(), 24
    kinds = {U8: ("B", "i"), I8: ("b", "i"), U16: ("H", "i"), I16: ("h", "i"), U32: ("I", "i"), I32: ("i", "i"), F32: ("f", "f"),
             BOOL: ("?", "b"), U64: ("Q", "i"), I64: ("q", "i"), F64: ("d", "f")}

    def number(form):
        nonlocal at
        begin, at = at, at + struct.calcsize("<" + form)
        return struct.unpack_from("<" + form, data, begin)[0]

    def value(kind):
        nonlocal at
        if kind == STR:
            size = number("Q")
            at += size
            return data[at - size:at].decode()
        found = number(kinds[kind][0])
        return int(found) if kind == BOOL else repr(found)

    lines = []
    for _ in range(struct.unpack_from("<Q", data, 16)[0]):
        key, kind = value(STR), number("I")
        if kind == ARR:
            inner, count = number("I"), number("Q")
            word, values = (kinds[inner][1] if inner != STR else "s").upper(), [str(value(inner)) for _ in range(count)]
        else:
            word, values = kinds[kind][1] if kind != STR else "s", [str(value(kind))]
        line = f"{key} {word} {','.join(values)}"
        if not key.startswith("tokenizer.") and len(line.split(" ")) == 3:
            lines.append(line)
    return lines


def gguf_config_seeds():
    seeds = {}
    for path in sorted((CORPUS.parents[1] / "data" / "models").glob("*/model.gguf")):
        lines = gguf_entries(path)
        name = next(line.split(" ")[2] for line in lines if line.startswith("general.architecture "))
        width = next((line.split(" ")[2] for line in lines if line.split(" ")[0].endswith(".embedding_length")), "8")
        seeds.setdefault(name.replace("-", "_"), "\n".join([*lines, f"tensor token_embd.weight 8 {width}", f"tensor output.weight 8 {width}"]))
    return seeds


def adapter_seeds():
    good = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"], "bias": "none"}
    changed = {
        "dora": {"use_dora": True, "use_rslora": True}, "all": {"target_modules": "all-linear"},
        "pattern": {"target_modules": ".*\\.(q|v)_proj"}, "type": {"peft_type": "IA3"},
        "ranks": {"rank_pattern": {"layers.1.q_proj": 2, "(?:[a-z._]+)+[0-9]": 4}, "alpha_pattern": {"v_proj": 2.5}},
        "rank_beyond": {"rank_pattern": {"q_proj": 1e300}}, "groups": {"rank_pattern": {"()" * 200 + "(?:a|b)*c": 2}},
        "replicated": {"layer_replication": [[0, 1]]}, "begun": {"init_lora_weights": "pissa"}, "rank_0": {"r": 0},
    }
    return {"good": json.dumps(good), **{name: json.dumps({**good, **change}) for name, change in changed.items()}}


def picture_seeds():
    folder = CORPUS.parents[1] / "data" / "pictures"
    small = [path for path in sorted(folder.iterdir()) if path.suffix in (".png", ".jpg") and path.stat().st_size < 1000]
    return {path.name: path.read_bytes() for path in [*small, folder / "turned.png", folder / "ink.jpg"]
            if not path.name.startswith("turned_") or path.name in ("turned_6.jpg", "turned_xmp.jpg")}


def preprocessor_seeds():
    folder = CORPUS.parents[1] / "data" / "pictures"
    return {path.stem: json.dumps(json.loads(path.read_text())["preprocessor"], separators=(",", ":"))
            for path in sorted(folder.glob("*.json"))}


def experiment_seeds():
    head = "tandem: 1\nname: x\nmodels: {m: random:a, n: {source: b}}\npairings: {p: m, q: {method: single, model: n}}\n"
    bench = "workloads: {w: {kind: benchmark, prompt_tokens: 8}}\n"
    return {
        "smallest": head + bench,
        "kinds": head + "workloads:\n  a: {kind: generate, prompts: [hi, \"2\"], top_p: 0.9, stop: [x]}\n"
                        "  b: {kind: logits, ids: [1, 2]}\n  c: {kind: null, observations: 3}\n",
        "sweep": head + bench + "targets: {t: {threads: 2, memory_limit_bytes: 4GiB}}\nload: {dtype: f32}\n"
                 "sweep:\n  grid:\n    load.context: {log_range: {from: 1, to: 8, factor: 2}}\n"
                 "    workloads.*.warmup: {range: {from: 0, to: 2}}\n"
                 "  linked:\n    - {pairings.p.model: [m, n], targets.t.threads: [1, 2]}\n"
                 "  exclude:\n    - {load.context: 2, pairings.p.model: n}\n"
                 "seeds: [1, 2]\nrepetitions: 3\nexecution: {on_error: stop, retries: 1}\n",
        "set": "set load.dtype=int8\n" + head + bench,
        "set_sweep": "set sweep.grid.load.dtype=[f32, int8]\n" + head + bench,
        "base": "tandem: 1\nbase: other.yaml\n",
        "block": head + bench + "description: |\n  one\n  two\n",
        "alias": "a: &a [x]\nb: [*a, *a]\n", "merge": head + "load: {<<: {dtype: f32}}\n", "tag": "a: !!python/object x\n",
        "deep": "[" * 200, "deep_maps": "{" * 200, "tab": "a:\n\tb: 1\n", "twice": head + "name: y\n",
        "numbers": head + bench + "load: {context: 1e-3}\n", "old_bool": head + "workloads: {w: {kind: generate, prompts: [a], greedy: no}}\n",
        "explodes": head + bench + "sweep: {grid: {load.context: {range: {from: 1, to: 90000}}, workloads.w.warmup: {range: {from: 0, to: 900}}}}\n",
        "open_quote": head + "description: \"a\n", "directives": "%YAML 1.2\n---\n" + head + bench + "...\n",
    }


def frame(counter, kind, payload=b"", length=None, magic=b"TDM1", version=1, session=1):
    payload = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    length = len(payload) if length is None else length
    return struct.pack("<4sHHQQQ", magic, version, kind, length, session, counter) + payload


def document(value):
    text = json.dumps(value).encode()
    return struct.pack("<QQ", len(text), 0) + text


# The first byte chooses the listener, the second the size of the pieces; see fuzz_frames.cpp.
def frame_seeds():
    decoder, controller, running, fresh_worker, worker = (bytes([who, 7]) for who in range(5))
    key = {"trial": "a" * 64, "attempt": 1}
    hello = {"version": "1", "build": "", "libtorch": "", "instruction_sets": ["avx2"], "process": 1}
    observation = struct.pack("<BqqqdBI", 2, 5, 0, 0, 1.5, 1, 2) + b"nhi"
    batch = struct.pack("<QI", 2, 1) + observation
    artefact = struct.pack("<QQQBB", 3, 4, 0, 1, 1) + b"at" + b"ab"
    rest = struct.pack("<QQQBB", 3, 4, 2, 0, 0) + b"cd"
    done = document({**key, "last_sequence": 3, "report": {"metrics": [], "facts": [{"name": "n", "value": "v"}]}})
    failed = document({**key, "last_sequence": 1, "error": {"code": "X", "message": "m", "where": "", "kind": "io"}})
    start = document({**key, "job": {"workload": {"kind": "null", "observations": 1}}})
    return {
        "two_frames": decoder + frame(1, 6, b"x") + frame(2, 11),
        "magic": decoder + frame(1, 6, b"x", magic=b"HTTP"),
        "version": decoder + frame(1, 6, b"x", version=2),
        "type": decoder + frame(1, 12, b"x"),
        "four_gib": decoder + frame(1, 6, b"x", length=1 << 32),
        "zero": decoder + frame(1, 6),
        "session": decoder + frame(1, 6, b"x", session=2),
        "counter": decoder + frame(1, 6, b"x") + frame(3, 6, b"x"),
        "hello": controller + frame(1, 1, hello),
        "early": controller + frame(1, 6, {"sequence": 2, "text": "x"}),
        "whole": running + frame(2, 5, batch) + frame(3, 7, artefact) + frame(4, 7, rest)
        + frame(5, 8, {"fraction": 0.5, "what": "half"}) + frame(6, 9, done),
        "failed": running + frame(2, 10, failed),
        "gap": running + frame(2, 6, {"sequence": 3, "text": "x"}),
        "deep": running + frame(2, 6, b"[" * 5000),
        "worker_early": fresh_worker + frame(1, 2, start),
        "worker": worker + frame(1, 2, start) + frame(2, 3, key) + frame(3, 11),
        "worker_acknowledge": worker + frame(1, 2, start) + frame(2, 4, {**key, "sequence": 9}),
    }


def start_seeds():
    """One job of every kind of workload and method."""
    key = {"trial": "a" * 64, "attempt": 1}
    model = {"name": "m", "location": "/m", "sha256": "b" * 64, "adapter": "", "adapter_sha256": ""}
    row = {"path": "rows.jsonl", "sha256": "c" * 64, "split": "train"}
    guided = {"method": "llm-to-slm", "model": model, "partner": model, "trained": {"location": "/t", "sha256": "d" * 64},
              "options": {"layer": -1, "fusion": "prepend", "llm_dtype": "bf16", "llm_prompt": "{source}"}}
    soft = {"method": "prompt-tuning", "model": model, "options": {"soft_tokens": 4, "start": "random"}}
    draft = {"method": "speculative", "model": model, "partner": model, "options": {"draft_tokens": 3}}
    train = {"kind": "train", "train": row, "validation": row, "trainable": "lora", "lora_rank": 2, "best_by": "rouge1",
             "learning_rate": 0.1, "schedule": "linear", "scores": ["bleu"], "stop": ["\n"], "vector_cache": "int8"}
    jobs = {"null": {"workload": {"kind": "null", "observations": 1}},
            "train": {"pairing": guided, "workload": train, "seed": 2**64 - 1, "place": {"work": "/w", "cache": ""}},
            "evaluate": {"pairing": soft, "workload": {"kind": "evaluate", "test": row, "beams": 2}},
            "benchmark": {"pairing": draft, "workload": {"kind": "benchmark"}, "device": {"threads": 1}}}
    return {name: json.dumps({**key, "job": job}) for name, job in jobs.items()}


def text_pair_seeds():
    def lines(*rows):
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

    a, b = {"source": "a", "target": "b", "split": "train"}, {"source": "\u00e9\u0000", "target": "", "split": "test"}
    return {
        "parts": lines(a, b),
        "one_part": lines(a, a),
        "no_part": lines(a, {"source": "a", "target": "b"}),
        "other_part": lines({**a, "split": "dev"}),
        "other_keys": lines({**a, "more": [1, {"source": 2}], "n": None}),
        "mark": b"\xef\xbb\xbf" + lines(a).encode() + b"\r\n \t\n" + lines(b).encode(),
        "not_utf8": b'{"source":"\xff","target":""}\n',
        "surrogate": '{"source":"\\ud800","target":""}\n',
        "double_key": '{"source":"a","source":"b","target":""}',
        "number": lines({**a, "target": 1}),
        "list": "[]\n",
        "deep": '{"source":"a","target":"b","more":' + "[" * 70 + "]" * 70 + "}",
        "cut": '{"source":"a","tar',
        "empty": "\n",
    }


def checkpoint_seeds():
    state = {"format": 1, "run": "run", "step": 7, "epoch": 1, "batch": 2, "accumulated_batches": 0, "optimiser_steps": 7,
             "seed": 1, "random_at": 3, "best_score": 0.5, "best_score_bits": 0x3FE0000000000000, "best_step": 4,
             "validated_step": 6, "without_better": 1, "tokens": 99, "order": "e" * 64}
    tensors = safetensors({"parameter.a": tensor("F32", [2, 2], 0, 16), "optimiser.a": tensor("BF16", [3], 16, 22)}, bytes(22))

    def whole(state, numbers=tensors, manifest=None):
        text = state if isinstance(state, bytes) else json.dumps(state).encode()
        return (b"\0" if manifest is None else b"\1" + manifest + b"\0") + text + b"\0" + numbers

    return {
        "good": whole(state),
        "other_run": whole({**state, "run": "other"}),
        "other_format": whole({**state, "format": 2}),
        "deep_format": whole(b'{"format":' + b"[" * 4000 + b"]" * 4000 + b"}"),
        "no_order": whole({name: value for name, value in state.items() if name != "order"}),
        "negative": whole({**state, "seed": -1, "step": -5}),
        "type": whole(state, safetensors({"a": tensor("U8", [1], 0, 1)}, bytes(1))),
        "no_numbers": whole(state, safetensors("{}")),
        "manifest": whole(state, manifest=b'{"state.json":{"bytes":1,"sha256":""},"tensors.safetensors":[[]]}'),
        "no_manifest": whole(state, manifest=b""),
    }


def pairing_seeds():
    model = {"name": "", "location": "m", "sha256": "", "adapter": "", "adapter_sha256": "", "width": 2}
    settings = {"layer": -1, "fusion": "add", "place": "embeddings", "aligned": True, "pooling": "mean",
                "projector": "linear", "projector_inner": 0}

    def folder(method, settings, tensors, **models):
        header, at = {}, 0
        for name, shape in tensors.items():
            size = 4
            for side in shape:
                size *= side
            header[name] = tensor("F32", shape, at, at + size)
            at += size
        head = {"format": "tandem-pairing-1", "method": method, **models, "settings": settings}
        return json.dumps(head).encode() + b"\0" + safetensors(header, bytes(at))

    both = {"large": {**model, "width": 3}, "small": model}
    shapes = {"linear": {"first.weight": [2, 3], "first.bias": [2]},
              "mlp": {"first.weight": [2, 3], "first.bias": [2], "second.weight": [2, 2], "second.bias": [2]},
              "gated": {"gate.weight": [2, 3], "up.weight": [2, 3], "down.weight": [2, 2], "down.bias": [2]},
              "low-rank": {"down.weight": [1, 3], "up.weight": [2, 1], "up.bias": [2]}}
    seeds = {name.replace("-", "_"): folder("llm-to-slm", {**settings, "projector": name}, tensors, **both)
             for name, tensors in shapes.items()}
    soft = {"soft_tokens": 2, "start": "random"}
    return seeds | {
        "soft": folder("prompt-tuning", soft, {"vectors": [2, 2]}, model=model),
        "soft_none": folder("prompt-tuning", {**soft, "soft_tokens": 0}, {"vectors": [0, 2]}, model=model),
        "huge_width": folder("llm-to-slm", settings, shapes["linear"], large={**model, "width": 2**63}, small=model),
        "other_shape": folder("llm-to-slm", settings, shapes["mlp"], **both),
        "unknown_key": folder("llm-to-slm", {**settings, "more": 1}, shapes["linear"], **both),
        "deep": b'{"format":' + b"[" * 200,
    }


def vector_seeds():
    def kept(format, rows, width, numbers, magic=b"TDMVEC01"):
        return magic + struct.pack("<qqq", format, rows, width) + b"k" * 64 + numbers

    f32, f16, int8 = b"\0", b"\1", b"\2"
    return {
        "f32": f32 + kept(1, 2, 3, bytes(24)),
        "f16": f16 + kept(2, 2, 3, bytes(8 + 12)),
        "int8": int8 + kept(3, 2, 3, bytes(8 + 6)),
        "short": f32 + kept(1, 2, 3, bytes(23)),
        "negative": f32 + kept(1, -2, -3, bytes(24)),
        "wraps": f32 + kept(1, 2**61, 2, b""),
        "no_width": f32 + kept(1, 2**62, 0, b""),
        "scaled_wraps": int8 + kept(3, 2**62, 0, b""),
        "other_format": f16 + kept(1, 2, 3, bytes(24)),
        "magic": f32 + kept(1, 2, 3, bytes(24), b"TDMVEC02"),
    }


def tokenizer_seeds():
    """One for each model and every part that is not in the older seeds; those are left alone."""
    def whole(model, **parts):
        tree = {"version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": None, "post_processor": None,
                "decoder": None, "model": model, **parts}
        return json.dumps(tree, ensure_ascii=False).encode("utf-8")

    def sequence(key, *steps):
        return {"type": "Sequence", key: list(steps)}

    # A trie of one rule, "a" to "bc": the root's offset is 2, its child "a" has a leaf.
    units = [0] * 512
    units[0] = 2 << 10
    units[2 ^ 97] = (4 << 10) | (1 << 8) | 97
    units[2 ^ 97 ^ 4] = 1 << 31
    charsmap = struct.pack("<I512I", 2048, *units) + b"bc\0"
    pieces = [["<unk>", 0.0], ["\u2581", -2.0], ["b", -3.0], ["c", -3.0], ["bc", -4.5], ["<0x61>", -9.0], ["he", -4.0], ["l", -3.5]]
    bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    words = {"[UNK]": 0, "[CLS]": 1, "hello": 2, "##s": 3, "wor": 4, "##ld": 5, "'": 6, "\u00e9": 7, "1": 8}
    return {
        "word_piece": whole({"type": "WordPiece", "vocab": words, "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                             "max_input_chars_per_word": 100}, normalizer=bert, pre_tokenizer={"type": "BertPreTokenizer"},
                            post_processor={"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[CLS]", 1]},
                            decoder={"type": "WordPiece", "prefix": "##", "cleanup": True}),
        "unigram": whole({"type": "Unigram", "vocab": pieces, "unk_id": 0, "byte_fallback": True},
                         normalizer=sequence("normalizers", {"type": "Nmt"}, {
                             "type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode()},
                             {"type": "Strip", "strip_left": True, "strip_right": False}, {"type": "StripAccents"}),
                         pre_tokenizer={"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True},
                         decoder=sequence("decoders", {"type": "ByteFallback"}, {
                             "type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True})),
        "word_level": whole({"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
                            pre_tokenizer=sequence("pretokenizers", {"type": "UnicodeScripts"}, {"type": "Whitespace"}, {
                                "type": "Punctuation", "behavior": "MergedWithNext"}, {"type": "FixedLength", "length": 3}, {
                                "type": "CharDelimiterSplit", "delimiter": "l"}),
                            decoder={"type": "CTC", "pad_token": "1", "word_delimiter_token": "'", "cleanup": True}),
        "word_ends": whole({"type": "BPE", "vocab": {"h": 0, "##e": 1, "##e</w>": 2, "he</w>": 3, "<unk>": 4},
                            "merges": [["h", "##e</w>"]], "unk_token": "<unk>", "fuse_unk": True,
                            "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>"},
                           pre_tokenizer={"type": "Split", "pattern": {"Regex": "[\\w&&[^\\d]]+|\\b[[:punct:]]"}, "behavior": "Removed",
                                          "invert": True}, decoder={"type": "BPEDecoder", "suffix": "</w>"}),
    }


def main():
    write("fuzz_frames", frame_seeds())
    write("fuzz_start", start_seeds())
    write("fuzz_text_pairs", text_pair_seeds())
    write("fuzz_checkpoint", checkpoint_seeds())
    write("fuzz_pairing_folder", pairing_seeds())
    write("fuzz_vectors", vector_seeds())
    write("fuzz_safetensors", safetensors_seeds())
    write("fuzz_weight_index", index_seeds())
    write("fuzz_gguf", gguf_seeds())
    write("fuzz_blocks", block_seeds())
    write("fuzz_config", config_seeds() | family_seeds())
    write("fuzz_gguf_config", gguf_config_seeds())
    write("fuzz_adapter_config", adapter_seeds())
    write("fuzz_picture", picture_seeds())
    write("fuzz_preprocessor", preprocessor_seeds())
    write("fuzz_experiment", experiment_seeds())
    write("fuzz_tokenizer_json", tokenizer_seeds())
    write("fuzz_sentencepiece", sentencepiece_seeds())


if __name__ == "__main__":
    main()
