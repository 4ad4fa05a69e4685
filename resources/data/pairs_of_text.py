"""Pairs of texts for training: descriptions taken apart, matched with their translations, and divided into splits.

Pure functions; debian_descriptions.py reads the package lists and writes the files.
"""
import hashlib
import re

SPLITS = ("train", "validation", "test")
SPLIT_HUNDREDTHS = {"test": 5, "validation": 5}  # of the source packages; train has the others

BULLET = re.compile(r"(?:[-*+•·o]|\d{1,2}[.)])\s+")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'«„(]?[A-ZÀ-ÞŒ0-9])")
ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[A-Za-z]|e\.\s?g|i\.\s?e|z\.\s?B|d\.\s?h|u\.\s?a|etc|cf|vs|ca|bzw|usw|resp|approx|incl|"
                          r"Dr|Mr|Mrs|St|No|Nr|Inc|Ltd|Co|Prof|ex|env|évtl|evtl|ggf|inkl|sog|vgl|v)\.$")


def blocks(lines):
    """The paragraphs and list items of a long description, each as one line of text.

    `lines` are those below the synopsis, each with the blank that it begins with. A lone dot parts paragraphs; lines
    that begin with two or more blanks are shown as they stand, so a bullet begins an item, what is indented deeper
    than it goes on with it, and any other such line is a block of its own.
    """
    found = []
    item_indent = None  # of the item that is being read; -1: a paragraph; None: nothing
    for line in lines:
        text = line[1:].rstrip()
        if text in (".", ""):
            item_indent = None
            continue
        indent = len(text) - len(text.lstrip())
        text = " ".join(text.split())
        if BULLET.match(text) and (indent > 0 or item_indent != -1):
            found.append(text)
            item_indent = indent
        elif item_indent is not None and (indent == 0 if item_indent == -1 else indent > item_indent):
            found[-1] += " " + text
        else:
            found.append(text)
            item_indent = -1 if indent == 0 else indent
    return found


def sentences(text):
    """The sentences of a block; one that ends with an abbreviation goes on."""
    found = []
    for part in SENTENCE_END.split(text):
        if found and ABBREVIATION.search(found[-1]):
            found[-1] += " " + part
        else:
            found.append(part)
    return found


def without_bullet(text):
    return BULLET.sub("", text, count=1) if BULLET.match(text) else text


def numbers(text):
    return sorted(re.findall(r"\d+", text))


def agree(source, target):
    """Whether two texts can be translations of each other: the same numbers, similar lengths, not the same text."""
    if source.casefold() == target.casefold() or len(source.split()) < 2 or not target:
        return False
    longer, shorter = max(len(source), len(target)), min(len(source), len(target))
    return longer <= 2 * shorter + 10 and numbers(source) == numbers(target)


def translation_pairs(source, target):
    """Pairs (source, target) of two descriptions, each (synopsis, lines).

    Their blocks are matched in order where they have the same number of them, else only the synopses are. A block
    gives a pair for each sentence where both have the same number of sentences and each pair agrees, else one pair.
    """
    candidates = [(source[0], target[0])]
    source_blocks, target_blocks = blocks(source[1]), blocks(target[1])
    if len(source_blocks) == len(target_blocks):
        for left, right in zip(source_blocks, target_blocks):
            if bool(BULLET.match(left)) != bool(BULLET.match(right)):
                continue
            left, right = without_bullet(left), without_bullet(right)
            parts = list(zip(sentences(left), sentences(right)))
            if len(sentences(left)) == len(sentences(right)) and all(agree(*part) for part in parts):
                candidates.extend(parts)
            else:
                candidates.append((left, right))
    return [pair for pair in candidates if agree(*pair)]


def summary_pair(description, least_words=40):
    """(long description, synopsis), or None where the long description is short or does not say more."""
    synopsis, lines = " ".join(description[0].split()), blocks(description[1])
    text = "\n".join(lines)
    if len(text.split()) < least_words or len(synopsis.split()) < 2:
        return None
    return text, synopsis


def split_of(source_package):
    """The split of everything that is made from a source package: always the same, whatever else there is."""
    place = int.from_bytes(hashlib.sha256(source_package.encode()).digest()[:8], "big") % 100
    for split, share in SPLIT_HUNDREDTHS.items():
        if place < share:
            return split
        place -= share
    return "train"


def normalised(text):
    """What two near-duplicates have in common: letters and digits, in one case, every number the same."""
    return re.sub(r"\d+", "0", " ".join(re.findall(r"\w+", text.casefold())))


def divided(rows):
    """Rows {source, target, package, source_package} -> {split: rows}, without source_package and without repetitions.

    Splits go by source package. A pair whose source or target says in train what one in validation or test says too is
    left out of those, as is one of test that validation has; inside a split a pair is kept once. Each split is in an
    order that depends on the rows alone, so that its first rows are a fair sample of it.
    """
    by_split = {split: [] for split in SPLITS}
    for row in rows:
        by_split[split_of(row["source_package"])].append(row)
    result, seen_sources, seen_targets = {}, set(), set()
    for split in SPLITS:
        own = {}
        for row in by_split[split]:
            key = (normalised(row["source"]), normalised(row["target"]))
            if key[0] in seen_sources or key[1] in seen_targets or not all(key):
                continue
            own.setdefault(key, {name: row[name] for name in ("source", "target", "package")})
        seen_sources.update(source for source, _ in own)
        seen_targets.update(target for _, target in own)
        result[split] = sorted(own.values(), key=lambda row: hashlib.sha256(
            "\0".join((row["package"], row["source"], row["target"])).encode()).digest())
    return result
