"""resources/data/debian_descriptions.py makes whole data sets from package lists, and says what it cannot do."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = TREE / "resources" / "data" / "debian_descriptions.py"
PREFIX = "example.org_debian_dists_stable_main_"
PACKAGES = 400


def word(number):
    """A word without digits, for they do not tell near-duplicates apart."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def write_lists(folder):
    packages, english, german = [], [], []
    for number in range(PACKAGES):
        name, key = f"tool-{number}", f"{number:032x}"
        packages.append(f"Package: {name}\nSource: made-{number // 2} (1.0)\nVersion: 1\n")
        english.append(f"Package: {name}\nDescription-md5: {key}\nDescription-en: tool for {word(number)}\n"
                       f" The tool {word(number)} does this. It also does that.\n .\n" + f" much more {word(number)}" * 12 + "\n")
        german.append(f"Package: {name}\nDescription-md5: {key}\nDescription-de: Werkzeug für {word(number)}\n"
                      f" Das Werkzeug {word(number)} tut dies. Es tut\n auch das.\n .\n" + f" viel mehr {word(number)}" * 12 + "\n")
    (folder / (PREFIX + "binary-amd64_Packages")).write_text("\n".join(packages))
    (folder / (PREFIX + "i18n_Translation-en")).write_text("\n".join(english))
    (folder / (PREFIX + "i18n_Translation-de")).write_text("\n".join(german), encoding="utf-8")


@unittest.skipUnless(os.access("/usr/lib/apt/apt-helper", os.X_OK), "apt reads package lists")
class Descriptions(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.home, self.lists = pathlib.Path(place.name) / "home", pathlib.Path(place.name) / "lists"
        self.lists.mkdir()
        write_lists(self.lists)

    def make(self, name):
        return subprocess.run([sys.executable, SCRIPT, name, "--lists", self.lists], capture_output=True, text=True,
                              env={**os.environ, "TANDEM_HOME": str(self.home)})

    def rows(self, name):
        folder = self.home / "data" / name
        return {split: [json.loads(line) for line in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]
                for split in ("train", "validation", "test")}

    def test_translations_keep_source_packages_together(self):
        done = self.make("debian-translation-en-de")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.strip(), str(self.home / "data" / "debian-translation-en-de"))
        rows = self.rows("debian-translation-en-de")
        splits_of = {}
        for split, pairs in rows.items():
            for pair in pairs:
                self.assertEqual(set(pair), {"source", "target", "package"})
                splits_of.setdefault(int(pair["package"].split("-")[1]) // 2, set()).add(split)
        self.assertTrue(all(len(splits) == 1 for splits in splits_of.values()))
        self.assertIn({"source": "The tool bc does this.", "target": "Das Werkzeug bc tut dies.", "package": "tool-12"},
                      rows["train"] + rows["validation"] + rows["test"])

    def test_summaries_go_from_the_long_text_to_the_synopsis(self):
        self.assertEqual(self.make("debian-summaries").returncode, 0)
        rows = self.rows("debian-summaries")
        self.assertEqual(sum(len(pairs) for pairs in rows.values()), PACKAGES)
        self.assertTrue(all(pair["target"].startswith("tool for ") and "\n" in pair["source"] for pair in rows["test"]))

    def test_a_second_run_changes_nothing_and_a_new_one_makes_the_same(self):
        self.make("debian-summaries")
        first = self.rows("debian-summaries")
        stamp = (self.home / "data" / "debian-summaries" / "train.jsonl").stat().st_mtime_ns
        again = self.make("debian-summaries")
        self.assertEqual(again.returncode, 0)
        self.assertIn("is there already", again.stderr)
        self.assertEqual((self.home / "data" / "debian-summaries" / "train.jsonl").stat().st_mtime_ns, stamp)
        self.home = self.home.with_name("other")
        self.make("debian-summaries")
        self.assertEqual(self.rows("debian-summaries"), first)

    def test_what_cannot_be_made_is_said_and_leaves_nothing(self):
        for name, words in (("debian-summaries-2", "no data set 'debian-summaries-2'"), ("debian-translation-en-en", "no data set"),
                            ("debian-translation-en-fr", "no descriptions in 'fr'")):
            done = self.make(name)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
        self.assertFalse(self.home.exists())


if __name__ == "__main__":
    unittest.main()
