#!/usr/bin/env python3
"""Writes tests/data/quants/: blocks of every stored type beside what gguf-py makes of them.

Needs numpy and gguf (fixtures in the tree: gguf 0.19.0). For each type NAME there is NAME.blocks (the stored bytes) and
NAME.f32 (the expanded numbers); for Q4_0 and Q8_0 also pack_NAME.f32 (numbers) and pack_NAME.blocks (packed by gguf-py).
Blocks hold random codes and small scales, then every extreme a half can be: zeros of both signs, the smallest and
largest subnormal, the smallest and largest normal number, infinity and a number-less value. The seed is fixed: a second
run writes the same bytes.

Usage: make_quant_fixtures.py [FOLDER]
"""
import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

EXTREMES = np.array(
    [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0x3C00], dtype=np.uint16)

# Where the half-precision scales of a block are, in bytes.
SCALES = {
    Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q8_0: [0],
    Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
    Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.IQ4_NL: [0], Type.IQ4_XS: [0], Type.TQ1_0: [52], Type.TQ2_0: [64],
}
# Drawn after everything else, so that the bytes of the older fixtures stay.
LATER = [Type.Q2_K, Type.Q3_K, Type.IQ4_NL, Type.IQ4_XS, Type.TQ1_0, Type.TQ2_0]


def blocks_of(kind, rng):
    size = gguf.GGML_QUANT_SIZES[kind][1]
    count = len(EXTREMES) + 4
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for number, offset in enumerate(SCALES[kind]):
        scales = rng.normal(0, 0.02, count).astype(np.float16).view(np.uint16)
        # Different extremes meet in scale and minimum.
        scales[4:] = np.roll(EXTREMES, 5 * number)
        blocks[:, offset:offset + 2] = scales.view(np.uint8).reshape(count, 2)
    return blocks.reshape(-1)


def numbers_to_pack(rng):
    rows = [rng.normal(0, scale, 32) for scale in (1, 0.02, 1e-6, 3e4, 1e30, 1e-30)]
    # Not a row of negative zeros: there gguf-py's scale has the other sign than ggml's own, and nobody can tell.
    rows += [np.zeros(32), np.full(32, 0.7), np.linspace(-8, 7, 32), np.linspace(-127, 127, 32)]
    rows += [np.where(np.arange(32) == i, -1.0, 0.5) for i in (0, 15, 16, 31)]
    rows += [np.where(np.arange(32) % 2 == 0, 1.0, -1.0)]  # a tie for the largest
    return np.concatenate(rows).astype(np.float32)


def write_expanded(kind, folder, rng):
    blocks = blocks_of(kind, rng)
    expanded = gguf.quants.dequantize(blocks, kind)
    (folder / f"{kind.name}.blocks").write_bytes(blocks.tobytes())
    (folder / f"{kind.name}.f32").write_bytes(expanded.astype("<f4").tobytes())


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "quants")
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20261124)
    with np.errstate(all="ignore"):
        for kind in SCALES:
            if kind not in LATER:
                write_expanded(kind, folder, rng)
        for kind, halves in ((Type.F16, EXTREMES), (Type.BF16, np.concatenate([EXTREMES, [0x7F80, 0xFF80, 0x7FC0]]))):
            stored = np.concatenate([halves.astype(np.uint16), rng.integers(0, 0x7C00, 52, dtype=np.uint16)])
            (folder / f"{kind.name}.blocks").write_bytes(stored.tobytes())
            expanded = gguf.quants.dequantize(stored.view(np.uint8), kind)
            (folder / f"{kind.name}.f32").write_bytes(expanded.astype("<f4").tobytes())
        numbers = numbers_to_pack(rng)
        for kind in (Type.Q4_0, Type.Q8_0):
            (folder / f"pack_{kind.name}.f32").write_bytes(numbers.tobytes())
            (folder / f"pack_{kind.name}.blocks").write_bytes(gguf.quants.quantize(numbers, kind).tobytes())
        # Without magnitudes whose range overflows a half: there the reference's own bytes are undefined.
        for kind in (Type.Q4_1, Type.Q5_0, Type.Q5_1):
            (folder / f"pack_{kind.name}.f32").write_bytes(numbers.tobytes())
            (folder / f"pack_{kind.name}.blocks").write_bytes(gguf.quants.quantize(numbers, kind).tobytes())
        for kind in LATER:
            write_expanded(kind, folder, rng)


if __name__ == "__main__":
    main()
