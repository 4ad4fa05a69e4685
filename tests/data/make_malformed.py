#!/usr/bin/env python3
"""Builds malformed model files, one by one: a list of (name, arguments of tandem, expected, files), where `expected` is
the set of allowed error codes, or {"accepted"}, or {"accepted", "W_..."} for a warning.

Numbers in names are those of our list of bad inputs; names in capitals after "gguf-" are the kinds of handcrafted files
of llama.cpp's tests/test-gguf.cpp, rebuilt from their description. Usage: make_malformed.py FOLDER writes them all.
"""
import io
import json
import pathlib
import random
import struct
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fuzz"))
from make_corpus import (ARR, BOOL, F32, I8, I32, STR, U32, U64, U8, array, entry, gguf, llama, safetensors, tensor, text)  # noqa: E402

MAX = 2**64 - 1
F32_TYPE, F16_TYPE, Q4_0_TYPE, I8_TYPE, I64_TYPE = 0, 1, 2, 24, 27
CONFIG = {"model_type": "llama", "num_hidden_layers": 1, "hidden_size": 8, "num_attention_heads": 2, "num_key_value_heads": 1,
          "intermediate_size": 16, "vocab_size": 10, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
          "tie_word_embeddings": True}
WEIGHTS = {"model.embed_tokens.weight": [10, 8], "model.norm.weight": [8], "model.layers.0.input_layernorm.weight": [8],
           "model.layers.0.post_attention_layernorm.weight": [8], "model.layers.0.self_attn.q_proj.weight": [8, 8],
           "model.layers.0.self_attn.k_proj.weight": [4, 8], "model.layers.0.self_attn.v_proj.weight": [4, 8],
           "model.layers.0.self_attn.o_proj.weight": [8, 8], "model.layers.0.mlp.gate_proj.weight": [16, 8],
           "model.layers.0.mlp.up_proj.weight": [16, 8], "model.layers.0.mlp.down_proj.weight": [8, 16]}
ALPHABET = [chr(b) for b in [*range(33, 127), *range(161, 173), *range(174, 256)]] + [chr(256 + i) for i in range(68)]


def weights(change=None, only=None):
    header, at = {}, 0
    for name, shape in WEIGHTS.items():
        if only is None or name in only:
            size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
            header[name] = tensor("F32", shape, at, at + size)
            at += size
    return safetensors(header, bytes(at) if change is None else change(at))


# --- safetensors ---

def folder(weights_bytes=None, config=None, **more):
    files = {"config.json": json.dumps({**CONFIG, **(config or {})}).encode()}
    if weights_bytes is not None:
        files["model.safetensors"] = weights_bytes
    return {**files, **more}


def ten_million_entries():
    text_of = io.BytesIO()
    text_of.write(struct.pack("<Q", 0) + b"{")
    for start in range(0, 8_000_000, 100_000):
        text_of.write(b"".join(b'"%x":{},' % i for i in range(start, start + 100_000)))
    text_of.write(b'"z":{}}')
    text_of.seek(0)
    text_of.write(struct.pack("<Q", len(text_of.getbuffer()) - 8))
    return text_of.getvalue()


def safetensors_cases():
    def st(number, what, code, data):
        return f"{number:02d}-{what}", ["info"], {code}, folder(data)

    ten = {f"weight_{i}": tensor("F32", [4], 0, 16) for i in range(10)}
    one = tensor("F32", [4], 0, 16)
    yield st(1, "empty", "ST_TOO_SHORT", b"")
    yield st(1, "seven-bytes", "ST_TOO_SHORT", bytes(7))
    yield st(2, "header-of-exabytes", "ST_HEADER_TOO_LARGE", struct.pack("<Q", 0xFFFFFF000000003C) + b"{}" + bytes(60))
    yield st(3, "header-past-the-end", "ST_HEADER_PAST_EOF", struct.pack("<Q", 1000) + b"{" + bytes(91))
    yield st(4, "header-not-utf8", "ST_HEADER_NOT_UTF8", safetensors(b"\xff"))
    yield st(5, "header-not-json", "ST_HEADER_NOT_JSON", safetensors("{"))
    yield st(6, "twice", "ST_DUPLICATE_TENSOR", safetensors('{"w":%s,"w":%s}' % ((json.dumps(one),) * 2), bytes(16)))
    yield st(7, "overlap", "ST_OFFSETS_OVERLAP", safetensors(ten, bytes(16)))
    yield st(8, "hole", "ST_OFFSETS_HOLE", safetensors({"a": one, "b": tensor("F32", [4], 32, 48)}, bytes(48)))
    yield st(9, "polyglot", "ST_TRAILING_DATA", safetensors({"a": one}, bytes(16) + b"extra_bogus_data_for_polyglot_file"))
    yield st(10, "truncated", "ST_DATA_TRUNCATED", safetensors({"a": one}, bytes(14)))
    yield st(11, "two-to-the-65", "ST_SIZE_OVERFLOW", safetensors({"a": tensor("F32", [2, 18446744073709551614], 0, 16)}, bytes(16)))
    yield st(12, "wraps-to-four", "ST_SIZE_OVERFLOW", safetensors({"a": tensor("F32", [4194305, 4194305, 211106198978564], 0, 16)}, bytes(16)))
    yield st(13, "shape-mismatch", "ST_SHAPE_MISMATCH", safetensors({"a": tensor("I32", [2, 2], 0, 4)}, bytes(4)))
    for what, offsets in {"backwards": "[16,0]", "negative": "[-16,0]", "huge": "[0,1e300]", "text": '["0",16]', "one": "[0]", "nested": "[[0],16]"}.items():
        yield st(14, f"offsets-{what}", "ST_BAD_OFFSETS", safetensors('{"a":{"dtype":"F32","shape":[4],"data_offsets":%s}}' % offsets, bytes(16)))
    yield st(15, "unknown-dtype", "ST_UNKNOWN_DTYPE", safetensors({"a": tensor("F12", [4], 0, 16)}, bytes(16)))
    yield st(15, "half-bytes", "ST_MISALIGNED", safetensors({"a": tensor("F4", [3], 0, 2)}, bytes(2)))
    yield st(16, "nested-metadata", "ST_METADATA_NOT_STRING", safetensors({"__metadata__": {"a": {"b": "c"}}, "a": one}, bytes(16)))
    million = b",".join(b'"t%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}' % i for i in range(1_000_000))
    yield st(17, "a-million-tensors", "ST_TOO_MANY_TENSORS", safetensors(b"{" + million + b"}"))
    # Ten million of the shortest entries there are: none is a tensor.
    yield "17-ten-million-entries", ["info"], {"ST_TOO_MANY_TENSORS", "ST_BAD_ENTRY", "ST_HEADER_TOO_LARGE"}, folder(
        ten_million_entries())
    yield "17-deep", ["info"], {"JSON_TOO_DEEP"}, folder(safetensors('{"w":' + "[" * 100_000))

    def index(what, code, mapping, **files):
        return f"18-{what}", ["info"], {code}, folder(**{"model.safetensors.index.json": json.dumps({"weight_map": mapping}).encode()}, **files)

    half = list(WEIGHTS)[:5]
    everything = {name: "model-1.safetensors" for name in WEIGHTS}
    yield index("shard-missing", "IDX_SHARD_MISSING", {**everything, half[0]: "model-2.safetensors"}, **{"model-1.safetensors": weights()})
    yield index("in-two-shards", "IDX_DUPLICATE", {**everything, half[0]: "model-2.safetensors"},
                **{"model-1.safetensors": weights(), "model-2.safetensors": weights(only=half)})
    yield "18-listed-twice", ["info"], {"IDX_DUPLICATE"}, folder(
        **{"model.safetensors.index.json": b'{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}'})
    for name in ("../../x", "/etc/passwd", "a/../../x", "..", "a\0b", "sub/../../../x.safetensors"):
        yield index(f"escapes-{name.encode().hex()}", "PATH_ESCAPES", {**everything, half[0]: name}, **{"model-1.safetensors": weights()})
    nan = struct.pack("<f", float("nan"))
    yield "19-all-nan", ["info"], {"accepted"}, folder(weights(lambda size: nan * (size // 4)))
    yield "19-all-nan-logits", ["logits"], {"accepted", "W_NONFINITE"}, folder(weights(lambda size: nan * (size // 4)))
    yield "good-folder", ["info"], {"accepted"}, folder(weights())


# --- GGUF ---

def gguf_file(number, what, codes, data, command="info"):
    codes = {codes} if isinstance(codes, str) else codes
    return f"{number if isinstance(number, str) else f'{number:02d}'}-{what}", [command], codes, {"model.gguf": data}


TOKENS = [array("tokenizer.ggml.tokens", STR, ["a", "b"]), array("tokenizer.ggml.scores", F32, [0.0, 1.0])]
EMBEDDING = [("token_embd.weight", [64, 2], 0, 0)]
# The reader takes the file; what there is to say of it then is that the model's other tensors are not there.
READ = "MODEL_TENSOR_MISSING"


def good(entries=(), tensors=EMBEDDING, data=bytes(512), **how):
    return gguf(llama() + TOKENS + list(entries), tensors, data, **how)


def gguf_cases():
    yield gguf_file("good", "gguf", READ, good())
    yield gguf_file(20, "magic", "GGUF_BAD_MAGIC", good(magic=b"FUGG"))
    for what, data in {"lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "html": b"<!DOCTYPE html><html></html>",
                       "zip": b"PK\x03\x04" + bytes(60), "gzip": b"\x1f\x8b\x08" + bytes(60)}.items():
        yield gguf_file(20, what, "NOT_A_MODEL", data)
    yield gguf_file(20, "pickle", {"NOT_A_MODEL", "PICKLE_REFUSED"}, b"\x80\x04\x95" + bytes(60))
    for version in (0, 1, 4):
        yield gguf_file(21, f"version-{version}", "GGUF_VERSION", good(version=version))
    yield gguf_file(21, "big-endian", "GGUF_BIG_ENDIAN", good(version=0x03000000))
    yield gguf_file(22, "tensors", "GGUF_COUNT", b"GGUF" + struct.pack("<IQQ", 3, MAX, 0) + bytes(64))
    yield gguf_file(22, "entries", "GGUF_COUNT", b"GGUF" + struct.pack("<IQQ", 3, 0, MAX) + bytes(64))
    yield gguf_file(23, "key-of-exabytes", "GGUF_STRING_PAST_EOF", b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, MAX))
    yield gguf_file(23, "key-longer-than-the-rest", "GGUF_STRING_PAST_EOF", b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 100) + bytes(99))
    yield gguf_file(24, "empty-key", "GGUF_KV_EMPTY", good([entry("", U32, 1)]))
    yield gguf_file(24, "duplicate-key", "GGUF_KV_DUPLICATE", good([entry("k", U32, 1), entry("k", U32, 2)]))
    yield gguf_file(24, "type-13", "GGUF_KV_TYPE", good([text("k") + struct.pack("<I", 13) + bytes(8)]))
    yield gguf_file(24, "list-of-lists", "GGUF_KV_NESTED", good([text("k") + struct.pack("<IIQ", ARR, ARR, 1) + struct.pack("<IQ", U8, 0)]))
    for alignment in (0, 13, 2**31):
        yield gguf_file(25, f"alignment-{alignment}", "GGUF_ALIGNMENT", good([entry("general.alignment", U32, alignment)]))
    yield gguf_file(25, "alignment-int32", "GGUF_ALIGNMENT", good([entry("general.alignment", I32, 32)]))
    yield gguf_file(26, "name-of-64", "GGUF_TENSOR_NAME", good(tensors=[("n" * 64, [4], 0, 0)]))
    yield gguf_file(26, "name-twice", "GGUF_TENSOR_DUPLICATE", good(tensors=[("a", [8], 0, 0), ("a", [8], 0, 32)]))
    yield gguf_file(26, "five-dimensions", "GGUF_TENSOR_DIMS", good(tensors=[("a", [1] * 5, 0, 0)]))
    yield gguf_file(27, "negative", "GGUF_SIZE_OVERFLOW", good(tensors=[("a", [MAX], 0, 0)]))
    yield gguf_file(27, "product", "GGUF_SIZE_OVERFLOW", good(tensors=[("a", [2**32, 2**32], 0, 0)]))
    yield gguf_file(27, "pad-wraps", "GGUF_SIZE_OVERFLOW", good(tensors=[("a", [MAX // 4], 0, 0)]))
    half = 0x7FFFFFFFFFFFFFC0
    yield gguf_file(27, "two-halves", "GGUF_SIZE_OVERFLOW", good(tensors=[("a", [half], I8_TYPE, 0), ("b", [half], I8_TYPE, half)]))
    yield gguf_file(28, "part-of-a-block", "GGUF_TYPE", good(tensors=[("a", [33], Q4_0_TYPE, 0)]))
    for kind in (4, 5, 31, 32, 33, 36, 37, 38, 1000, 2**32 - 1):
        yield gguf_file(28, f"type-{kind}", "GGUF_TYPE", good(tensors=[("a", [256], kind, 0)]))
    yield gguf_file(29, "offset", "GGUF_OFFSET", good(tensors=[("a", [8], 0, 0), ("b", [8], 0, 64)]))
    yield gguf_file(30, "past-the-end", "GGUF_DATA_PAST_EOF", good(data=bytes(511)))
    yield gguf_file(30, "no-data", "GGUF_DATA_PAST_EOF", good(data=b""))
    for command in ("info", "tokenize"):
        yield gguf_file(31, f"scores-int8-{command}", "GGUF_KV_TYPE", gguf(llama() + TOKENS[:1] + [
            text("tokenizer.ggml.scores") + struct.pack("<IIQbb", ARR, I8, 2, 0, 0), entry("tokenizer.ggml.model", STR, "llama")], EMBEDDING, bytes(512)), command)
        yield gguf_file(31, f"scores-too-few-{command}", "GGUF_KV_TYPE", gguf(llama() + TOKENS[:1] + [
            array("tokenizer.ggml.scores", F32, [0.0]), entry("tokenizer.ggml.model", STR, "llama")], EMBEDDING, bytes(512)), command)
    for what, source, code in TEMPLATES:
        words = [array("tokenizer.ggml.tokens", STR, ["<unk>", "a", "b"]), array("tokenizer.ggml.scores", F32, [0.0, -1.0, -2.0]),
                 array("tokenizer.ggml.token_type", I32, [2, 1, 1]), entry("tokenizer.ggml.model", STR, "llama"),
                 entry("tokenizer.ggml.add_bos_token", BOOL, 0), entry("tokenizer.chat_template", STR, source)]
        yield gguf_file(32, f"template-{what}-gguf", code, gguf(words), "render")
        yield f"32-template-{what}-folder", ["render"], {code} if what != "10-mb" else {code, "TOK_CONFIG"}, tokenizer_folder(**{"chat_template.jinja": source.encode()})
    yield gguf_file(33, "zero-elements", READ, good(tensors=EMBEDDING + [("empty", [64, 0], 0, 512)]))
    yield gguf_file(33, "zero-first", READ, good(tensors=EMBEDDING + [("empty", [0, 2], 0, 512)]))


TEMPLATES = [
    ("class", "{{ messages.__class__.__mro__ }}", "TEMPLATE_REFUSED"),
    ("class-by-name", "{{ ''['__cla' ~ 'ss__'] }}", "TEMPLATE_REFUSED"),
    ("attr", "{{ messages|attr('__class__') }}", "TEMPLATE_REFUSED"),
    ("format", "{{ '{0.__class__}'.format(messages) }}", "TEMPLATE_REFUSED"),
    ("globals", "{{ cycler.__init__.__globals__.os.popen('id').read() }}", "TEMPLATE_REFUSED"),
    ("10-mb", "x" * (10 << 20), "TEMPLATE_REFUSED"),
    ("endless", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "TEMPLATE_STEP_LIMIT"),
    ("recursion", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "TEMPLATE_STEP_LIMIT"),
    ("doubling", "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "TEMPLATE_STEP_LIMIT"),
    ("raises", "{{ raise_exception('not with me') }}", "TEMPLATE_RAISED"),
    ("deep", "{{ " + "(" * 100000 + " }}", "TEMPLATE_REFUSED"),
    ("include", "{% include '/etc/passwd' %}", "TEMPLATE_REFUSED"),
    ("good", "{{ messages[0].content }}", "accepted"),
]


# The kinds of llama.cpp's handcrafted files. Where ours judges otherwise the reason stands there.
def handcrafted_cases(seed=1):
    source = random.Random(seed)
    sizes = {U8: 1, I8: 1, 2: 2, 3: 2, U32: 4, I32: 4, F32: 4, BOOL: 1, U64: 8, 11: 8, 12: 8}

    def random_entries(key=lambda i: f"my_key_{i}"):
        made = []
        for i in range(60):
            kind = source.randrange(13)
            body = struct.pack("<I", kind)
            if kind == STR:
                body += text(source.randbytes(source.randrange(64)))
            elif kind == ARR:
                inner = source.choice([k for k in range(13) if k != ARR])
                count = source.randrange(16)
                body += struct.pack("<IQ", inner, count)
                body += b"".join(text(source.randbytes(source.randrange(5))) for _ in range(count)) if inner == STR else source.randbytes(count * sizes[inner])
            else:
                body += source.randbytes(sizes[kind])
            made.append(text(key(i)) + body)
        return made

    blocks = {0: (1, 4), 1: (1, 2), 2: (32, 18), 8: (32, 34), 12: (256, 144), 14: (256, 210), 30: (1, 2)}  # type: (numbers, bytes) of a block

    def tensors(alignment=32, name=lambda i: f"my_tensor_{i}", kind=lambda i: None):
        made, offset = [], 0
        for i in range(20):
            chosen = kind(i)
            block, size = blocks[chosen := source.choice(list(blocks))] if chosen is None else (1, 8)
            dims = [block * source.randint(1, 9)] + [source.randint(1, 9) for _ in range(source.randrange(4))]
            made.append((name(i), dims, chosen, offset))
            count = 1
            for dim in dims:
                count *= dim
            offset += -(-count // block * size // alignment) * alignment
        return made, offset

    def case(kind, codes, entries=(), infos=(), data=b"", **how):
        codes = {codes} if isinstance(codes, str) else codes
        # The file has what a model's metadata need besides, so that a reader that takes it is seen from outside.
        return gguf_file("gguf", kind, codes, gguf(llama() + TOKENS + list(entries), list(infos), data, **how))

    align = lambda value, kind=U32: [entry("general.alignment", kind, value)]  # noqa: E731
    yield case("HEADER_BAD_MAGIC", "GGUF_BAD_MAGIC", magic=b"FUGG")
    yield case("HEADER_BAD_VERSION_0", "GGUF_VERSION", version=0)
    yield case("HEADER_BAD_VERSION_1", "GGUF_VERSION", version=1)
    yield case("HEADER_BAD_VERSION_FUTURE", "GGUF_VERSION", version=4)
    yield gguf_file("gguf", "HEADER_BAD_N_TENSORS", "GGUF_COUNT", b"GGUF" + struct.pack("<IQQ", 3, MAX, 0) + bytes(8))
    yield gguf_file("gguf", "HEADER_BAD_N_KV", "GGUF_COUNT", b"GGUF" + struct.pack("<IQQ", 3, 0, MAX) + bytes(8))
    # The reader takes it; what there is to say about a model without an architecture is that it has none.
    yield gguf_file("gguf", "HEADER_EMPTY", "GGUF_KV_MISSING", b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(8))
    yield gguf_file("gguf", "KV_BAD_KEY_SIZE", "GGUF_STRING_PAST_EOF", b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", MAX) + bytes(64))
    yield case("KV_EMPTY_KEY", "GGUF_KV_EMPTY", random_entries(lambda i: ""))
    yield case("KV_BAD_TYPE", "GGUF_KV_TYPE", [text("my_key_0") + struct.pack("<I", 13) + b"x"])
    yield case("KV_DUPLICATE_KEY", "GGUF_KV_DUPLICATE", random_entries(lambda i: f"my_key_{i // 2}"))
    yield case("KV_BAD_ALIGN", "GGUF_ALIGNMENT", random_entries() + align(13))
    yield case("KV_WRONG_TYPE_ALIGN", "GGUF_ALIGNMENT", random_entries() + align(13, I32))
    yield case("KV_RANDOM_KV", "accepted", random_entries())
    infos, size = tensors()
    long = "_with_a_very_long_name_which_is_longer_than_what_is_allowed_for_ggml_tensors"
    yield case("TENSORS_BAD_NAME_SIZE", "GGUF_TENSOR_NAME", random_entries(), [(n + long, d, k, o) for n, d, k, o in infos])
    yield case("TENSORS_BAD_N_DIMS", "GGUF_TENSOR_DIMS", random_entries(), [(n, [1] * 5, k, o) for n, d, k, o in infos])
    yield case("TENSORS_BAD_SHAPE", {"GGUF_SIZE_OVERFLOW", "GGUF_TENSOR_DIMS", "GGUF_TYPE"}, random_entries(), [(n, [MAX] * len(d), k, o) for n, d, k, o in infos])
    yield case("TENSORS_ZERO_DIM", READ, random_entries(), [(n, [d[0], 0], k, 0) for n, d, k, o in infos])
    yield case("TENSORS_NE_TOO_BIG", "GGUF_SIZE_OVERFLOW", random_entries(), [(n, [4 * (2**31 - 1)] * 2, 0, 0) for n, d, k, o in infos])
    yield case("TENSORS_NBYTES_TOO_BIG", "GGUF_SIZE_OVERFLOW", random_entries(), [(n, [1533916890] * 2, I64_TYPE, 0) for n, d, k, o in infos])
    yield case("TENSORS_NBYTES_PAD_WRAP", "GGUF_SIZE_OVERFLOW", random_entries(), [("my_tensor_0", [4, 1073741823, 1073741825], 0, 0)])
    yield case("TENSORS_BAD_TYPE", "GGUF_TYPE", random_entries(), [(n, d, 41, o) for n, d, k, o in infos])
    yield case("TENSORS_BAD_OFFSET", "GGUF_OFFSET", random_entries(), [(n, d, k, MAX) for n, d, k, o in infos], bytes(size))
    yield case("TENSORS_DUPLICATE_NAME", "GGUF_TENSOR_DUPLICATE", random_entries(), [("my_tensor", d, k, o) for n, d, k, o in infos], bytes(size))
    yield case("TENSORS_BAD_ALIGN", "GGUF_ALIGNMENT", random_entries() + align(13), infos)
    tight, tight_size = tensors(1)
    yield case("TENSORS_INCONSISTENT_ALIGN", {"GGUF_OFFSET", "GGUF_DATA_PAST_EOF"}, random_entries(), tight)
    # llama.cpp reads the names and shapes of files without their data; ours says that the data is missing (30).
    yield case("TENSORS_SUCCESS", "GGUF_DATA_PAST_EOF", random_entries(), infos)
    yield case("TENSORS_CUSTOM_ALIGN", "GGUF_DATA_PAST_EOF", random_entries() + align(1), tight, alignment=1)
    yield case("DATA_NOT_ENOUGH_DATA", "GGUF_DATA_PAST_EOF", random_entries(), infos, bytes(size - 33))
    yield case("DATA_BAD_ALIGN", "GGUF_ALIGNMENT", random_entries() + align(13), infos, bytes(size))
    yield case("DATA_INCONSISTENT_ALIGN", {"GGUF_OFFSET", "GGUF_DATA_PAST_EOF"}, random_entries(), tight, bytes(tight_size))
    yield case("DATA_MEM_SIZE_OVERFLOW", "GGUF_SIZE_OVERFLOW", random_entries(), [("my_tensor_0", [0x7FFFFFFFFFFFFFC0], I8_TYPE, 0),
                                                                               ("my_tensor_1", [0x7FFFFFFFFFFFFFC0], I8_TYPE, 0x7FFFFFFFFFFFFFC0)], bytes(32))
    yield case("DATA_SUCCESS", READ, random_entries(), infos, bytes(i % 256 for i in range(size)))
    yield case("DATA_CUSTOM_ALIGN", READ, random_entries() + align(1), tight, bytes(tight_size), alignment=1)


# --- pickle, archives ---

def zip_of(members, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return stream.getvalue()


def pickle_cases():
    protocol_2 = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01u."
    torch = zip_of([("archive/data.pkl", protocol_2, 0), ("archive/version", b"3\n", 0)])
    refused = {"PICKLE_REFUSED"}
    for name, data in {"pytorch_model.bin": torch, "model.pt": torch, "model.ckpt": protocol_2, "model.pt2": torch, "model.mar": torch,
                       "consolidated.pth": protocol_2}.items():
        yield f"34-{name}", ["info"], refused, folder(**{name: data})
        yield f"34-{name}-itself", ["info", name], refused | {"NOT_A_MODEL", "LIB_NO_MODEL", "LIB_NOT_A_MODEL"}, {name: data}
    for what, data in {"protocol-2": protocol_2, "protocol-4": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00" + bytes(16), "protocol-0": b"cos\nsystem\n(S'id'\ntR.",
                       "torch-zip": torch}.items():
        yield f"34-safetensors-{what}", ["info"], refused, folder(data)
        yield f"34-gguf-{what}", ["info"], refused | {"NOT_A_MODEL"}, {"model.gguf": data}
        yield f"34-tokenizer-{what}", ["tokenize"], refused | {"NOT_A_MODEL"}, {"tokenizer.json": data}
    archives = {"climbs": zip_of([("../../x", b"a", 0)]), "absolute": zip_of([("/etc/cron.d/x", b"a", 0)]),
                "link": zip_of([("x", b"/etc/passwd", 0o120777)]),
                "bomb": zip_of([("x", bytes(20 << 20), 0)], zipfile.ZIP_DEFLATED)}
    for what, data in archives.items():
        allowed = {"ARCHIVE_PATH", "ARCHIVE_LINK", "ARCHIVE_RATIO", "ARCHIVE_MEMBER", "NOT_A_MODEL", "PICKLE_REFUSED"}
        yield f"35-{what}-gguf", ["info"], allowed, {"model.gguf": data}
        yield f"35-{what}-safetensors", ["info"], allowed, folder(data)


# --- tokenizers ---

def bpe(vocab=None, merges=(), **changes):
    vocab = vocab if vocab is not None else {c: i for i, c in enumerate(ALPHABET)}
    tree = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            "post_processor": None, "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": False, "byte_fallback": False, "vocab": vocab, "merges": list(merges)}}
    for key, value in changes.items():
        if key == "model":
            tree["model"].update(value)
        else:
            tree[key] = value
    return tree


def tokenizer_folder(tree=None, **more):
    return {"tokenizer.json": json.dumps(tree if tree is not None else bpe()).encode(), **more}


def tokenizer_cases():
    def case(number, what, codes, tree, **more):
        codes = {codes} if isinstance(codes, str) else codes
        return f"{number}-{what}", ["tokenize"], codes, tokenizer_folder(tree, **more)

    plain = {c: i for i, c in enumerate(ALPHABET)}
    split = lambda pattern: {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}  # noqa: E731
    added = lambda content, number: {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}  # noqa: E731
    yield case("good", "tokenizer", "accepted", bpe())
    yield case(36, "merge-of-nothing-known", "TOK_MERGE_UNKNOWN", bpe(merges=["a b"]))
    yield case(36, "merge-longer-than-longest", "TOK_MERGE_UNKNOWN", bpe({**plain, "ab": 256}, ["a b", "ab ab"]))
    yield case(36, "merge-part-unknown", {"TOK_MERGE_UNKNOWN", "TOK_CONFIG"}, bpe({**plain, "ab": 256}, ["a bb"]))
    yield case(36, "merge-without-space", "TOK_CONFIG", bpe(merges=["ab"]))
    yield case(37, "id-2-31", {"TOK_ID_RANGE", "TOK_CONFIG"}, bpe({**plain, "x1": 2**31}))
    yield case(37, "id-2-63", {"TOK_ID_RANGE", "TOK_CONFIG"}, bpe({**plain, "x1": 2**63}))
    yield case(37, "id-negative", {"TOK_ID_RANGE", "TOK_CONFIG"}, bpe({**plain, "x1": -1}))
    yield case(37, "id-fraction", {"TOK_ID_RANGE", "TOK_CONFIG"}, bpe({**plain, "x1": 256.5}))
    yield case(37, "id-twice", "TOK_ID_RANGE", bpe({**plain, "x1": 5}))
    yield case(37, "id-beyond-config", "TOK_ID_RANGE", bpe({**plain, "x1": 256}), **{"config.json": json.dumps({**CONFIG, "vocab_size": 100}).encode()})
    yield case(37, "added-id-2-31", {"TOK_ID_RANGE", "TOK_CONFIG"}, bpe(added_tokens=[added("<s>", 2**31)]))
    yield case(37, "added-id-taken", {"TOK_ID_RANGE", "TOK_CONFIG"}, bpe(added_tokens=[added("<s>", 5)]))
    # Linear matching or a limit: the pattern must not hang, whether it is taken or not.
    yield case(38, "regex-doubling", {"TOK_CONFIG", "accepted"}, bpe(pre_tokenizer={"type": "Sequence", "pretokenizers": [split("(a+)+$"), {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}))
    yield case(38, "regex-broken", "TOK_CONFIG", bpe(pre_tokenizer=split("(a")))
    yield case(38, "regex-huge", "TOK_CONFIG", bpe(pre_tokenizer=split("(((a{1000}){1000}){1000}){1000}")))
    yield case(38, "regex-deep", "TOK_CONFIG", bpe(pre_tokenizer=split("(" * 20000 + "a" + ")" * 20000)))
    yield case(38, "pre-tokenizer-unknown", "TOK_CONFIG", bpe(pre_tokenizer={"type": "Strange"}))
    yield case(38, "fixed-length-0", "TOK_CONFIG", bpe(pre_tokenizer={"type": "FixedLength", "length": 0}))
    yield case(38, "stride", "TOK_CONFIG", bpe(truncation={"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 4}))
    yield case(38, "template-absent-token", "TOK_CONFIG", bpe(post_processor={
        "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {}}))
    yield case(38, "strip-underflow", {"TOK_CONFIG", "accepted"}, bpe(decoder={"type": "Strip", "content": "a", "start": 2**40, "stop": 2**40}))
    yield case(38, "charsmap", {"TOK_CONFIG"}, bpe(normalizer={"type": "Precompiled", "precompiled_charsmap": "AAAAAAAA////"}))
    yield case(39, "bytes-missing", "TOK_BYTES_MISSING", bpe({c: i for i, c in enumerate(ALPHABET[:239])}))
    yield "39-bytes-missing-gguf", ["tokenize"], {"TOK_BYTES_MISSING"}, {"model.gguf": gguf([
        entry("tokenizer.ggml.model", STR, "gpt2"), entry("tokenizer.ggml.pre", STR, "gpt-2"), array("tokenizer.ggml.tokens", STR, ALPHABET[17:]),
        array("tokenizer.ggml.merges", STR, [])])}
    yield "38-json-deep", ["tokenize"], {"JSON_TOO_DEEP"}, {"tokenizer.json": b'{"a":' + b"[" * 100_000}
    yield "38-json-twice", ["tokenize"], {"JSON_DUPLICATE_KEY"}, {"tokenizer.json": b'{"model":{},"model":{}}'}


# --- config.json ---

def config_cases():
    def case(what, codes, **changes):
        codes = {codes} if isinstance(codes, str) else codes
        return f"40-{what}", ["info"], codes, folder(weights(), changes)

    yield case("hidden-0", "CFG_RANGE", hidden_size=0)
    yield case("hidden-negative", "CFG_RANGE", hidden_size=-1)
    yield case("hidden-1e18", {"CFG_RANGE", "CFG_TYPE"}, hidden_size=10**18)
    yield case("hidden-2-64", {"CFG_RANGE", "CFG_TYPE"}, hidden_size=2**64)
    yield case("hidden-fraction", "CFG_TYPE", hidden_size=4096.5)
    yield case("hidden-text", "CFG_TYPE", hidden_size="4096")
    yield case("heads", "CFG_HEADS", num_attention_heads=3)
    yield case("kv-heads", "CFG_HEADS", num_key_value_heads=4)
    yield case("layers-1e18", {"CFG_RANGE"}, num_hidden_layers=10**18)
    yield case("vocab-1e12", {"CFG_RANGE", "CFG_SHAPE"}, vocab_size=10**12)
    yield case("auto-map", {"accepted", "W_AUTO_MAP"}, auto_map={"AutoModel": "evil.Model"})
    yield "40-deep", ["info"], {"JSON_TOO_DEEP", "CFG_NOT_JSON"}, {"config.json": b'{"a":' + b"[" * 100_000, "model.safetensors": weights()}


def cases():
    yield from safetensors_cases()
    yield from gguf_cases()
    yield from handcrafted_cases()
    yield from pickle_cases()
    yield from tokenizer_cases()
    yield from config_cases()


def write(folder_path, files):
    for name, content in files.items():
        path = folder_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    for number, (case_name, _, _, case_files) in enumerate(cases()):
        write(pathlib.Path(sys.argv[1]) / case_name, case_files)
    print(number + 1, "cases")
