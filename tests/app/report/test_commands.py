"""What `results`, `compare` and `report` print and return, run as a program on a database of example results; and the
example queries of docs/formats/database.md, run on the same database.

usage: test_commands.py PROGRAM MAKE_EXAMPLE SOURCE_DIR
"""

import csv
import io
import json
import math
import re
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM, MAKE_EXAMPLE, SOURCE = sys.argv.pop(1), sys.argv.pop(1), Path(sys.argv.pop(1))
STATISTICS = ["n", "mean", "sd", "ci95_low", "ci95_high", "p50", "p90", "min", "max"]


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60)


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.database = Path(cls.folder.name) / "results.db"
        subprocess.run([MAKE_EXAMPLE, str(cls.database), "12"], check=True, timeout=60)
        cls.connection = sqlite3.connect(cls.database)

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        cls.folder.cleanup()

    def results(self, *arguments):
        done = run("results", "--db", self.database, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_csv_holds_exactly_the_stored_numbers(self):
        rows = list(csv.DictReader(io.StringIO(self.results("--format", "csv"), newline="")))
        self.assertEqual(len(rows), 16)
        stored = self.connection.execute(
            f"SELECT t.id, m.name, {', '.join('m.' + s for s in STATISTICS)} FROM trials AS t "
            "JOIN metrics AS m ON m.attempt_id = t.done_attempt").fetchall()
        self.assertGreater(len(stored), 100)
        by_id = {row["trial"]: row for row in rows}
        for trial, metric, *values in stored:
            for statistic, value in zip(STATISTICS, values):
                printed = by_id[trial][f"{metric}_{statistic}"]
                if value is None:
                    self.assertEqual(printed, "", (metric, statistic))
                else:
                    self.assertEqual(float(printed), float(value), (metric, statistic))

    def test_csv_and_jsonl_agree(self):
        rows = list(csv.DictReader(io.StringIO(self.results("--format", "csv"), newline="")))
        objects = [json.loads(line) for line in self.results("--format", "jsonl").splitlines()]
        self.assertEqual([row["trial"] for row in rows], [item["trial"] for item in objects])
        for row, item in zip(rows, objects):
            self.assertEqual(row["state"], item["state"])
            for path, value in item["settings"].items():
                self.assertEqual(row[path], value)
            for name, metric in item["metrics"].items():
                expected = "" if metric["mean"] is None else metric["mean"]
                self.assertEqual(float(row[name + "_mean"]) if row[name + "_mean"] else "", expected)

    def test_json_is_one_document(self):
        document = json.loads(self.results("--json"))
        self.assertEqual(document["database"], str(self.database))
        self.assertEqual(len(document["trials"]), 16)

    def test_seeds_are_merged_over_trials(self):
        where = ["--where", "load.dtype=f32,prompt_tokens=64,kind=benchmark"]
        apart = [json.loads(line) for line in self.results("--format", "jsonl", *where).splitlines()]
        merged = json.loads(self.results("--format", "jsonl", "--group-seeds", *where))
        means = [item["metrics"]["ttft_ms"]["mean"] for item in apart]
        self.assertEqual(merged["seeds"], [1, 2])
        self.assertEqual(merged["metrics"]["ttft_ms"]["n"], 2)
        self.assertTrue(math.isclose(merged["metrics"]["ttft_ms"]["mean"], sum(means) / 2, rel_tol=1e-12))

    def test_failed_trials_are_shown_with_their_code(self):
        self.assertIn("failed WORKER_KILLED", self.results())

    def test_a_pipe_gets_no_colour_and_no_limit(self):
        text = self.results()
        self.assertNotIn("\x1b", text)
        self.assertNotIn("left out", text)

    def test_a_filter_with_a_mistake_is_refused_with_a_suggestion(self):
        done = run("results", "--db", self.database, "--where", "promt_tokens=64")
        self.assertEqual(done.returncode, 2)
        self.assertIn("QUERY_FILTER", done.stderr)
        self.assertIn("did you mean 'prompt_tokens'", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_missing_database_is_named_with_what_to_run(self):
        for command in (["results"], ["compare", "a", "b"], ["report", "--out", "x.html"]):
            done = run(*command, "--db", "/nonexistent/results.db")
            self.assertEqual(done.returncode, 2)
            self.assertIn("/nonexistent/results.db", done.stderr)
            self.assertIn("tandem run FILE", done.stderr)

    def test_an_unknown_experiment_is_refused_with_the_known_ones(self):
        done = run("results", "--db", self.database, "--experiment", "nope")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'quickstart'", done.stderr)

    def test_compare_takes_beginnings_of_ids(self):
        trials = json.loads(self.results("--json", "--where", "kind=generate"))["trials"]
        done = run("compare", "--db", self.database, "--json", trials[0]["trial"][:10], trials[1]["trial"][:10])
        self.assertEqual(done.returncode, 0, done.stderr)
        comparison = json.loads(done.stdout)
        names = [cause["name"] for cause in comparison["causes"]]
        self.assertIn("load.dtype", names)
        self.assertNotIn("seed", names)
        self.assertEqual(len(comparison["effects"]["outputs"]), 1)
        self.assertEqual(comparison["effects"]["equal_outputs"], 1)

    def test_compare_refuses_ambiguous_unknown_and_repeated_trials(self):
        trial = json.loads(self.results("--json"))["trials"][0]["trial"]
        for first, second, code in ((trial, "zz", "TRIAL_NOT_FOUND"), (trial, trial[:12], "TRIAL_TWICE")):
            done = run("compare", "--db", self.database, first, second)
            self.assertEqual(done.returncode, 2)
            self.assertIn(code, done.stderr)
        heads = [item["trial"][0] for item in json.loads(self.results("--json"))["trials"]]
        shared = next(head for head in heads if heads.count(head) > 1)
        self.assertIn("TRIAL_AMBIGUOUS", run("compare", "--db", self.database, trial, shared).stderr)

    def test_report_is_written_and_replaced(self):
        out = Path(self.folder.name) / "report.html"
        first = run("report", "--db", self.database, "--out", out)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertTrue(first.stdout.startswith(f"wrote {out}"))
        self.assertTrue(run("report", "--db", self.database, "--out", out).stdout.startswith("replaced"))
        self.assertIn("</html>", out.read_text())
        out.write_text("my notes")
        self.assertEqual(run("report", "--db", self.database, "--out", out).returncode, 2)
        self.assertEqual(out.read_text(), "my notes")

    def test_a_sample_of_the_database_page_runs_and_finds_something(self):
        page = (SOURCE / "docs/formats/database.md").read_text()
        queries = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
        self.assertGreaterEqual(len(queries), 8)
        for query in queries:
            with self.subTest(query=query):
                rows = self.connection.execute(query).fetchall()
                self.assertTrue(rows, "the example finds nothing")

    def test_the_database_page_names_every_table_view_and_column(self):
        page = (SOURCE / "docs/formats/database.md").read_text()
        sections = dict(re.findall(r"^### `(\w+)`.*?\n(.*?)(?=^##)", page + "\n## end", re.DOTALL | re.MULTILINE))
        for kind, name in self.connection.execute(
                "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"):
            self.assertIn(name, sections, f"{kind} {name} has no section")
            for (column,) in self.connection.execute("SELECT name FROM pragma_table_info(?)", (name,)):
                self.assertIn(f"`{column}`", sections[name], f"{name}.{column} is not described")

    def test_the_database_page_gives_the_schema_version(self):
        page = (SOURCE / "docs/formats/database.md").read_text()
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        self.assertIn(f"The current version is {version}.", page)


if __name__ == "__main__":
    unittest.main()
