"""Speed-ups against a large model alone, from one file to tables and the report, through the program."""
import json
import re
import sqlite3
import unittest

import task_home


class Speedup(task_home.TaskHome):
    experiment = "speedup.yaml"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.large = {cls.key(trial): trial for trial in cls.trials if trial["pairing"] == "large"}

    @staticmethod
    def key(trial):
        return trial["seed"], trial["settings"]["workloads.speed.new_tokens"]

    def mean(self, trial, metric):
        return trial["metrics"][metric]["mean"]

    def test_every_pairing_is_compared_with_the_trial_of_its_length_and_seed(self):
        compared = [trial for trial in self.trials if trial["baseline"]]
        self.assertEqual(len(self.trials), 16)
        self.assertEqual({(trial["pairing"], trial["baseline"]) for trial in compared},
                         {("guided", "large"), ("linear", "large"), ("small", "large")})
        for trial in compared:
            large = self.large[self.key(trial)]
            for ratio, metric in (("speedup", "end_to_end_ms"), ("ttft_speedup", "ttft_ms"), ("tpot_speedup", "tpot_ms")):
                expected = self.mean(large, metric) / self.mean(trial, metric)
                self.assertAlmostEqual(self.mean(trial, ratio) / expected, 1, places=9)
                self.assertLess(trial["metrics"][ratio]["ci95_low"], expected)
                self.assertGreater(trial["metrics"][ratio]["ci95_high"], expected)
            self.assertAlmostEqual(self.mean(trial, "peak_rss_ratio"),
                                   self.mean(trial, "peak_rss_bytes") / self.mean(large, "peak_rss_bytes"), places=9)
            self.assertGreater(self.mean(trial, "size_ratio"), 0)
        self.assertEqual({trial["partner"] for trial in compared if trial["pairing"] == "guided"}, {"large"})
        for trial in self.large.values():
            self.assertNotIn("speedup", trial["metrics"])

    def test_the_table_has_one_row_for_the_seeds_of_each_pairing_and_length(self):
        table = self.tandem("results", "--speedup", "--group-seeds", "--format", "markdown").stdout
        self.assertEqual(len(re.findall(r"^\| (?:guided|linear|small) ", table, re.MULTILINE)), 6, table)
        self.assertIn("small + large", table)
        self.assertIn("trials with different seeds", table)

    def test_a_filter_may_ask_for_a_speedup(self):
        rows = json.loads(self.tandem("results", "--json", "--where", "pairing=guided,speedup>0").stdout)["trials"]
        self.assertEqual(len(rows), 4)

    def test_the_report_draws_both_charts(self):
        wrote = self.tandem("report", "--out", "speedup.html")
        self.assertEqual(wrote.returncode, 0, wrote.stderr)
        page = (self.folder / "speedup.html").read_text()
        self.assertIn("<h2>Speed-up against large</h2>", page)
        self.assertIn("Speed-up by output length: speed", page)
        self.assertIn("1×: as fast as the baseline", page)

    def test_a_baseline_changes_no_trial(self):
        again = (self.folder / "speedup.yaml").read_text().replace("small: {model: small, baseline: large}", "small: small")
        (self.folder / "again.yaml").write_text(again)
        plan = json.loads(self.tandem("plan", "again.yaml", "--json").stdout)
        self.assertEqual((plan["to_run"], plan["to_skip"]), (0, 16))

    def test_the_database_has_them_as_a_view(self):
        database = sqlite3.connect(f"file:{self.folder / 'data/tandem/results.db'}?mode=ro", uri=True)
        self.addCleanup(database.close)
        rows = database.execute("SELECT count(*) FROM v_speedup WHERE metric = 'end_to_end_ms' AND ratio > 0").fetchone()
        self.assertEqual(rows, (12,))

    def test_a_plan_says_what_has_nothing_to_be_compared_with(self):
        text = (self.folder / "speedup.yaml").read_text().replace("repetitions: 3}", "repetitions: 3, pairings: [small]}")
        (self.folder / "lone.yaml").write_text(text)
        plan = self.tandem("plan", "lone.yaml")
        self.assertIn("4 trials of pairing small have no speed-up: its baseline large", plan.stdout + plan.stderr)


if __name__ == "__main__":
    unittest.main()
