#!/usr/bin/env python3
"""Every malformed file of tests/data/make_malformed.py through the real program: exit code 2 with the named error on
stderr and in the --json document, or accepted where it must be; never a signal, at most 2 seconds and 512 MB.

Usage: test_malformed.py TANDEM [--only PREFIX] [--sanitized] [--without-worker] [--verbose]
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

SECONDS, BYTES = 2.0, 512 << 20


def run(arguments, home, seconds):
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config"), "NO_COLOR": "1"}
    with open(home / "out", "wb+") as out, open(home / "err", "wb+") as err:
        start = time.monotonic()
        process = subprocess.Popen(arguments, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=environment)
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() - start > 10 * seconds:
                process.kill()
            time.sleep(0.002)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return (process.returncode, out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace"),
                usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


# A process of its own starts the programs: what it takes itself counts as theirs until they run, so it must be small.
def serve():
    for line in sys.stdin:
        arguments, home, seconds = json.loads(line)
        print(json.dumps(run(arguments, pathlib.Path(home), seconds)), flush=True)


class Runner:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, arguments, home, seconds):
        self.process.stdin.write(json.dumps([arguments, str(home), seconds]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def command(program, action, folder, files, home):
    single = action[1] if len(action) > 1 else next((name for name in files if len(files) == 1 and name.endswith(".gguf")), None)
    model = str(folder / single if single else folder)
    if action[0] == "info":
        return [program, "model", "info", model]
    if action[0] == "logits":
        return [program, "model", "logits", model, "--ids", "1 2 3", "--out", str(home / "logits.safetensors")]
    if action[0] == "render":
        (home / "conversation.json").write_text('[{"role": "user", "content": "hi"}]')
        return [program, "model", "render", model, "--file", str(home / "conversation.json")]
    # Long enough to show a pattern that tries every way.
    (home / "text").write_text("a" * 40 + "!\nHello world, 123\n")
    return [program, "model", "tokenize", model, "--file", str(home / "text")]


def code_of(text):
    for line in text.splitlines():
        if line.startswith("error: "):
            return line.split(": ")[1]
    return ""


def judge(expected, code, out, err):
    warnings = {one for one in expected if one.startswith("W_")}
    found = "accepted" if code == 0 else code_of(err)
    if code not in (0, 2):
        return f"exit code {code}: {err[-600:]}"
    if found not in expected:
        return f"found {found or err[-300:]!r}, allowed {sorted(expected)}"
    if code == 0 and warnings and not any(one in err + out for one in warnings):
        return f"accepted without {sorted(warnings)}: {err[:300]}"
    return ""


def main():
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "data"))
    from make_malformed import cases, write
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--only", default="")
    parser.add_argument("--sanitized", action="store_true", help="such a build takes longer: ten times the seconds are allowed")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--without-worker", action="store_true", help="the build has no engine: leave out what needs it")
    arguments = parser.parse_args()
    seconds, limit = SECONDS * (10 if arguments.sanitized else 1), BYTES
    failures, total, slowest, largest = [], 0, (0.0, ""), (0, "")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    runner = Runner()
    for name, action, expected, files in cases():
        if not name.startswith(arguments.only) or (action[0] == "logits" and arguments.without_worker):
            continue
        with tempfile.TemporaryDirectory() as temporary:
            home, folder = pathlib.Path(temporary), pathlib.Path(temporary) / "model"
            write(folder, files)
            line = command(arguments.program, action, folder, files, home)
            for extra in ([], ["--json"] if action[0] in ("info", "render") else None):
                if extra is None:
                    continue
                total += 1
                code, out, err, took, memory = runner.run(line + extra, home, seconds)
                wrong = judge(expected, code, out, err)
                if not wrong and extra and code == 2:
                    try:
                        wrong = "" if json.loads(out)["error"]["code"] == code_of(err) else f"the document says {out[:300]}"
                    except (ValueError, KeyError, TypeError):
                        wrong = f"no error in the document: {out[:300]!r}"
                if not wrong and took > seconds:
                    wrong = f"{took:.2f} s"
                if not wrong and memory > limit:
                    wrong = f"{memory >> 20} MiB"
                slowest, largest = max(slowest, (took, name)), max(largest, (memory, name))
                if wrong:
                    failures.append(f"{name} {' '.join(extra)}: {wrong}")
                if arguments.verbose:
                    print(f"{name} {' '.join(extra)}: {code} {code_of(err)} {took:.2f} s {memory >> 20} MiB")
    runner.end()
    print("\n".join(failures))
    print(f"{total} runs, {len(failures)} wrong; slowest {slowest[0]:.2f} s ({slowest[1]}), largest {largest[0] >> 20} MiB ({largest[1]})")
    return 1 if failures or total == 0 else 0


if __name__ == "__main__":
    sys.exit(serve() if sys.argv[1:] == ["--serve"] else main())
