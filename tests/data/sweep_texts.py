"""Real lines in many scripts, for training tokenizers and for sweeps: Django's translations and, where apt has lists in
FOLDER (see /usr/share/doc/apt), Debian's translated package descriptions."""
import io
import pathlib
import re
import subprocess
import unicodedata
import zipfile

import fetch_texts

WHEEL = "django-5.2.8-py3-none-any.whl"


def django_wheel():
    path = fetch_texts.cache_folder() / WHEEL
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fetch_texts.fetch_wheel())
    return path.read_bytes()


def django_lines():
    """Lists of lines, one a language."""
    by_language = {}
    with zipfile.ZipFile(io.BytesIO(django_wheel())) as archive:
        for name in sorted(archive.namelist()):
            found = re.match(r".*/locale/([^/]+)/LC_MESSAGES/django(?:js)?\.po$", name)
            if found:
                lines = by_language.setdefault(found[1], {})
                for text in fetch_texts.strings_of(archive.read(name).decode("utf-8")):
                    if not text.startswith("Project-Id-Version"):
                        lines.update(dict.fromkeys(line for line in text.split("\n") if line.strip()))
    return {language: list(lines) for language, lines in by_language.items()}


def debian_lines(folder):
    by_language = {}
    for path in sorted(pathlib.Path(folder).glob("*Translation-*")):
        language = path.name.split("Translation-")[1].split(".")[0]
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", str(path)], capture_output=True, check=True).stdout
        lines = by_language.setdefault(language, {})
        for line in text.decode("utf-8", "replace").split("\n"):
            found = re.match(r"(?:Description-\w+: | )(.+)$", line)
            if found and found[1] != ".":
                lines[found[1]] = None
    return {language: list(lines) for language, lines in by_language.items()}


def in_turns(by_language, count):
    """Languages take turns until there are enough; a line that two share counts once."""
    chosen = {}
    queues = [lines for _, lines in sorted(by_language.items())]
    position = 0
    while len(chosen) < count and any(position < len(queue) for queue in queues):
        for queue in queues:
            if position < len(queue) and len(chosen) < count:
                chosen[queue[position]] = None
        position += 1
    return list(chosen)


def scripts_of(lines):
    """How many letters each script has, by the first word of their Unicode names."""
    counts = {}
    for line in lines:
        for c in line:
            if ord(c) > 64 and c.isalpha():
                script = unicodedata.name(c, "?").split()[0]
                counts[script] = counts.get(script, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
