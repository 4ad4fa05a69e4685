"""Stands in for `python3 -m pip download`: gives the packages of the folder FAKE_PIP_PACKAGES, or fails as told."""

import os
import pathlib
import shutil
import sys
import time

arguments = sys.argv[1:]
assert arguments[:3] == ["-m", "pip", "download"], arguments
assert "--no-deps" in arguments and "--only-binary=:all:" in arguments, arguments
folder = pathlib.Path(arguments[arguments.index("-d") + 1])
name, version = arguments[-1].split("==")
mode = os.environ.get("FAKE_PIP_MODE", "")
if mode == "no pip":
    sys.exit("/usr/bin/python3: No module named pip")
if mode == "no network":
    print("WARNING: Retrying", file=sys.stderr)
    print(f"ERROR: No matching distribution found for {name}=={version}", file=sys.stderr)
    sys.exit(1)
if mode == "hang":
    time.sleep(60)
wheel = pathlib.Path(os.environ["FAKE_PIP_PACKAGES"]) / f"{name}.whl"
gathered = pathlib.Path(os.environ["TMPDIR"]) / "gathered"
shutil.copy(wheel, gathered)
shutil.move(gathered, folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl")
