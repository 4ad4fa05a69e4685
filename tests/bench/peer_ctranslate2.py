"""Tandem and CTranslate2 on the same encoder-decoder in f32, interleaved in one run; prints medians and their ratio.

    python3 tests/bench/peer_ctranslate2.py [--rounds 5] [-p 128] [-n 64] [--threads 2] [--keep FOLDER] [--cpu-time]

Needs torch, transformers, tokenizers and ctranslate2 (4.8.5). The model is one of random weights in the shape of T5-small,
which this script makes and converts: only its size matters to speed. Both are asked for greedy decoding of exactly n
tokens after a source of p tokens. CTranslate2 has no clock inside: its time to the first token is that of a translation
of one token, and its decode rate is that of the tokens behind the first. Ratio above 1: Tandem is faster.

With --cpu-time both run on one thread and what is compared is processor time, not the clock's: a machine that others use
at the same time gives steady figures this way, though their use of caches and memory still counts.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

from peer_llama_bench import TREE, cpu_name

VOCABULARY = 32128


def make_model(folder):
    import tokenizers
    import torch
    import transformers

    torch.manual_seed(1)
    config = transformers.T5Config(vocab_size=VOCABULARY, decoder_start_token_id=0)
    transformers.T5ForConditionalGeneration(config).save_pretrained(folder)
    pieces = ["<pad>", "</s>", "<unk>"] + [f"w{number}" for number in range(3, VOCABULARY)]
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({piece: id for id, piece in enumerate(pieces)}, "<unk>"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    transformers.PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="</s>",
                                         unk_token="<unk>").save_pretrained(folder)


def convert(folder, out):
    from ctranslate2.converters import TransformersConverter
    TransformersConverter(str(folder)).convert(str(out), quantization="float32")


def run_tandem(options, folder):
    command = [options.tandem, "bench", str(folder), "-p", str(options.p), "-n", str(options.n), "-r", "3",
               "--threads", str(options.threads), "--dtype", "f32", "--json"]
    metrics = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["metrics"]
    return metrics["ttft_ms"]["p50"], metrics["decode_tokens_per_second"]["p50"]


def run_ctranslate2(options, translator):
    source = [[f"w{3 + 37 * number % 30000}" for number in range(options.p)]]

    def seconds(tokens):
        times = []
        for _ in range(4):
            begin = time.perf_counter()
            result = translator.translate_batch(source, beam_size=1, max_decoding_length=tokens,
                                                min_decoding_length=tokens, max_input_length=0)
            times.append(time.perf_counter() - begin)
            assert len(result[0].hypotheses[0]) == tokens
        return statistics.median(times[1:])

    first = seconds(1)
    return first * 1e3, (options.n - 1) / (seconds(options.n) - first)


def processor_seconds(whose):
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


def cpu_tandem(options, folder):
    def seconds(tokens, repetitions):
        before = processor_seconds(resource.RUSAGE_CHILDREN)
        subprocess.run([options.tandem, "bench", str(folder), "-p", str(options.p), "-n", str(tokens), "-r",
                        str(repetitions), "--threads", "1", "--dtype", "f32", "--json"], check=True, capture_output=True)
        return processor_seconds(resource.RUSAGE_CHILDREN) - before

    first = (seconds(1, 24) - seconds(1, 4)) / 20  # without loading
    whole = (seconds(options.n, 8) - seconds(options.n, 3)) / 5
    return first * 1e3, (options.n - 1) / (whole - first)


def cpu_ctranslate2(options, translator):
    source = [[f"w{3 + 37 * number % 30000}" for number in range(options.p)]]

    def seconds(tokens, repetitions):
        before = processor_seconds(resource.RUSAGE_SELF)
        for _ in range(repetitions):
            translator.translate_batch(source, beam_size=1, max_decoding_length=tokens, min_decoding_length=tokens,
                                       max_input_length=0)
        return (processor_seconds(resource.RUSAGE_SELF) - before) / repetitions

    seconds(2, 2)
    first = seconds(1, 20)
    return first * 1e3, (options.n - 1) / (seconds(options.n, 5) - first)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tandem", default=str(TREE / "build/release/bin/tandem"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("-p", type=int, default=128)
    parser.add_argument("-n", type=int, default=64)
    parser.add_argument("--keep", help="a folder for the model, used again where it is there")
    parser.add_argument("--cpu-time", action="store_true", help="compare processor time on one thread")
    options = parser.parse_args()
    if options.cpu_time:
        options.threads = 1
        os.environ["OMP_NUM_THREADS"] = "1"

    with tempfile.TemporaryDirectory() as scratch:
        home = pathlib.Path(options.keep or scratch)
        if not (home / "model" / "config.json").exists():
            make_model(home / "model")
            convert(home / "model", home / "converted")
        import ctranslate2
        translator = ctranslate2.Translator(str(home / "converted"), device="cpu", compute_type="float32",
                                            inter_threads=1, intra_threads=options.threads)
        ours, theirs = (cpu_tandem, cpu_ctranslate2) if options.cpu_time else (run_tandem, run_ctranslate2)
        programs = {"tandem": lambda: ours(options, home / "model"), "ctranslate2": lambda: theirs(options, translator)}
        figures = {name: [] for name in programs}
        for round_number in range(options.rounds):
            order = list(programs) if round_number % 2 == 0 else list(reversed(programs))
            for name in order:
                figures[name].append(programs[name]())
                print(f"round {round_number + 1}: {name:12} first token {figures[name][-1][0]:7.1f} ms"
                      f"  decode {figures[name][-1][1]:7.1f} tokens/s", flush=True)

    print(f"\n{cpu_name()}, {'processor time of 1 thread' if options.cpu_time else f'{options.threads} threads'}, T5-small's shape, f32, source of {options.p}, "
          f"CTranslate2 {ctranslate2.__version__}, {options.rounds} interleaved rounds, medians")
    for index, what in enumerate(("first token, ms", f"decode tg{options.n}, tokens/s")):
        ours = statistics.median(pair[index] for pair in figures["tandem"])
        theirs = statistics.median(pair[index] for pair in figures["ctranslate2"])
        ratios = [(b[0] / a[0]) if index == 0 else (a[1] / b[1])
                  for a, b in zip(figures["tandem"], figures["ctranslate2"])]
        print(f"{what:26} tandem {ours:8.1f}  ctranslate2 {theirs:8.1f}  ratio {statistics.median(ratios):.2f} "
              f"(rounds {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
