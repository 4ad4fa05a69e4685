"""resources/data/pairs_of_text.py takes descriptions apart, matches translations and never lets splits share text."""
import pathlib
import sys
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "resources" / "data"))

import pairs_of_text as pairs  # noqa: E402


def row(source, target, source_package):
    return {"source": source, "target": target, "package": source_package + "-bin", "source_package": source_package}


def package_of(split, number=0):
    """The number-th made-up source package of a split."""
    return [name for name in (f"package-{i}" for i in range(2000)) if pairs.split_of(name) == split][number]


class Blocks(unittest.TestCase):
    def test_lines_of_a_paragraph_are_one_text_and_a_lone_dot_parts_them(self):
        self.assertEqual(pairs.blocks([" one", " two  three", " .", " four"]), ["one two three", "four"])

    def test_list_items_stand_alone_and_go_on_where_indented_deeper(self):
        lines = [" Features:", "  * fast", "    and small", "  * free", " .", " Use it."]
        self.assertEqual(pairs.blocks(lines), ["Features:", "* fast and small", "* free", "Use it."])

    def test_a_hyphen_inside_a_paragraph_begins_no_item(self):
        self.assertEqual(pairs.blocks([" it is fast", " - or nearly so."]), ["it is fast - or nearly so."])

    def test_items_at_the_margin_are_items(self):
        self.assertEqual(pairs.blocks([" - one", " - two"]), ["- one", "- two"])

    def test_lines_shown_as_they_stand_are_not_joined(self):
        self.assertEqual(pairs.blocks(["  red", "  green"]), ["red", "green"])


class Sentences(unittest.TestCase):
    def test_split_at_ends_before_capitals(self):
        self.assertEqual(pairs.sentences("It runs. Été comme hiver! Why? 3 times."),
                         ["It runs.", "Été comme hiver!", "Why?", "3 times."])

    def test_abbreviations_and_initials_do_not_end_one(self):
        for text in ("Tools, e.g. Perl, are here.", "By J. Smith of X.", "Es ist, z. B. Linux, frei.", "Version 1.2 of it."):
            self.assertEqual(pairs.sentences(text), [text])


class Agreement(unittest.TestCase):
    def test_numbers_must_be_the_same_whatever_parts_their_digits(self):
        self.assertTrue(pairs.agree("about 1,000 files of 3.5 MB", "environ 1 000 fichiers de 3,5 Mo"))
        self.assertFalse(pairs.agree("version 2 of the tool", "Version 3 des Werkzeugs"))
        self.assertFalse(pairs.agree("version 2 of the tool", "Version des Werkzeugs"))

    def test_lengths_must_be_similar(self):
        self.assertFalse(pairs.agree("a tool that does a great many things for you and for others", "ein Werkzeug"))

    def test_text_that_was_not_translated_is_none(self):
        self.assertFalse(pairs.agree("GNU Go board", "GNU Go Board"))


class Translation(unittest.TestCase):
    def test_sentences_are_matched_where_counts_agree(self):
        source = ("text editor", [" It is small. It is fast.", " .", " It is free."])
        target = ("Texteditor mit Fenster", [" Er ist klein. Er ist schnell.", " .", " Er ist frei."])
        self.assertEqual(pairs.translation_pairs(source, target),
                         [("text editor", "Texteditor mit Fenster"), ("It is small.", "Er ist klein."),
                          ("It is fast.", "Er ist schnell."), ("It is free.", "Er ist frei.")])

    def test_a_block_is_one_pair_where_sentences_do_not_agree(self):
        source = ("text editor", [" It is small. It is fast."])
        target = ("Texteditor mit Fenster", [" Er ist klein und schnell."])
        self.assertEqual(pairs.translation_pairs(source, target)[1:], [("It is small. It is fast.", "Er ist klein und schnell.")])

    def test_only_synopses_are_matched_where_counts_of_blocks_differ(self):
        source, target = ("text editor", [" One thing.", " .", " More of it."]), ("Texteditor mit Fenster", [" Eine Sache."])
        self.assertEqual(pairs.translation_pairs(source, target), [("text editor", "Texteditor mit Fenster")])

    def test_bullets_are_not_part_of_a_pair_and_an_item_matches_only_an_item(self):
        self.assertEqual(pairs.translation_pairs(("text editor", ["  * very fast"]), ("Texteditor hier", ["  - sehr schnell"]))[1],
                         ("very fast", "sehr schnell"))
        self.assertEqual(len(pairs.translation_pairs(("text editor", ["  * very fast"]), ("Texteditor hier", [" sehr schnell"]))), 1)


class Summary(unittest.TestCase):
    def test_long_descriptions_only(self):
        self.assertIsNone(pairs.summary_pair(("a tool", [" word" * 39])))
        self.assertEqual(pairs.summary_pair(("a tool", [" word" * 40])), (" ".join(["word"] * 40), "a tool"))


class Splits(unittest.TestCase):
    def test_the_split_of_a_package_never_changes(self):
        known = {"bash": "train", "gcc-12": "train", "krb5": "test", "linux": "train", "stellarium": "test"}
        self.assertEqual({name: pairs.split_of(name) for name in known}, known)

    def test_shares_are_about_as_declared(self):
        counts = [pairs.split_of(f"package-{i}") for i in range(10000)]
        self.assertAlmostEqual(counts.count("test"), 500, delta=70)
        self.assertAlmostEqual(counts.count("validation"), 500, delta=70)

    def test_one_source_package_is_in_one_split(self):
        made = pairs.divided([row(f"text {chr(97 + i)}", f"Text {chr(97 + i)}", package_of("test")) for i in range(20)])
        self.assertEqual([len(made[split]) for split in pairs.SPLITS], [0, 0, 20])

    def test_near_duplicates_stay_in_the_earlier_split_alone(self):
        train, validation, test = (package_of(split) for split in pairs.SPLITS)
        made = pairs.divided([row("Version 2 of X!", "Fassung 2 von X", train),
                              row("version 3 of x", "ganz anders gesagt", validation),
                              row("something else", "fassung 7, von x", test),
                              row("quite new", "ganz neu", test)])
        self.assertEqual([len(made[split]) for split in pairs.SPLITS], [1, 0, 1])
        self.assertEqual(made["test"][0], {"source": "quite new", "target": "ganz neu", "package": test + "-bin"})

    def test_a_pair_is_kept_once_in_a_split(self):
        made = pairs.divided([row("new text", "neuer Text", package_of("train", i)) for i in range(3)])
        self.assertEqual(len(made["train"]), 1)

    def test_order_does_not_depend_on_the_order_of_the_rows(self):
        rows = [row(f"text {chr(97 + i)}", f"Text {chr(97 + i)}", package_of("train", i)) for i in range(20)]
        self.assertEqual(pairs.divided(rows), pairs.divided(rows[::-1]))
        self.assertNotEqual([each["source"] for each in pairs.divided(rows)["train"]], [each["source"] for each in rows])


if __name__ == "__main__":
    unittest.main()
