"""A home with the guided task (tests/data/make_guided_task.py) and the program in it, for tests of whole runs."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "data"))

import make_guided_task  # noqa: E402

TANDEM = sys.argv.pop(1)


class TaskHome(unittest.TestCase):
    """Runs `experiment`, a file of this folder, once; nothing of this machine's results is read or written."""
    experiment = ""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tandem-task-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        make_guided_task.make(cls.folder)
        shutil.copy(HERE / cls.experiment, cls.folder)
        ran = cls.tandem("run", cls.folder / cls.experiment, "--json")
        if ran.returncode != 0:
            raise AssertionError(f"tandem run failed:\n{ran.stdout}\n{ran.stderr}")
        cls.said = ran.stderr
        cls.trials = json.loads(cls.tandem("results", "--json").stdout)["trials"]

    @classmethod
    def tandem(cls, *arguments):
        environment = {**os.environ, "HOME": str(cls.folder), "TANDEM_HOME": str(cls.folder / "home"),
                       "XDG_DATA_HOME": str(cls.folder / "data"), "XDG_CACHE_HOME": str(cls.folder / "cache"),
                       "XDG_STATE_HOME": str(cls.folder / "state")}
        environment.pop("TANDEM_DB", None)
        return subprocess.run([TANDEM, *arguments], cwd=cls.folder, env=environment, capture_output=True, text=True,
                              timeout=280)
