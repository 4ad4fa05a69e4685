#!/usr/bin/env python3
"""Writes tests/data/models/: tiny checkpoints of every family with random weights beside what the reference computes.

  CASE/config.json, model.safetensors   as the reference saves them
  CASE/model.gguf                       the same by llama.cpp's converter, where it knows the family
  CASE/expected.safetensors             inputs and outputs; the versions that wrote them are in its metadata

Cases are declared in tests/data/model_fixtures/*.py. Each has its own seed by its name: a second run with the same
versions writes the same numbers, and adding a case changes no other.

Needs torch, transformers and safetensors; gguf cases need LLAMA_CPP, the folder of llama.cpp's source.

Usage: make_model_fixtures.py [CASE ...]       without cases: all of them
"""
import importlib
import os
import pathlib
import shutil
import sys
import zlib

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def main():
    from model_fixtures.common import write_case

    cases = {}
    for path in sorted((HERE / "model_fixtures").glob("*.py")):
        if path.stem not in ("common", "__init__"):
            for name, case in importlib.import_module(f"model_fixtures.{path.stem}").CASES.items():
                if name in cases:
                    sys.exit(f"two cases are called {name}")
                cases[name] = case
    unknown = [name for name in sys.argv[1:] if name not in cases]
    if unknown:
        sys.exit(f"no such case: {', '.join(unknown)}; there are {', '.join(cases)}")
    for name in sys.argv[1:] or cases:
        folder = HERE / "models" / name
        shutil.rmtree(folder, ignore_errors=True)
        write_case(cases[name], folder, zlib.crc32(name.encode()))
        sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
        print(name, sizes)


if __name__ == "__main__":
    main()
