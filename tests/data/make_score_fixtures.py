#!/usr/bin/env python3
"""Writes tests/data/scores: 1,000 pairs of texts and what sacreBLEU and rouge-score say of them.

In the tree: sacrebleu 2.6.0, rouge-score 0.1.2, nltk 3.10.4, numpy 2.4.6, scipy 1.17.1, regex 2026.11.19, Python 3.11.
The pairs are our own sentences (score_texts.py), changed as bad translations change them, and texts made to break a
scorer. Usage: make_score_fixtures.py
       make_score_fixtures.py --real LISTS OUT
The second form takes pairs from Debian's translated package descriptions (LISTS: the folder of *Translation-en,
*Translation-fr and *Translation-de that apt fetched) instead and writes them to OUT, for TANDEM_TEST_SCORES=OUT: texts
of mixed free licences, not kept in the tree.
"""
import json
import pathlib
import random
import re
import string
import subprocess
import sys

import numpy as np
from nltk.stem import porter
from rouge_score import rouge_scorer, scoring
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest
from scipy.stats import binomtest

import score_texts

FOLDER = pathlib.Path(__file__).parent / "scores"
BLOCK = 20

SENTENCE = ["bleu:eff=yes", "chrf", "chrf++", "ter", "rouge1", "rouge2", "rougeL", "rougeLsum", "rougeLsum:stem=yes"]
CORPUS = """bleu bleu:tok=none bleu:tok=zh bleu:tok=intl bleu:tok=char bleu:smooth=floor bleu:smooth=floor:value=0.35
bleu:smooth=add-k bleu:smooth=add-k:value=0.5 bleu:smooth=none bleu:lowercase=yes bleu:eff=yes:smooth=add-k
bleu:eff=yes:smooth=none bleu:tok=intl:lowercase=yes:smooth=floor:eff=yes
chrf chrf++ chrf:nc=4 chrf:nw=1 chrf:beta=1 chrf:beta=3:lowercase=yes chrf:space=yes chrf:eff=no chrf++:eff=no:space=yes
ter ter:case=yes ter:norm=yes ter:punct=no ter:norm=yes:asian=yes ter:norm=yes:asian=yes:punct=no:case=yes
ter:asian=yes:punct=no
rouge1 rouge1:stem=yes rouge2 rouge2:stem=yes rouge3 rouge9 rougeL rougeL:stem=yes rougeL:part=recall rougeLsum
rougeLsum:stem=yes rouge1:part=precision rougeLsum:part=recall
exact_match exact_match:ignore_case=yes exact_match:ignore_punctuation=yes exact_match:ignore_numbers=yes
exact_match:ignore_case=yes:ignore_punctuation=yes:ignore_numbers=yes exact_match:regex=[a-z0-9]+
exact_match:ignore_case=yes:regex=\\s|:""".split()
PAIRED = ["bleu", "chrf", "chrf++", "ter"]


def sides(name):
    """"bleu:tok=zh" -> "bleu", {"tok": "zh"}; regex= takes the rest."""
    name, _, rest = name.partition(":")
    options = {}
    while rest:
        cut = len(rest) if rest.startswith("regex=") else (rest + ":").index(":")
        key, _, value = rest[:cut].partition("=")
        options[key] = value
        rest = rest[cut + 1:]
    return name, options


def metric(name):
    name, options = sides(name)
    yes = lambda key, otherwise: options.get(key, otherwise) == "yes"
    if name == "bleu":
        value = options.get("value")
        return BLEU(tokenize=options.get("tok"), smooth_method=options.get("smooth", "exp"),
                    smooth_value=None if value is None else float(value), effective_order=yes("eff", "no"),
                    lowercase=yes("lowercase", "no"))
    if name in ("chrf", "chrf++"):
        return CHRF(char_order=int(options.get("nc", 6)), word_order=int(options.get("nw", 2 if name == "chrf++" else 0)),
                    beta=int(options.get("beta", 2)), lowercase=yes("lowercase", "no"), whitespace=yes("space", "no"),
                    eps_smoothing=not yes("eff", "yes"))
    return TER(normalized=yes("norm", "no"), no_punct=not yes("punct", "yes"), asian_support=yes("asian", "no"),
               case_sensitive=yes("case", "no"))


def columns(references):
    return [[refs[i] if i < len(refs) else None for refs in references] for i in range(max(map(len, references)))]


def rouge(name, hypotheses, references):
    name, options = sides(name)
    scorer = rouge_scorer.RougeScorer([name], use_stemmer=options.get("stem") == "yes")
    part = {"f1": "fmeasure"}.get(options.get("part", "f1"), options.get("part"))
    return [getattr(scorer.score_multi(refs, said)[name], part) for said, refs in zip(hypotheses, references)]


def exact_match(name, hypotheses, references):
    """lm-eval 0.4's exact_match, with any of several references."""
    _, options = sides(name)

    def reduced(text):
        if "regex" in options:
            text = re.sub(options["regex"], "", text)
        if options.get("ignore_case") == "yes":
            text = text.lower()
        if options.get("ignore_punctuation") == "yes":
            text = text.translate(str.maketrans("", "", string.punctuation))
        if options.get("ignore_numbers") == "yes":
            text = text.translate(str.maketrans("", "", string.digits))
        return text

    return [float(any(reduced(r) == reduced(said) for r in refs)) for said, refs in zip(hypotheses, references)]


def corpus(name, hypotheses, references):
    """The value of each block, of all, and the signature (empty where the source has none)."""
    blocks = range(0, len(hypotheses), BLOCK)
    if name.startswith(("rouge", "exact_match")):
        values = (rouge if name.startswith("rouge") else exact_match)(name, hypotheses, references)
        return [float(np.mean(values[i:i + BLOCK])) for i in blocks], float(np.mean(values)), ""
    scorer = metric(name)
    rows = scorer._extract_corpus_statistics(hypotheses, columns(references))
    of = lambda some: scorer._aggregate_and_compute([list(row) for row in some]).score
    return [of(rows[i:i + BLOCK]) for i in blocks], of(rows), str(scorer.get_signature())


def short(value):
    return float(f"{value:.13g}")


def worsened(text, rng):
    """As a bad translation would have it: words left out, doubled, swapped, moved, in another case."""
    words = text.split(" ") if " " in text else list(text)
    for _ in range(rng.randint(1, 4)):
        at, other = rng.randrange(len(words)), rng.randrange(len(words))
        kind = rng.randrange(8)
        if kind == 0 and len(words) > 2:
            del words[at]
        elif kind == 1:
            words.insert(at, words[other])
        elif kind == 2:
            words[at], words[other] = words[other], words[at]
        elif kind == 3:
            words = words[at:] + words[:at]
        elif kind == 4:
            words[at] = words[at].upper()
        elif kind == 5:
            words[at] += rng.choice([",", ".", "!", "-", "'s", "\n"])
        elif kind == 6 and len(words[at]) > 3:
            words[at] = words[at][:-2]
        else:
            words = words[:max(1, len(words) - at)]
    return (" " if " " in text else "").join(words)


def own_pairs(count):
    rng = random.Random(20)
    pairs = []
    for text in score_texts.ADVERSARIAL:
        pairs.append((text, [text]))
        pairs.append((text, [rng.choice(score_texts.ADVERSARIAL)]))
        pairs.append((worsened(text, rng) if text else "a", [text, rng.choice(score_texts.ADVERSARIAL)]))
    sentences = score_texts.SENTENCES
    while len(pairs) < count - 4:
        reference = rng.choice(sentences)
        if rng.randrange(4) == 0:
            reference += rng.choice([" ", "\n"]) + rng.choice(sentences)
        others = [worsened(reference, rng) for _ in range(rng.choice([0, 0, 0, 1, 1, 2]))]
        said = rng.choice(sentences) if rng.randrange(12) == 0 else worsened(reference, rng)
        pairs.append((said, [reference] + others))
    # Beyond every limit of the search for shifts, and longer than one machine word of anything.
    alphabet = [f"w{i}" for i in range(300)]
    for size in (40, 70, 130):
        some = [rng.choice(alphabet[:size // 2]) for _ in range(size)]
        moved = some[size // 3:] + some[:size // 3]
        pairs.append((" ".join(moved), [" ".join(some)]))
    pairs.append((" ".join(alphabet[:2]), [" ".join(alphabet[:150])]))
    rng.shuffle(pairs)
    return pairs


def descriptions(lists, language):
    text = ""
    for file in sorted(pathlib.Path(lists).glob(f"*Translation-{language}*")):
        text += subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", str(file)], capture_output=True,
                               check=True).stdout.decode() + "\n\n"
    found = {}
    for stanza in text.split("\n\n"):
        md5 = re.search(r"^Description-md5: (\S+)", stanza, re.MULTILINE)
        body = re.search(rf"^Description-{language}: (.*?)(?=^\S|\Z)", stanza, re.MULTILINE | re.DOTALL)
        if md5 and body:
            lines = [line.strip() for line in body.group(1).split("\n") if line.strip() not in ("", ".")]
            found[md5.group(1)] = lines
    return found


def real_pairs(lists, count):
    """Translations of one language as references, worsened ones, other languages and synopses as hypotheses."""
    rng = random.Random(21)
    english, pairs = descriptions(lists, "en"), []
    for language in ("fr", "de"):
        for md5, lines in descriptions(lists, language).items():
            if md5 in english and english[md5][0] != lines[0]:
                lines = lines[:rng.randint(1, 5)]  # sacreBLEU's TER takes minutes for long ones
                reference = rng.choice(["\n", " "]).join(lines)
                said = rng.choice([worsened(reference, rng), english[md5][0], "\n".join(english[md5][:4]), lines[0]])
                pairs.append((said, [reference] + ([worsened(reference, rng)] if rng.randrange(4) == 0 else [])))
    rng.shuffle(pairs)
    return pairs[:count]


def paired(count, hypotheses, references):
    """The first `count` pairs against a system that is the reference itself at every third."""
    hypotheses, references = hypotheses[:count], references[:count]
    other = [refs[0] if i % 3 == 0 else said for i, (said, refs) in enumerate(zip(hypotheses, references))]
    systems = [("baseline", hypotheses), ("system", other)]
    out = {"count": count, "scores": {}}
    for name in PAIRED:
        entry = {}
        for test, samples in (("bs", 500), ("ar", 500)):
            signatures, results = PairedTest(systems, {"m": metric(name)}, columns(references), test_type=test,
                                             n_samples=samples)()
            (key,) = signatures
            entry[test] = {"signature": str(signatures[key]), "p": results[key][1].p_value}
            if test == "bs":
                entry[test]["means"] = [float(r.mean) for r in results[key]]
                entry[test]["widths"] = [float(r.ci) for r in results[key]]
        out["scores"][name] = entry
    # rouge-score draws from numpy's global state, which nobody seeds; here from what sacreBLEU draws from.
    rng = np.random.default_rng(12345)
    np.random.choice = lambda values, size: rng.choice(len(values), size=size)
    aggregator = scoring.BootstrapAggregator()
    for value in rouge("rougeL", hypotheses, references):
        aggregator.add_scores({"rougeL": scoring.Score(value, value, value)})
    low, middle, high = aggregator.aggregate()["rougeL"]
    out["rougeL"] = [float(low.fmeasure), float(middle.fmeasure), float(high.fmeasure)]
    return out


def random_numbers():
    out = []
    for seed in (0, 1, 12345, 2**32, 2**63 + 5):
        rng = np.random.default_rng(seed)
        draws = [[n, rng.choice(n, size=9, replace=True).tolist()] for n in (1, 2, 10, 1000, 3_000_000_000)]
        coins = rng.integers(2, size=70, dtype=bool).astype(int).tolist()
        out.append({"seed": str(seed), "draws": draws, "coins": "".join(map(str, coins))})
    return out


def write(folder, pairs):
    folder.mkdir(parents=True, exist_ok=True)
    hypotheses, references = [p[0] for p in pairs], [p[1] for p in pairs]
    (folder / "pairs.json").write_text(
        "[\n" + ",\n".join(json.dumps([said] + refs, ensure_ascii=False) for said, refs in pairs) + "\n]\n", encoding="utf-8")
    sentence = {}
    for name in SENTENCE:
        if name.startswith("rouge"):
            values = rouge(name, hypotheses, references)
        else:
            scorer = metric(name)
            values = [scorer.sentence_score(said, refs).score for said, refs in zip(hypotheses, references)]
        sentence[name] = [short(v) for v in values]
    corpora = {}
    for name in CORPUS:
        blocks, whole, signature = corpus(name, hypotheses, references)
        _, first, first_signature = corpus(name, hypotheses, [refs[:1] for refs in references])
        corpora[name] = {"blocks": [short(v) for v in blocks], "whole": whole, "signature": signature, "first": first,
                         "first_signature": first_signature}
    stemmer = porter.PorterStemmer()
    words = sorted({w for p in pairs for text in [p[0]] + p[1] for w in re.findall("[a-z0-9]{4,}", text.lower())} |
                   set(score_texts.STEMS))[:6000]
    document = {"block": BLOCK, "sentence": sentence, "corpus": corpora,
                "paired": [paired(count, hypotheses, references) for count in (200, 12)],
                "random": random_numbers(),
                "mcnemar": [[a, b, binomtest(a, a + b, 0.5).pvalue if a + b else 1.0]
                            for a, b in ((0, 0), (1, 0), (0, 5), (5, 5), (3, 10), (10, 3), (100, 140), (1000, 1200),
                                         (100000, 101000), (0, 2000))],
                "stems": " ".join(f"{w}:{stemmer.stem(w)}" for w in words)}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace(',"', ',\n"')
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")
    print(folder, len(pairs), "pairs", sum(f.stat().st_size for f in folder.iterdir()), "bytes")


if sys.argv[1:2] == ["--real"]:
    write(pathlib.Path(sys.argv[3]), real_pairs(sys.argv[2], 1000))
else:
    write(FOLDER, own_pairs(1000))
