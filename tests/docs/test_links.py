"""Every relative link and image of the documentation names a file that is there."""
import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def documents():
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/*.md")])


class Links(unittest.TestCase):
    def test_there_is_documentation(self):
        self.assertGreater(len(documents()), 5)

    def test_relative_links_lead_to_files(self):
        for document in documents():
            for target in LINK.findall(FENCE.sub("", document.read_text())):
                if "://" not in target and not target.startswith("mailto:"):
                    with self.subTest(document=str(document.relative_to(ROOT)), target=target):
                        self.assertTrue((document.parent / target).exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
