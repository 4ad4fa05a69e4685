"""Compares what Tandem's readers accept with the reference readers, on mutants of the seeds.

A mutant changes a few bytes, numbers, keys or the length of a seed. Where both readers agree there is nothing to say.
Where Tandem refuses what the reference accepts, the code must be one of those in which Tandem is stricter on purpose;
where Tandem accepts what the reference refuses, that is a fault, unless the reference's refusal is listed with its
reason. Exit code 1 if anything is not explained.

Usage: compare_readers.py safetensors|gguf VERDICTS_PROGRAM [COUNT] [SEED]
Needs:  pip install safetensors numpy gguf     (any Python from 3.9)
"""

import collections
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tempfile

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"

# Codes with which Tandem refuses more than the reference, and why.
STRICTER = {
    "safetensors": {
        "ST_DUPLICATE_TENSOR": "the specification disallows duplicate keys; the reference keeps the last",
        "ST_DUPLICATE_KEY": "as above",
        "ST_HEADER_NOT_JSON": "the specification wants { first; the reference skips blanks",
        "ST_UNSUPPORTED_DTYPE": "known to the format and not computed with",
        "ST_BAD_ENTRY": "an entry with keys beyond the three is refused",
        "ST_SIZE_OVERFLOW": "sizes beyond 63 bits are refused also where a zero dimension makes the product zero",
        "ST_TOO_MANY_TENSORS": "131,072 at most",
        "ST_METADATA_TOO_LARGE": "bounded",
        "ST_BAD_SHAPE": "64 dimensions at most",
        "JSON_TOO_DEEP": "64 levels at most",
        "NOT_A_MODEL": "looks like another kind of file",
        "PICKLE_REFUSED": "looks like a pickle",
    },
    # gguf-py reads what it can and checks little: bounds by numpy's views, duplicates, types by enumeration.
    "gguf": {code: "not checked by gguf-py" for code in (
        "GGUF_KV_NAME", "GGUF_KV_EMPTY", "GGUF_KV_BOOL", "GGUF_KV_RANGE", "GGUF_KV_LIMIT", "GGUF_KV_TYPE", "GGUF_KV_NESTED",
        "GGUF_ALIGNMENT", "GGUF_TENSOR_NAME", "GGUF_TENSOR_DIMS", "GGUF_TYPE", "GGUF_OFFSET", "GGUF_SIZE_OVERFLOW",
        "GGUF_STRING_TOO_LONG", "GGUF_COUNT", "GGUF_DATA_PAST_EOF", "GGUF_STRING_PAST_EOF", "GGUF_KV_PAST_EOF",
        "GGUF_TRUNCATED", "GGUF_BIG_ENDIAN")},
}


def read_safetensors(path, data):
    import safetensors
    try:
        safetensors.deserialize(data)
        return "accepted"
    except safetensors.SafetensorError as error:
        return str(error)[:120]


class Hangs(Exception):
    pass


def give_up(*_):
    raise Hangs("no answer within a second")


def read_gguf(path, data):
    import gguf
    path.write_bytes(data)
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        gguf.GGUFReader(path)
        return "accepted"
    except Hangs:
        return "hangs"
    except BaseException as error:  # it raises whatever numpy and struct raise
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__}: {error}"[:120]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def mutate_bytes(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        kind = rng.randrange(6)
        at = rng.randrange(len(data) + 1) if data else 0
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif kind == 1 and data:
            data[at % len(data)] = rng.choice((0, 1, 0x20, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif kind == 2:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
        elif kind == 3:
            del data[at:at + rng.randrange(1, 9)]
        elif kind == 4 and len(data) >= 8:
            at = rng.randrange(len(data) - 7)
            data[at:at + 8] = struct.pack("<Q", rng.choice((0, 1, 2**31, 2**32, 2**63, 2**64 - 1, rng.randrange(4096))))
        else:
            del data[at:]
    return bytes(data)


def mutate_header(data, rng):
    """A safetensors header changed as text, with its length set right again."""
    (length,) = struct.unpack("<Q", data[:8])
    header, rest = bytearray(data[8:8 + length]), data[8 + length:]
    if len(header) != length or not header:
        return mutate_bytes(data, rng)
    pieces = (b"0", b"1", b"16", b"-1", b"1.0", b"1e3", b"[]", b"{}", b'"F32"', b'"BF16"', b'"x"', b",", b":", b" ", b"null",
              b"[0,16]", b"18446744073709551615", b'"a":', b'"__metadata__":{"k":"v"},', b"\\u0041", b"\n", b"true")
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(header) + 1)
        choice = rng.randrange(4)
        if choice == 0:
            header[at:at + rng.randrange(1, 4)] = rng.choice(pieces)
        elif choice == 1:
            header[at:at] = rng.choice(pieces)
        elif choice == 2:
            digits = [i for i, byte in enumerate(header) if 48 <= byte <= 57]
            if digits:
                header[rng.choice(digits)] = 48 + rng.randrange(10)
        else:
            del header[at:at + rng.randrange(1, 6)]
    rest = rest + bytes(rng.choice((0, 0, 0, 1, 4))) if rng.random() < 0.9 else rest[:-1]
    return struct.pack("<Q", len(header)) + bytes(header) + rest


def almost_good(rng):
    """A safetensors file as a writer makes it, half of the time with one number changed."""
    sizes = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
    header, end = {}, 0
    if rng.random() < 0.3:
        header["__metadata__"] = {"format": "pt"}
    for number in range(rng.randrange(5)):
        dtype = rng.choice(list(sizes))
        shape = [rng.randrange(4) for _ in range(rng.randrange(4))]
        size = sizes[dtype]
        for dimension in shape:
            size *= dimension
        header[f"t{number}"] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    names = [name for name in header if name != "__metadata__"]
    if names and rng.random() < 0.5:
        entry = header[rng.choice(names)]
        if rng.random() < 0.5 and entry["shape"]:
            entry["shape"][rng.randrange(len(entry["shape"]))] += rng.choice((-1, 1, 2**32))
        else:
            entry["data_offsets"][rng.randrange(2)] += rng.choice((-1, 1, 4))
    text = json.dumps(dict(rng.sample(list(header.items()), len(header)))).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(end)


def has_double_key(data):
    """Whether an entry of the header is overwritten by a later one, which the reference then never looks at."""
    (length,) = struct.unpack("<Q", data[:8])
    doubled = []

    def pairs(items):
        doubled.extend([1] if len({key for key, _ in items}) < len(items) else [])
        return dict(items)

    try:
        json.loads(data[8:8 + length], object_pairs_hook=pairs)
    except ValueError:
        return False
    return bool(doubled)


def mutants(kind, count, rng):
    seeds = [file.read_bytes() for file in sorted((CORPUS / f"fuzz_{kind}").iterdir()) if not file.name.startswith("regression_")]
    yield from seeds
    for _ in range(count - len(seeds)):
        data = rng.choice(seeds)
        if kind == "safetensors" and rng.random() < 0.4:
            data = almost_good(rng)
            if rng.random() < 0.5:
                yield data
                continue
        if kind == "safetensors" and len(data) > 8 and rng.random() < 0.7:
            yield mutate_header(data, rng)
        else:
            yield mutate_bytes(data, rng)


def main():
    kind, program = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    read = {"safetensors": read_safetensors, "gguf": read_gguf}[kind]
    files = list(mutants(kind, count, rng))
    stream = b"".join(struct.pack("<Q", len(data)) + data for data in files)
    ours = subprocess.run([program, kind], input=stream, stdout=subprocess.PIPE, check=True).stdout.decode().split()
    assert len(ours) == len(files), f"{len(ours)} verdicts for {len(files)} files"
    both, stricter, faults = collections.Counter(), collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "mutant.gguf"
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 2)
        for data, verdict in zip(files, ours):
            theirs = read(path, data)
            if (verdict == "accepted") == (theirs == "accepted"):
                both["accepted" if verdict == "accepted" else "refused"] += 1
            elif verdict != "accepted" and verdict in STRICTER[kind]:
                stricter[verdict] += 1
            elif verdict != "accepted" and kind == "safetensors" and has_double_key(data):
                stricter["an entry that is overwritten"] += 1
            elif theirs == "hangs":
                stricter["the reference hangs"] += 1
            else:
                faults.append((verdict, theirs, data))
    print(json.dumps({"kind": kind, "mutants": len(files), "both_accept": both["accepted"], "both_refuse": both["refused"],
                      "stricter_on_purpose": dict(stricter.most_common()), "not_explained": len(faults)}, indent=2))
    summary = collections.Counter((verdict, theirs) for verdict, theirs, _ in faults)
    for (verdict, theirs), times in summary.most_common(20):
        example = next(data for a, b, data in faults if (a, b) == (verdict, theirs))
        print(times, "Tandem:", verdict, "| reference:", theirs, "|", example[:200])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
