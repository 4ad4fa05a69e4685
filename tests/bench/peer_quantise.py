"""Tandem's quantisers and ggml's on the same real weights: mean squared errors and speed, one thread each.

    python3 tests/bench/peer_quantise.py --ggml PATH/libggml-base.so (--model FILE.gguf | --numbers FILE.npy) [--limit N]

Needs numpy and gguf. From a GGUF the tensors of F32, F16, BF16 and Q8_0 with at least 2^16 numbers are taken: finer
stored ones than those that are made here. ggml quantises without an importance matrix, as llama-quantize does by default.
Error ratio below 1: Tandem's blocks are nearer to the weights.
"""

import argparse
import ctypes
import pathlib
import subprocess
import sys
import tempfile
import time

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

TREE = pathlib.Path(__file__).resolve().parents[2]
KINDS = (Type.Q8_0, Type.Q6_K, Type.Q5_K, Type.Q5_1, Type.Q5_0, Type.Q4_K, Type.Q4_1, Type.Q4_0, Type.Q3_K, Type.Q2_K)
FINE = (Type.F32, Type.F16, Type.BF16, Type.Q8_0)


def weights_of(options):
    if options.numbers:
        yield pathlib.Path(options.numbers).name, np.load(options.numbers).astype(np.float32).reshape(-1)
        return
    for tensor in gguf.GGUFReader(options.model).tensors:
        if tensor.tensor_type in FINE and tensor.n_elements >= 1 << 16:
            yield tensor.name, gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32).reshape(-1)


def ggml_blocks(library, kind, values):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    out = np.empty(len(values) // elements * size, dtype=np.uint8)
    begun = time.perf_counter()
    library.ggml_quantize_chunk(int(kind), values.ctypes.data_as(ctypes.c_void_p),
                                out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(0),
                                ctypes.c_int64(len(values) // 256), ctypes.c_int64(256), None)
    return out, time.perf_counter() - begun


def tandem_blocks(program, kind, values, folder):
    source, target = folder / "numbers.f32", folder / "blocks"
    source.write_bytes(values.astype("<f4").tobytes())
    seconds = subprocess.run([program, kind.name, source, target], check=True, capture_output=True, text=True).stdout
    return np.fromfile(target, dtype=np.uint8), float(seconds)


def squared_error(blocks, kind, values):
    return float(np.mean((gguf.quants.dequantize(blocks, kind).astype(np.float64) - values) ** 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ggml", required=True, help="libggml-base.so")
    parser.add_argument("--program", default=str(TREE / "build/release/bench/bench_quantise"))
    parser.add_argument("--model", help="GGUF file")
    parser.add_argument("--numbers", help="numpy file of weights")
    parser.add_argument("--limit", type=int, default=1 << 22, help="numbers of each tensor")
    options = parser.parse_args()
    library = ctypes.CDLL(options.ggml)
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        for tensor, all_values in weights_of(options):
            values = np.ascontiguousarray(all_values[: min(options.limit, len(all_values)) // 256 * 256])
            print(f"{tensor}: {len(values)} weights, variance {np.var(values):.3e}")
            for kind in KINDS:
                theirs, their_time = ggml_blocks(library, kind, values)
                ours, our_time = tandem_blocks(options.program, kind, values, pathlib.Path(name))
                our_error, their_error = squared_error(ours, kind, values), squared_error(theirs, kind, values)
                ratio = our_error / their_error if their_error else 1.0
                worst = max(worst, ratio)
                rate = len(values) / 1e6
                print(f"  {kind.name:5} error {our_error:.4e} beside {their_error:.4e}: ratio {ratio:.4f};"
                      f" {rate / our_time:7.1f} beside {rate / their_time:7.1f} million weights a second", flush=True)
    print(f"largest ratio {worst:.4f}")
    return 0 if worst <= 1.01 else 1


if __name__ == "__main__":
    sys.exit(main())
