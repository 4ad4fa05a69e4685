"""The architecture test: the tree keeps the plan, and planted violations are caught."""

import pathlib
import sys
import tempfile
import unittest

import check

TREE = pathlib.Path(__file__).resolve().parents[2]


def violations_with(path, text):
    """Violations of a tree that holds one file."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / path
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        return check.check_tree(pathlib.Path(folder))


class Tree(unittest.TestCase):
    def test_keeps_the_plan(self):
        self.assertEqual(check.check_tree(TREE), [])


class PlantedViolation(unittest.TestCase):
    def test_planning_may_not_know_execution(self):
        found = violations_with("experiments/plan/plan.cpp", '#include "experiments/execute/executor.h"\n')
        self.assertEqual(len(found), 1)
        self.assertIn("experiments/plan may not include experiments/execute/executor.h", found[0])

    def test_store_and_execution_never_see_each_other(self):
        self.assertTrue(violations_with("db/store/store.cpp", '#include "experiments/execute/executor.h"\n'))
        self.assertTrue(violations_with("experiments/execute/a.cpp", '#include "db/store/store.h"\n'))

    def test_nothing_includes_app(self):
        self.assertTrue(violations_with("experiments/execute/a.cpp", '#include "app/runner/runner.h"\n'))

    def test_qt_stays_in_the_studio(self):
        for header in ("QString", "QtWidgets/QLabel", "QtCharts"):
            self.assertTrue(violations_with("app/cli/a.cpp", f"#include <{header}>\n"), header)
            self.assertEqual(violations_with("app/studio/a.cpp", f"#include <{header}>\n"), [], header)

    def test_torch_stays_in_the_engine(self):
        for header in ("torch/torch.h", "ATen/ATen.h", "c10/core/Device.h"):
            self.assertTrue(violations_with("app/studio/a.cpp", f"#include <{header}>\n"), header)
            self.assertTrue(violations_with("engine/api/a.h", f"#include <{header}>\n"), header)
            self.assertTrue(violations_with("engine/models/inspect.cpp", f"#include <{header}>\n"), header)
            self.assertTrue(violations_with("engine/tensor/gguf.cpp", f"#include <{header}>\n"), header)
            self.assertEqual(violations_with("engine/nn/a.cpp", f"#include <{header}>\n"), [], header)

    def test_sqlite_yaml_and_asio_stay_in_their_rooms(self):
        self.assertTrue(violations_with("app/cli/a.cpp", "#include <sqlite3.h>\n"))
        self.assertTrue(violations_with("experiments/plan/a.cpp", "#include <yaml-cpp/yaml.h>\n"))
        self.assertTrue(violations_with("engine/api/a.cpp", "#include <boost/asio.hpp>\n"))

    def test_a_file_in_no_room_is_named(self):
        self.assertIn("lies in no room", violations_with("app/common/a.cpp", "\n")[0])

    def test_a_file_that_is_too_long_is_named(self):
        self.assertIn("601 lines", violations_with("engine/api/a.h", "\n" * 601)[0])


if __name__ == "__main__":
    sys.exit(unittest.main(argv=sys.argv[:1]))
