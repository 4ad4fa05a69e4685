"""What `tandem model convert` writes, loaded by the programs it is for: llama.cpp, transformers, gguf-py, safetensors.

    python3 tests/bench/peer_convert.py [--model FILE.gguf] [--tandem PATH] [FIXTURE ...]

Needs torch, transformers, gguf and llama-cpp-python (with LLAMA_CPP_LIB_PATH naming the folder of libllama.so where its
own build is not installed); compressed-tensors for int8 folders. Fixtures are folders with config.json, model.safetensors
and expected.safetensors (ids [rows, tokens] and logits of transformers in f32); by default those of tests/data whose family
can be written. Each is converted to GGUF, to half precision and int8, and from the GGUF back to a folder:

- llama.cpp's logits of the f32 GGUF and transformers' logits of the folder made from it are the expected ones;
- of every type, llama.cpp's logits of the numbers expanded to f32 are Tandem's own of the blocks; its logits of the blocks
  themselves are near, but for what its 8-bit activations cost;
- names and numbers read by gguf-py and safetensors are those that were converted.

--model takes a real GGUF through the same. Ends with 1 where something differs.
"""

import argparse
import ctypes
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors.torch import load_file

TREE = pathlib.Path(__file__).resolve().parents[2]
TYPES = ("f16", "bf16", "q8_0", "q6_k", "q5_k", "q5_1", "q5_0", "q4_k", "q4_1", "q4_0", "q3_k", "q2_k")
REAL_IDS = [1, 504, 2365, 7255, 1464, 260, 26118, 3974, 30, 378, 314, 253, 1070, 2063]
failures = []


def check(what, error, bound):
    verdict = "ok" if error <= bound else "FAILED"
    if error > bound:
        failures.append(what)
    print(f"  {what:58} {error:.2e} (at most {bound:.0e}) {verdict}", flush=True)


def relative(found, expected):
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def rms(values):
    return float(np.sqrt(np.mean(np.square(values.astype(np.float64)))))


def convert(options, source, target, *more):
    run = subprocess.run([options.tandem, "model", "convert", str(source), "--out", str(target), "--json", *more],
                         capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"convert {source} {' '.join(more)}: {run.stderr}")
    return json.loads(run.stdout)


def tandem_logits(options, model, ids, folder):
    out = folder / "logits.safetensors"
    subprocess.run([options.tandem, "model", "logits", str(model), "--ids", " ".join(map(str, ids)), "--dtype", "native",
                    "--out", str(out)], check=True, capture_output=True)
    return load_file(out)["logits"].numpy()


def llama_logits(path, ids):
    import llama_cpp
    llama_cpp.llama_backend_init()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    parameters = llama_cpp.llama_model_default_params()
    parameters.use_mmap = False
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    if not model:
        raise RuntimeError(f"llama.cpp does not load {path}")
    context_parameters = llama_cpp.llama_context_default_params()
    context_parameters.n_ctx = 256
    context_parameters.n_threads = context_parameters.n_threads_batch = 2
    context_parameters.type_k = context_parameters.type_v = 0  # f32
    context_parameters.flash_attn_type = 0
    context = llama_cpp.llama_init_from_model(model, context_parameters)
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for i, token in enumerate(ids):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, i, 1, 1
        batch.seq_id[i][0] = 0
    if llama_cpp.llama_decode(context, batch) != 0:
        raise RuntimeError("llama.cpp does not decode")
    width = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits(context), (len(ids), width)).copy()
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return logits


def transformers_logits(folder, ids, **more):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **more).eval()
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].float().numpy()


def check_numbers(gguf_file, folder):
    """Every number of the GGUF, by gguf-py, is somewhere in the folder and the other way round."""
    import gguf
    reader = gguf.GGUFReader(gguf_file)
    of_gguf = sorted(float(np.abs(gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float64)).sum())
                     for t in reader.tensors if not t.name.startswith("rope_"))
    of_folder = []
    for file in pathlib.Path(folder).glob("*.safetensors"):
        of_folder += [float(t.double().abs().sum()) for t in load_file(file).values()]
    same = len(of_gguf) == len(of_folder)
    check("numbers of gguf-py and safetensors", relative(np.array(of_gguf), np.array(sorted(of_folder))) if same else 1.0,
          1e-6)


def check_types(options, source, ids, folder):
    for kind in TYPES:
        path = folder / f"{kind}.gguf"
        report = convert(options, source, path, "--to", kind, "--force")
        ours, theirs = tandem_logits(options, path, ids, folder), llama_logits(path, ids)
        kinds = ", ".join(f"{count} {name}" for name, count in report["tensors_by_type"].items())
        # The same numbers as f32, where llama.cpp rounds no activations: are Tandem's products and numbers right?
        wide = folder / f"{kind}-as-f32.gguf"
        convert(options, path, wide, "--to", "f32", "--force")
        check(f"{kind} expanded: llama.cpp beside Tandem's native", relative(llama_logits(wide, ids), ours), 1e-4)
        # As it is: llama.cpp rounds activations to 8 bits for block types and to halves for f16 and bf16, Tandem does
        # not. A file that it read otherwise would be off by about 1.
        check(f"{kind}: llama.cpp ({kinds})"[:58], rms(theirs - ours) / rms(ours), 0.02 if "f" in kind else 0.15)
        path.unlink()
        wide.unlink()


def check_fixture(options, source):
    print(source.name)
    expected = load_file(source / "expected.safetensors")
    ids, logits = expected["ids"][0].tolist(), expected["logits"][0].numpy()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        convert(options, source, folder / "f32.gguf", "--to", "f32")
        check("f32 GGUF: llama.cpp", relative(llama_logits(folder / "f32.gguf", ids), logits), 1e-4)
        check("f32 GGUF: Tandem", relative(tandem_logits(options, folder / "f32.gguf", ids, folder), logits), 1e-4)
        convert(options, folder / "f32.gguf", folder / "back", "--to", "f32", "--shard-size", "0.001")
        check("folder from that GGUF: transformers", relative(transformers_logits(folder / "back", ids), logits), 1e-4)
        check_numbers(folder / "f32.gguf", folder / "back")
        convert(options, source, folder / "bf16", "--to", "bf16")
        check("bf16 folder: transformers", relative(transformers_logits(folder / "bf16", ids), logits), 0.05)
        check_int8(options, source, ids, logits, folder)
        check_types(options, source, ids, folder)


def check_int8(options, source, ids, logits, folder):
    convert(options, source, folder / "int8", "--to", "int8")
    ours = tandem_logits(options, folder / "int8", ids, folder)
    check("int8 folder: Tandem beside f32", relative(ours, logits), 0.05)
    try:
        import compressed_tensors  # noqa: F401
    except ImportError:
        print("  int8 folder: transformers not asked, compressed-tensors is not installed")
        return
    check("int8 folder: transformers beside Tandem", relative(transformers_logits(folder / "int8", ids), ours), 1e-4)


def check_real(options):
    print(pathlib.Path(options.model).name)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        logits = tandem_logits(options, options.model, REAL_IDS, folder)
        convert(options, options.model, folder / "hf", "--to", "f32")
        check("folder from the GGUF: transformers", relative(transformers_logits(folder / "hf", REAL_IDS), logits), 1e-4)
        convert(options, folder / "hf", folder / "f32.gguf")
        check("GGUF from that folder: llama.cpp", relative(llama_logits(folder / "f32.gguf", REAL_IDS), logits), 1e-3)
        check_tokenizers(options, folder)
        check_int8(options, folder / "hf", REAL_IDS, logits, folder)
        check_types(options, folder / "hf", REAL_IDS, folder)


def check_tokenizers(options, folder):
    texts = ["Hello, world! It's 12345 o'clock.", "def f(x):\treturn  x ** 2", "\u4f60\u597d \u041f\u0440\u0438 caf\u00e9"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "hf")
    for text in texts:
        run = subprocess.run([options.tandem, "model", "tokenize", str(folder / "f32.gguf"), "--file", "-"], input=text,
                             check=True, capture_output=True, text=True)
        ids = [int(word) for word in run.stdout.split()]
        check(f"tokens of {text[:20]!r}", 0.0 if tokenizer(text)["input_ids"] == ids else 1.0, 0.5)
    chat = [{"role": "user", "content": "Hi"}]
    check("chat template", 0.0 if "Hi" in tokenizer.apply_chat_template(chat, tokenize=False) else 1.0, 0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fixtures", nargs="*", type=pathlib.Path)
    parser.add_argument("--model", help="a real GGUF")
    parser.add_argument("--tandem", default=str(TREE / "build/release/bin/tandem"))
    options = parser.parse_args()
    fixtures = options.fixtures or sorted(
        path.parent for path in (TREE / "tests/data/llama").glob("*/expected.safetensors"))
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if options.model:
        check_real(options)
    for source in fixtures:
        check_fixture(options, source)
    print("everything agrees" if not failures else f"{len(failures)} differ: " + "; ".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
