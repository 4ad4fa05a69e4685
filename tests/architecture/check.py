"""Checks the includes and file sizes of a tree against rules.py. Prints each violation; exit code 1 if there is any.

Usage: check.py TREE
"""

import pathlib
import re
import sys

import rules

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
SOURCE_FOLDERS = ("engine", "experiments", "db", "app")


def room_of(path):
    """The longest room that the path lies in, or None."""
    candidates = [room for room in rules.ROOMS if path == room or path.startswith(room + "/")]
    return max(candidates, key=len, default=None)


def check_own_include(path, room, target):
    target_room = room_of(target)
    if target_room is None:
        return f"{path}: includes {target}, which lies in no room of the plan"
    if target_room != room and target_room not in rules.ROOMS[room]:
        allowed = ", ".join(rules.ROOMS[room]) or "nothing else"
        return f"{path}: {room} may not include {target} (allowed: {allowed})"
    return None


def check_foreign_include(path, header):
    for library, (pattern, rooms) in rules.FOREIGN.items():
        if re.match(pattern, header):
            if not any(path.startswith(room) for room in rooms):
                return f"{path}: {library} header <{header}> is allowed only in {', '.join(rooms)}"
            if library == "torch" and any(path.startswith(part) for part in rules.TORCH_FREE):
                return f"{path}: <{header}> in a part that programs without torch link"
    return None


def check_tree(tree):
    """All violations of the tree, in path order."""
    violations = []
    graph = {}
    for folder in SOURCE_FOLDERS:
        for file in sorted((tree / folder).rglob("*")):
            if file.suffix not in (".h", ".cpp", ".cu"):
                continue
            path = file.relative_to(tree).as_posix()
            room = room_of(path)
            if room is None:
                violations.append(f"{path}: lies in no room of the plan")
                continue
            text = file.read_text(encoding="utf-8")
            for own, foreign in INCLUDE.findall(text):
                if own:
                    violations.append(check_own_include(path, room, own))
                    if room_of(own) not in (None, room):
                        graph.setdefault(room, set()).add(room_of(own))
                else:
                    violations.append(check_foreign_include(path, foreign))
    for file in sorted(tree.rglob("*")):
        relative = file.relative_to(tree).as_posix()
        if file.suffix in (".h", ".cpp", ".cu", ".py") and not relative.startswith(("build", ".")):
            lines = file.read_text(encoding="utf-8").count("\n")
            if lines > rules.MAX_LINES and relative not in rules.LONG_FILES:
                violations.append(f"{relative}: {lines} lines; {rules.MAX_LINES} is the most (split by concept)")
    for room, targets in graph.items():
        for target in targets:
            if room in graph.get(target, set()) and room < target:
                violations.append(f"{room} and {target} include each other")
    return [violation for violation in violations if violation]


def main():
    violations = check_tree(pathlib.Path(sys.argv[1]))
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
