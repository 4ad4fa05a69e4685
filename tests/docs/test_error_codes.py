"""docs/formats/errors.md and the sources name the same error codes.

Usage: test_error_codes.py [--list | --missing]
"""

import pathlib
import re
import sys
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
PAGE = TREE / "docs" / "formats" / "errors.md"
ROOMS = ("engine", "experiments", "db", "app")

# "GGUF_TYPE" and "W_AUTO_MAP: ..." anywhere; words without an underscore only where they are said to be a code.
CODE = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?=[":])')
PLAIN_CODE = re.compile(r'(?:\.|_)code = "([A-Z][A-Z0-9]*)"')
# Number formats of weights and variables of the environment are spelled alike.
NOT_CODES = re.compile(r"^(I?Q\d|TQ\d|F\d+_E|MXFP|TANDEM_|XDG_|NO_COLOR$|CUDA_|G?OMP_|MKL_|LD_|QT_|PYTHON|PIP_)|_PROXY$|_LM$")
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \| (2|3|130|141|-) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
SECTION = re.compile(r"^## .*\n<!-- sources: ([^>]*) -->\n", re.MULTILINE)


def sources(tree):
    for room in ROOMS:
        for file in sorted((tree / room).rglob("*")):
            if file.suffix in (".h", ".cpp", ".cu"):
                yield file.relative_to(tree).as_posix(), file.read_text(encoding="utf-8")


def codes_in(tree):
    """Code -> the files that say it."""
    found = {}
    for path, text in sources(tree):
        for code in CODE.findall(text) + PLAIN_CODE.findall(text):
            if not NOT_CODES.search(code):
                found.setdefault(code, []).append(path)
    return found


def documented(page):
    """Code -> the parts of the tree that its section is about; and codes with two rows."""
    rows, twice = {}, []
    parts = SECTION.split(page)[1:]
    for where, body in zip(parts[::2], parts[1::2]):
        for code, _ in ROW.findall(body):
            if code in rows:
                twice.append(code)
            rows[code] = where.split()
    return rows, twice


def is_built(tree, prefixes):
    """Whether a part is in this tree; a row for one that is not yet there is no mistake."""
    return any(path.startswith(prefix) and path.endswith(".cpp") for path, _ in sources(tree) for prefix in prefixes)


class ErrorCodes(unittest.TestCase):
    def setUp(self):
        self.found = codes_in(TREE)
        self.rows, self.twice = documented(PAGE.read_text(encoding="utf-8"))

    def test_every_code_is_documented(self):
        missing = {code: files[0] for code, files in self.found.items() if code not in self.rows}
        self.assertEqual(missing, {}, f"add a row to {PAGE.relative_to(TREE)}")

    def test_every_row_has_its_code(self):
        stale = [code for code, parts in self.rows.items() if code not in self.found and is_built(TREE, parts)]
        self.assertEqual(stale, [], f"remove the row from {PAGE.relative_to(TREE)}")

    def test_no_code_has_two_rows(self):
        self.assertEqual(self.twice, [])

    def test_every_row_can_be_read(self):
        rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `") and "_" in line.split("|")[1]
                and line.split("|")[1].strip("` ").isupper()]
        self.assertEqual([line for line in rows if not ROW.match(line)], [])
        self.assertGreater(len(self.rows), 100)


class PlantedCode(unittest.TestCase):
    def test_a_new_code_is_found_and_a_number_format_is_none(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "db" / "a.cpp"
            file.parent.mkdir()
            file.write_text('fail("DB_ON_FIRE", x); name = "IQ2_XS"; {.code = "ODD"}; note("W_SMOKE: here");', encoding="utf-8")
            self.assertEqual(set(codes_in(pathlib.Path(folder))), {"DB_ON_FIRE", "ODD", "W_SMOKE"})


if __name__ == "__main__":
    if sys.argv[1:] in (["--list"], ["--missing"]):
        rows = documented(PAGE.read_text(encoding="utf-8"))[0]
        for name, files in sorted(codes_in(TREE).items()):
            if sys.argv[1] == "--list" or name not in rows:
                print(name, files[0])
        sys.exit(0)
    sys.exit(unittest.main(argv=sys.argv[:1]))
