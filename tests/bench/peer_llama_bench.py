"""Tandem and llama.cpp's llama-bench on the same GGUF file, interleaved in one run; prints medians and their ratio.

    python3 tests/bench/peer_llama_bench.py --llama-bench PATH [--model FILE] [--rounds 5] [-p 256] [-n 48] [--dtype native]

llama-bench is built from llama.cpp (its source is in the package llama-cpp-python 0.3.36):
    cmake -B build -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF && cmake --build build --target llama-bench

Each round runs both programs once, in alternating order, two repetitions each after a warm-up. llama-bench's figures
leave tokenisation and sampling out; Tandem's decode rate includes choosing the token. Ratio above 1: Tandem is faster.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess

TREE = pathlib.Path(__file__).resolve().parents[2]


def run_tandem(options):
    command = [options.tandem, "bench", options.model, "-p", str(options.p), "-n", str(options.n), "-r", "2",
               "--threads", str(options.threads), "--dtype", options.dtype, "--json"]
    document = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    metrics = document["metrics"]
    return metrics["prefill_tokens_per_second"]["mean"], metrics["decode_tokens_per_second"]["mean"]


def run_llama_bench(options):
    command = [options.llama_bench, "-m", options.model, "-p", str(options.p), "-n", str(options.n), "-r", "2",
               "-t", str(options.threads), "-o", "json"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    prefill = next(row for row in rows if row["n_prompt"] > 0 and row["n_gen"] == 0)
    decode = next(row for row in rows if row["n_gen"] > 0 and row["n_prompt"] == 0)
    return prefill["avg_ts"], decode["avg_ts"]


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llama-bench", required=True)
    parser.add_argument("--tandem", default=str(TREE / "build/release/bin/tandem"))
    parser.add_argument("--model", default=os.environ.get("TANDEM_TEST_MODEL"), help="GGUF file (or TANDEM_TEST_MODEL)")
    parser.add_argument("--dtype", default="native")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-p", type=int, default=256)
    parser.add_argument("-n", type=int, default=48)
    options = parser.parse_args()
    if not options.model:
        parser.error("name a GGUF file with --model or TANDEM_TEST_MODEL")

    programs = {"tandem": run_tandem, "llama-bench": run_llama_bench}
    figures = {name: [] for name in programs}
    for round_number in range(options.rounds):
        order = list(programs) if round_number % 2 == 0 else list(reversed(programs))
        for name in order:
            figures[name].append(programs[name](options))
            print(f"round {round_number + 1}: {name:12} prefill {figures[name][-1][0]:8.1f}"
                  f"  decode {figures[name][-1][1]:7.1f} tokens/s", flush=True)

    print(f"\n{cpu_name()}, {options.threads} threads, {pathlib.Path(options.model).name}, dtype {options.dtype}, "
          f"{options.rounds} interleaved rounds, medians")
    for index, phase in enumerate((f"prefill pp{options.p}", f"decode tg{options.n}")):
        ours = statistics.median(pair[index] for pair in figures["tandem"])
        theirs = statistics.median(pair[index] for pair in figures["llama-bench"])
        ratios = [a[index] / b[index] for a, b in zip(figures["tandem"], figures["llama-bench"])]
        print(f"{phase:14} tandem {ours:8.1f}  llama-bench {theirs:8.1f}  ratio {statistics.median(ratios):.2f} "
              f"(rounds {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
