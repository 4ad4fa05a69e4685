#!/usr/bin/env python3
"""Makes data sets of pairs (source, target) from Debian's translated package descriptions.

  debian-summaries               a package's long description of 40 words or more -> its one-line synopsis
  debian-translation-en-LANG     English sentences, paragraphs and synopses -> LANG (de, fr, and others that apt knows)

The lists come through apt-get with this machine's own sources, into a folder of their own: what the machine knows of
packages is not touched, and root is not needed. They are kept in $XDG_CACHE_HOME/tandem/debian-lists. The result is
data/NAME/{train,validation,test}.jsonl and a README.md in Tandem's data folder ($TANDEM_HOME, else $XDG_DATA_HOME/tandem,
else ~/.local/share/tandem), put in its place when it is whole. A data set that is there is left as it is. The
descriptions are free software of many licences: they are fetched, never shipped.

Usage: debian_descriptions.py NAME [--lists FOLDER]
Prints where the data set lies. --lists reads the package lists that an apt-get update has left in FOLDER.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pairs_of_text

APT_HELPER = "/usr/lib/apt/apt-helper"
FREE_COMPONENTS = r"_(?:main|universe)_"  # of Debian and of its derivatives
NAMES = re.compile(r"debian-summaries|debian-translation-en-([a-z]{2,3}(?:_[A-Z]{2})?)")


def say(text):
    print(f"==> {text}", file=sys.stderr)


def fail(text):
    sys.exit(f"debian_descriptions: {text}")


def base(variable, default):
    return pathlib.Path(os.environ.get(variable) or pathlib.Path.home() / default) / "tandem"


def fetch_lists(folder, language):
    """Package lists and descriptions in English and `language`, unless they are there."""
    if lists_in(folder, "Packages") and lists_in(folder, "Translation-en") and lists_in(folder, f"Translation-{language}"):
        return
    if not shutil.which("apt-get"):
        fail("there is no apt-get here; fetch on a Debian machine and name its lists with --lists. Nothing was made")
    say(f"fetching Debian's package lists and descriptions in English and '{language}' (about 40 MB)")
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    settings = folder / "apt.conf"
    settings.write_text(
        f'#clear Acquire::Languages;\nAcquire::Languages {{"en";"{language}";}};\n'
        f'#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n'
        f'APT::Get::List-Cleanup "0";\nAPT::Sandbox::User "";\n'
        f'Dir::State::lists "{folder}/lists";\nDir::Cache "{folder}/cache";\n')
    done = subprocess.run(["apt-get", "-c", str(settings), "-qq", "update"], stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        fail("apt-get could not fetch the lists; nothing was made. Is the network up, and does apt-get update work?")


def lists_in(folder, kind):
    """Lists of a kind: Packages or Translation-LANG, compressed or not."""
    name = re.compile(FREE_COMPONENTS + (r"binary-\w+_Packages" if kind == "Packages" else "i18n_" + kind) + r"(?:\.\w+)?$")
    place = folder / "lists" if (folder / "lists").is_dir() else folder
    return sorted(path for path in place.iterdir() if name.search(path.name)) if place.is_dir() else []


def paragraphs_of(path):
    """The records of one list as {field: lines}; the first line is what stands beside the field's name."""
    done = subprocess.run([APT_HELPER, "cat-file", str(path)], stdout=subprocess.PIPE)
    if done.returncode != 0:
        fail(f"{path} cannot be read; nothing was made. Remove it and try again")
    record, lines = {}, None
    for line in done.stdout.decode("utf-8", errors="replace").split("\n"):
        if not line:
            if record:
                yield record
            record, lines = {}, None
        elif line[0] in " \t":
            if lines is not None:
                lines.append(line)
        else:
            field, _, value = line.partition(":")
            lines = record[field] = [value.strip()]
    if record:
        yield record


def source_packages(folder):
    """{package: source package} of every list."""
    sources = {}
    for path in lists_in(folder, "Packages"):
        for record in paragraphs_of(path):
            name = record["Package"][0]
            sources.setdefault(name, record.get("Source", [name])[0].split(" ")[0])
    return sources


def descriptions(folder, language):
    """{sum of the English description: (package, synopsis, lines)}; of several packages the first by name."""
    found = {}
    for path in lists_in(folder, f"Translation-{language}"):
        for record in paragraphs_of(path):
            text = record.get(f"Description-{language}")
            if not text or "Description-md5" not in record or "�" in "\n".join(text):
                continue
            entry = (record["Package"][0], " ".join(text[0].split()), text[1:])
            key = record["Description-md5"][0]
            found[key] = min(found.get(key, entry), entry)
    return found


def releases(folder):
    """What the lists are of: a line for each release file."""
    place = folder / "lists" if (folder / "lists").is_dir() else folder
    lines = []
    for path in sorted(place.glob("*Release")):
        fields = dict(re.findall(r"^(Origin|Label|Codename|Version|Date): (.*)$", path.read_text(errors="replace"), re.M))
        lines.append("- " + ", ".join(fields[name] for name in ("Label", "Codename", "Version", "Date") if name in fields))
    return lines


def rows(folder, language):
    """Rows of a data set: of summaries where language is None."""
    sources, english = source_packages(folder), descriptions(folder, "en")
    if not sources or not english:
        fail(f"{folder} has no package lists with English descriptions; nothing was made")
    if language is None:
        for package, synopsis, lines in english.values():
            pair = pairs_of_text.summary_pair((synopsis, lines))
            if pair:
                yield row(pair, package, sources)
        return
    translated = descriptions(folder, language)
    if not translated:
        fail(f"{folder} has no descriptions in '{language}'; nothing was made")
    for key, (_, synopsis, lines) in translated.items():
        if key in english:
            package = english[key][0]
            for pair in pairs_of_text.translation_pairs(english[key][1:], (synopsis, lines)):
                yield row(pair, package, sources)


def row(pair, package, sources):
    # A package that no list has (its description outlived it) is taken to be its own source.
    return {"source": pair[0], "target": pair[1], "package": package, "source_package": sources.get(package, package)}


README = """# {name}

{what}

Origin: descriptions of packages and their translations, as apt fetched them with this machine's own sources:

{releases}

Licence: the descriptions are parts of Debian's packages and of their translations, written by many hands under many free
licences; each package's copyright file says which. Use them here; ask before handing them on in bulk.

One JSON object a line: `source`, `target`, and the `package` it is of. Runs of blanks are one blank. Everything of one
source package is in one split, chosen by the SHA-256 of its name (90 % train, 5 % validation, 5 % test). Pairs whose source or
target is in an earlier of the splits train, validation, test too, but for case, digits and punctuation, are left out of
the later one. The order is random and fixed: the first N lines are a fair sample. All is of one domain, software.

| file | pairs | mean words of source | of target | SHA-256 |
| --- | --- | --- | --- | --- |
{table}
"""
WHAT = {True: "Long descriptions of 40 words or more, and the one-line synopsis of each: summarisation.",
        False: "English synopses, sentences and paragraphs, and their translations ({language}). Blocks are matched where both texts\n"
               "have as many; pairs with other numbers or lengths that differ by more than half are left out."}


def write(name, language, splits, folder, place):
    """The whole data set beside its place first, then renamed into it."""
    unfinished = place.with_name(f".{name}.{os.getpid()}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    table = []
    for split, pairs in splits.items():
        data = "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs).encode()
        with open(unfinished / f"{split}.jsonl", "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        words = [sum(len(pair[side].split()) for pair in pairs) / max(1, len(pairs)) for side in ("source", "target")]
        table.append(f"| {split}.jsonl | {len(pairs)} | {words[0]:.1f} | {words[1]:.1f} | {hashlib.sha256(data).hexdigest()} |")
        say(f"{split}: {len(pairs)} pairs, {words[0]:.0f} -> {words[1]:.0f} words")
    (unfinished / "README.md").write_text(README.format(
        name=name, what=WHAT[language is None].format(language=language), releases="\n".join(releases(folder)),
        table="\n".join(table)))
    try:
        unfinished.rename(place)
    except OSError as error:
        shutil.rmtree(unfinished)
        fail(f"{place} could not be put in its place ({error.strerror}); nothing was kept")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name")
    options.add_argument("--lists", type=pathlib.Path)
    asked = options.parse_args()
    known = NAMES.fullmatch(asked.name)
    if not known or known[1] == "en":
        fail(f"no data set '{asked.name}'; there are debian-summaries and debian-translation-en-LANG, LANG being de, fr, ...")
    home = os.environ.get("TANDEM_HOME")
    place = (pathlib.Path(home) if home else base("XDG_DATA_HOME", ".local/share")) / "data" / asked.name
    if place.is_dir():
        say(f"{asked.name} is there already; remove its folder to make it anew")
        print(place)
        return
    if asked.lists and not asked.lists.is_dir():
        fail(f"there is no folder {asked.lists}; nothing was made")
    if not os.access(APT_HELPER, os.X_OK):
        fail(f"{APT_HELPER} is missing, which reads package lists; it is part of apt. Nothing was made")
    folder = asked.lists or base("XDG_CACHE_HOME", ".cache") / "debian-lists"
    if not asked.lists:
        fetch_lists(folder, known[1] or "en")
    say(f"making {asked.name} (a few seconds)")
    splits = pairs_of_text.divided(rows(folder, known[1]))
    if not all(splits.values()):
        fail(f"{folder} has too few descriptions: a split would be empty. Nothing was made")
    place.parent.mkdir(parents=True, exist_ok=True)
    write(asked.name, known[1], splits, folder, place)
    print(place)


if __name__ == "__main__":
    main()
