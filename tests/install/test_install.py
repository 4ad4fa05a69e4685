"""Installs the build into a folder of its own and uses it from there, as a package's user would: every file in its
standard place, and the installed `tandem` runs an experiment with its own worker from an unrelated current folder."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CMAKE, BUILD, *PROGRAMS = sys.argv[1:]

SHARED = ["man/man1/tandem.1", "bash-completion/completions/tandem", "zsh/site-functions/_tandem",
          "fish/vendor_completions.d/tandem.fish", "tandem/experiments/quickstart.yaml",
          "tandem/experiments/models.yaml", "tandem/experiments/sources.json"]
SHARED_STUDIO = ["applications/tandem-studio.desktop", "icons/hicolor/scalable/apps/tandem-studio.svg"]

EXPERIMENT = """\
tandem: 1
name: installed
models: {none: random:smollm2-135m}
pairings: {alone: none}
workloads: {idle: {kind: "null", observations: 3}}
seeds: [1, 2]
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tandem-install-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.prefix = Path(cls.folder.name) / "prefix"
        cls.home = Path(cls.folder.name) / "home"
        cls.home.mkdir()
        installed = subprocess.run([CMAKE, "--install", BUILD, "--prefix", cls.prefix], capture_output=True, text=True)
        if installed.returncode != 0:
            raise AssertionError("cmake --install failed; is everything built?\n" + installed.stderr)

    def tandem(self, *arguments):
        """What the installed program says, with nothing of this session in its environment."""
        environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        return subprocess.run([self.prefix / "bin/tandem", *arguments], cwd="/", env=environment, capture_output=True,
                              text=True, timeout=50)

    def test_every_program_is_in_bin_and_can_be_executed(self):
        for program in PROGRAMS:
            self.assertTrue(os.access(self.prefix / "bin" / program, os.X_OK), program)
        self.assertEqual(sorted(PROGRAMS), sorted(path.name for path in (self.prefix / "bin").iterdir()))

    def test_data_files_are_in_their_standard_places_and_not_empty(self):
        expected = SHARED + (SHARED_STUDIO if "tandem-studio" in PROGRAMS else [])
        for name in expected:
            path = self.prefix / "share" / name
            self.assertTrue(path.is_file() and path.stat().st_size > 0, name)

    def test_installed_experiments_are_found_by_name(self):
        planned = self.tandem("plan", "threads", "--json")
        self.assertEqual(planned.returncode, 0, planned.stderr)
        self.assertGreater(json.loads(planned.stdout)["count"], 0)

    @unittest.skipUnless("tandem-worker" in PROGRAMS, "built without the engine: nothing can run trials")
    def test_an_experiment_runs_from_an_unrelated_folder_and_is_stored_in_the_home(self):
        file = Path(self.folder.name) / "installed.yaml"
        file.write_text(EXPERIMENT)
        ran = self.tandem("run", file, "--json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(json.loads(ran.stdout)["done"], 2)
        self.assertTrue((self.home / ".local/share/tandem/results.db").is_file())
        results = json.loads(self.tandem("results", "--json").stdout)
        self.assertEqual([trial["state"] for trial in results["trials"]], ["done", "done"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
