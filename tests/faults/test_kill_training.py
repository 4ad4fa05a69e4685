"""kill -9 of a whole `tandem run` that trains, at random steps and moments; then the same command again, until it is
done. What was trained, the optimiser, the order of the data, the answers and their scores must be those of a run that
nothing interrupted, byte for byte.

    test_kill_training.py TANDEM KILLS [SEED]

In one of four cases only the worker is killed. TANDEM_TEST_KILLS changes how many.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "data"))

import make_guided_task  # noqa: E402

TANDEM = os.path.abspath(sys.argv[1])
KILLS = int(os.environ.get("TANDEM_TEST_KILLS", sys.argv[2]))
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261125
STEPS = 60
CHECKPOINT_EVERY = 4
# Facts of how a trial came about, not of what came out.
OF_THE_WAY = {"resumed_at", "prompts_read", "prompts_kept_before"}


def figures_of(path):
    """The figures that a checkpoint's history has of each step, but for their times."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    places = {name: entry["data_offsets"] for name, entry in json.loads(content[8:8 + size]).items()
              if name != "__metadata__" and not name.startswith("train_tokens_per_second.")}
    return {name: content[8 + size + begin:8 + size + end] for name, (begin, end) in places.items()}


def sums_of(path):
    """A checkpoint's sums, but for that of the file with times."""
    return {name: entry for name, entry in json.loads(path.read_text()).items() if name != "history.safetensors"}


def processes_of(session):
    """Ids of the processes of a session, which the program leads, that still run."""
    found = []
    for place in pathlib.Path("/proc").iterdir():
        try:
            fields = (place / "stat").read_text().rsplit(")", 1)[1].split() if place.name.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(place.name))
    return found


class Run:
    """One home, in which the experiment is run until it is done."""

    def __init__(self, folder, name):
        self.task = folder / "task"
        self.home = folder / name
        self.home.mkdir()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("TANDEM_")}
        for variable, place in (("HOME", ""), ("TANDEM_HOME", "home"), ("XDG_DATA_HOME", "data"),
                                ("XDG_CACHE_HOME", "cache"), ("XDG_STATE_HOME", "state"), ("TMPDIR", "tmp")):
            self.environment[variable] = str(self.home / place)
        (self.home / "tmp").mkdir()
        self.data = self.home / "data" / "tandem"

    def start(self):
        with open(self.home / "output", "ab") as output:
            return subprocess.Popen([TANDEM, "run", "kill-training.yaml", "--json"], cwd=self.task, env=self.environment,
                                    stdout=output, stderr=output, start_new_session=True)

    def finish(self):
        program = self.start()
        if program.wait(timeout=240) != 0:
            raise AssertionError(f"tandem run gave {program.returncode}:\n{(self.home / 'output').read_text()}")

    def newest_step(self, trial):
        """The newest whole checkpoint: folders that are not whole have other names."""
        places = (self.data / "trials" / trial / "checkpoints").glob("step-*")
        return max((int(place.name[5:]) for place in places if place.name[5:].isdigit()), default=0)

    def query(self, text, *values):
        database = sqlite3.connect(self.data / "results.db", timeout=20)
        try:
            return database.execute(text, values).fetchall()
        finally:
            database.close()

    def trials(self):
        return [row[0] for row in self.query("SELECT trial_id FROM experiment_trials ORDER BY position")]

    def files(self):
        """What was trained, and the checkpoints as they are left: weights, the optimiser's means, state, order."""
        return {str(path.relative_to(self.data)): figures_of(path) if path.name == "history.safetensors"
                else sums_of(path) if path.name == "manifest.json" else path.read_bytes()
                for folder in ("trained", "checkpoints") for path in self.data.glob(f"trials/*/{folder}/**/*")
                if path.is_file()}

    def results(self):
        """By trial: facts, scores with their intervals and samples, and answers."""
        done = "FROM {} JOIN trials ON done_attempt = attempt_id"
        facts = self.query(f"SELECT trials.id, name, value {done.format('facts')}")
        scores = self.query(f"SELECT trials.id, name, n, mean, ci95_low, ci95_high, samples {done.format('metrics')} "
                            "WHERE name IN ('exact_match', 'rouge1')")
        answers = self.query(f"SELECT trials.id, idx, name, value, text {done.format('observations')} "
                             "WHERE observations.kind = 'output'")
        facts = [(trial, name, value.replace(str(self.home), "HOME")) for trial, name, value in facts
                 if name not in OF_THE_WAY]
        return {"facts": sorted(facts), "scores": sorted(scores), "answers": sorted(answers)}

    def losses(self):
        """{(trial, name, step): losses that attempts measured}"""
        found = {}
        for trial, name, step, value in self.query(
                "SELECT trial_id, name, idx, value FROM observations JOIN attempts ON attempts.id = attempt_id "
                "WHERE name IN ('train_loss', 'validation_loss', 'gradient_norm')"):
            found.setdefault((trial, name, step), set()).add(value)
        return found


class KillTraining(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tandem-kill-training-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        make_guided_task.make(cls.folder / "task")
        shutil.copy(HERE / "kill-training.yaml", cls.folder / "task")
        cls.whole = Run(cls.folder, "whole")
        begin = time.monotonic()
        cls.whole.finish()
        cls.seconds = time.monotonic() - begin
        cls.names = {row[0]: f"{row[1]}/{row[2]}" for row in
                     cls.whole.query("SELECT trial_id, pairing, workload FROM experiment_trials")}
        times = cls.whole.query("SELECT (max(time_ns) - min(time_ns)) / 1e9 / (count(*) - 1) FROM observations "
                                "WHERE name = 'train_loss' GROUP BY attempt_id")
        cls.step_seconds = max(row[0] for row in times)

    def wait_until_due(self, run, program, source):
        """Until a random step of a random training, or in one of four cases a random moment. False: it ended before."""
        begin = time.monotonic()
        trials = [trial for trial in self.names if run.newest_step(trial) < STEPS]
        if not trials or source.random() < 0.25:
            due = begin + source.uniform(0, self.seconds)
        else:
            trial = source.choice(trials)
            step = source.randint(run.newest_step(trial), STEPS - 1)
            while program.poll() is None and run.newest_step(trial) < step - step % CHECKPOINT_EVERY:
                time.sleep(0.001)
            due = time.monotonic() + source.uniform(0, 1) * self.step_seconds + step % CHECKPOINT_EVERY * self.step_seconds
        while program.poll() is None and time.monotonic() < due:
            time.sleep(0.0005)
        return program.poll() is None

    def kill(self, program, only_worker):
        session = program.pid
        if only_worker:
            for process in processes_of(session):
                if process != session:
                    os.kill(process, signal.SIGKILL)
        else:
            os.killpg(session, signal.SIGKILL)
        # Without its worker the program tries the trial again or ends.
        program.wait(timeout=120)
        deadline = time.monotonic() + 10
        while processes_of(session):
            self.assertLess(time.monotonic(), deadline, "the worker outlives the program")
            time.sleep(0.002)

    def where(self, run):
        """What was killed, as far as it was stored: the trial of the newest attempt, and its step."""
        try:
            rows = run.query("SELECT trial_id, (SELECT max(idx) FROM observations WHERE attempt_id = attempts.id AND "
                             "name = 'train_loss') FROM attempts ORDER BY id DESC LIMIT 1")
        except sqlite3.Error:
            rows = []
        if not rows:
            return "before the first trial", False
        trial, step = rows[0]
        kept = run.newest_step(trial)
        step = max(step or 0, kept)
        return f"in {self.names[trial]} behind step {step}, goes on from {kept}", 0 < step < STEPS

    def compare(self, run):
        expected, found = self.whole.files(), run.files()
        self.assertEqual(sorted(found), sorted(expected))
        for name, content in expected.items():
            self.assertTrue(found[name] == content, f"{name} differs")
        expected, found = self.whole.results(), run.results()
        for kind in expected:
            self.assertEqual([row for row in found[kind] if row not in expected[kind]],
                             [row for row in expected[kind] if row not in found[kind]], kind)
            self.assertEqual(len(found[kind]), len(expected[kind]))
        losses = self.whole.losses()
        for place, values in run.losses().items():
            self.assertEqual(values, losses[place], place)

    def test_the_uninterrupted_run_has_what_is_compared(self):
        files, results = self.whole.files(), self.whole.results()
        for part in ("projector.safetensors", "small/model.safetensors", "adapter/adapter_model.safetensors",
                     "soft_prompt.safetensors", f"step-{STEPS}/tensors.safetensors", f"step-{STEPS}/state.json"):
            self.assertTrue(any(name.endswith(part) for name in files), part)
        orders = [value for _, name, value in results["facts"] if name == "training_order"]
        self.assertEqual([len(order) for order in orders], [64] * 3)
        self.assertEqual(len(results["scores"]), 6)
        self.assertEqual(len(results["answers"]) % 40, 0)
        self.assertTrue(any(score[3] > 0 for score in results["scores"]))
        self.assertEqual(len([1 for _, name, _ in self.whole.losses() if name == "train_loss"]), 3 * STEPS)

    def test_killed_at_random_steps_and_run_again_it_ends_with_the_same_bytes(self):
        source = random.Random(SEED)
        print(f"seed {SEED}, {KILLS} kills; uninterrupted {self.seconds:.1f} s, a step at most "
              f"{1000 * self.step_seconds:.0f} ms", flush=True)
        kills = in_training = runs = 0
        while kills < KILLS:
            run = Run(self.folder, f"run-{runs}")
            runs += 1
            for _ in range(min(KILLS - kills, source.choice((1, 2, 3, 4, 6)))):
                program = run.start()
                if not self.wait_until_due(run, program, source):
                    break
                only_worker = source.random() < 0.25
                found = self.where(run)
                self.kill(program, only_worker)
                kills += 1
                # The program that lost its worker has gone on.
                where, training = found if only_worker else self.where(run)
                in_training += training
                print(f"kill {kills}, of run {runs}: {'the worker' if only_worker else 'all'} {where}", flush=True)
            run.finish()
            self.compare(run)
            shutil.rmtree(run.home)
        resumed = f"{kills} kills in {runs} runs, {in_training} of them between a training's first and last step"
        print(f"{resumed}: weights, optimiser, order of data, answers and scores are the same bytes", flush=True)
        self.assertGreaterEqual(2 * in_training, kills)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
