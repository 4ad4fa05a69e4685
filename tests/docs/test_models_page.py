"""docs/formats/models.md names every model type and GGUF architecture that the sources register, and no other."""

import pathlib
import re
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
PAGE = TREE / "docs" / "formats" / "models.md"
FAMILIES = re.compile(r"FAMILY\((\w+)\)")
REGISTERED = re.compile(r"\.(model_types|gguf_architectures) = \{([^}]*)\}")
REFUSED = {"t5encoder"}  # known by name, to say what is missing
COLUMN = {"model_types": 1, "gguf_architectures": 2}


def registered():
    names = {kind: set() for kind in COLUMN}
    models = TREE / "engine" / "models"
    for family in FAMILIES.findall((models / "families.h").read_text()):
        for kind, values in REGISTERED.findall((models / family / "config.cpp").read_text()):
            names[kind].update(re.findall(r'"([^"]+)"', values))
    return names


def documented():
    names = {kind: set() for kind in COLUMN}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        for kind, column in COLUMN.items():
            if len(cells) > column and cells[column].startswith("`") and cells[column] != "`model_type`":
                names[kind].update(re.findall(r"`([^`]+)`", cells[column]))
    return names


class ModelsPage(unittest.TestCase):
    def test_every_registered_name_is_on_the_page(self):
        found = registered()
        self.assertGreater(len(found["model_types"]), 30)
        for kind, names in found.items():
            self.assertEqual(names - documented()[kind] - REFUSED, set(), kind)

    def test_the_page_names_nothing_else(self):
        for kind, names in documented().items():
            self.assertEqual(names - registered()[kind], set(), kind)


if __name__ == "__main__":
    unittest.main()
