"""A small model that a large one guides learns what it cannot learn alone, through the program, from one file."""
import json
import shutil
import unittest

import task_home
from task_home import make_guided_task

CHANCE = 1 / len(make_guided_task.ANSWERS)


class GuidedTask(task_home.TaskHome):
    experiment = "guided-task.yaml"

    def scores(self, pairing):
        return [trial["metrics"]["exact_match"]["mean"] for trial in self.trials if trial["pairing"] == pairing]

    def test_the_task_is_what_it_says(self):
        words = {name: json.loads((self.folder / name / "tokenizer.json").read_text())["model"]["vocab"] for name in ("llm", "slm")}
        self.assertTrue(set(make_guided_task.SIGNS) <= set(words["llm"]))
        self.assertFalse(set(make_guided_task.SIGNS) & set(words["slm"]))
        sources = [json.loads(line)["source"] for split in make_guided_task.ROWS
                   for line in (self.folder / f"{split}.jsonl").read_text().splitlines()]
        self.assertEqual(len(set(sources)), sum(make_guided_task.ROWS.values()))

    def test_every_seed_of_both_is_done(self):
        self.assertEqual(sorted((trial["pairing"], trial["state"]) for trial in self.trials),
                         [("alone", "done")] * 2 + [("guided", "done")] * 2)

    def test_alone_the_small_model_guesses(self):
        for score in self.scores("alone"):
            self.assertGreater(score, CHANCE / 4)  # it has learned the colour, and one of the words
            self.assertLess(score, 3 * CHANCE)

    def test_guided_it_knows(self):
        for score in self.scores("guided"):
            self.assertGreater(score, 0.95)

    def trial(self, pairing):
        return next(trial["trial"] for trial in self.trials if trial["pairing"] == pairing)

    def answer(self, folder, source, *more):
        said = self.tandem("generate", folder, "--prompt", source, "--max-new-tokens", "4", "--json", *more)
        self.assertEqual(said.returncode, 0, said.stderr)
        return json.loads(said.stdout)

    def test_what_was_trained_is_exported_and_answers_elsewhere(self):
        several = self.tandem("export", "--experiment", "guided-task", "--pairing", "guided", "--out", "several")
        self.assertEqual(several.returncode, 2)
        self.assertIn("EXPORT_SEVERAL", several.stderr)
        rows = [json.loads(line) for line in (self.folder / "test.jsonl").read_text().splitlines()][:8]
        exported = self.tandem("export", self.trial("guided"), "--out", "exported", "--with-llm", "--json")
        self.assertEqual(exported.returncode, 0, exported.stderr)
        self.assertEqual(json.loads(exported.stdout)["kind"], "pairing")
        again = self.tandem("export", self.trial("guided"), "--out", "exported")
        self.assertIn("EXPORT_EXISTS", again.stderr)
        self.assertEqual(self.tandem("export", self.trial("guided"), "--out", "light").returncode, 0)
        trained = next(self.folder.rglob(f"trials/{self.trial('guided')}/trained"))
        here = [self.answer(folder, row["source"])["text"] for folder in (trained, "light") for row in rows]
        away = self.folder / "away"
        away.mkdir()
        shutil.move(self.folder / "exported", away / "pairing")
        llm = self.folder / "llm"
        llm.rename(self.folder / "hidden")
        try:
            there = [self.answer(away / "pairing", row["source"]) for row in rows]
            self.assertEqual([said["text"] for said in there] * 2, here)
            self.assertGreaterEqual(sum(said["text"].strip() == row["target"].strip() for said, row in zip(there, rows)), 7)
            self.assertEqual(there[0]["pairing"]["method"], "llm-to-slm")
            missing = self.tandem("generate", "light", "--prompt", rows[0]["source"])
            self.assertEqual(missing.returncode, 2)
            self.assertIn("PAIRING_MODEL", missing.stderr)
            self.assertIn("--llm", missing.stderr)
            self.assertEqual(self.answer("light", rows[0]["source"], "--llm", "hidden")["text"], here[0])
            other = self.tandem("generate", "light", "--prompt", rows[0]["source"], "--llm", "slm")
            self.assertIn("PAIRING_MODEL", other.stderr)
        finally:
            (self.folder / "hidden").rename(llm)
        timed = self.tandem("bench", "light", "-p", "8", "-n", "4", "-r", "2", "--json")
        self.assertEqual(timed.returncode, 0, timed.stderr)
        self.assertEqual(json.loads(timed.stdout)["metrics"]["ttft_ms"]["n"], 2)
        info = json.loads(self.tandem("model", "info", "light", "--json").stdout)
        self.assertEqual((info["method"], info["llm"]["present"]), ("llm-to-slm", True))

    def test_a_model_alone_is_exported_as_a_model(self):
        exported = self.tandem("export", self.trial("alone"), "--out", "alone-model", "--json")
        self.assertEqual(exported.returncode, 0, exported.stderr)
        self.assertEqual(json.loads(exported.stdout)["kind"], "model")
        self.assertTrue((self.folder / "alone-model" / "config.json").is_file())
        self.assertTrue(self.answer("alone-model", "a")["tokens"] is not None)

    def test_each_validation_and_its_answers_are_told(self):
        number = r"[0-9.e-]+"
        for pairing in ("alone", "guided"):
            for step in (150, 300):
                self.assertRegex(self.said, rf"{pairing}/learn seed=1 step {step} of 300: validation loss {number}, "
                                            rf"loss {number}, learning rate {number}, [0-9]+ tokens/s")
        first = json.loads((self.folder / "validation.jsonl").read_text().splitlines()[0])
        self.assertIn(f"preview 1, source: {first['source']}", self.said)
        self.assertIn(f"preview 1, target: {first['target']}", self.said)
        self.assertGreaterEqual(self.said.count("preview 2, answer: "), 8)

    def test_a_second_run_has_nothing_to_do(self):
        again = self.tandem("run", self.folder / "guided-task.yaml", "--json")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(json.loads(again.stdout)["done"], 0)


if __name__ == "__main__":
    unittest.main()
