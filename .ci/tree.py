"""What no file of the repository may hold: paths of somebody's machine, hosts to download from, locks that name them.

Reads the tree below the current folder, a plain checkout; prints each finding as file:line and exits with 1.
"""

import re
import sys
from pathlib import Path

LOCKS = re.compile(r"(uv|poetry|pdm)\.lock|pylock(\..+)?\.toml|Pipfile\.lock")
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.~-])/(home|root|work|Users)/[\w.-]"),
    "a host to download from": re.compile(
        r"pypi\.org|pythonhosted\.|npmjs\.|unpkg\.|jsdelivr\.|//cdn\.|[-_]index[-_]url"
    ),
}
OUTSIDE = {
    ".git",
    ".venv",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".import_linter_cache",
}


def findings(root: Path) -> list[str]:
    """Each offence below `root`, as `file:line: what it is`."""
    found = []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root)
        if OUTSIDE & set(name.parts) or name == Path(".ci/tree.py"):
            continue
        if LOCKS.fullmatch(path.name):
            found.append(f"{name}: a lock file; constraints.txt holds the tested versions")
        try:
            lines = path.read_text("utf-8").splitlines()
        except UnicodeDecodeError:  # a picture, a font, a compiled catalogue
            continue
        for number, line in enumerate(lines, 1):
            found += [f"{name}:{number}: {what}" for what, pattern in FORBIDDEN.items() if pattern.search(line)]
    return found


if __name__ == "__main__":
    offences = findings(Path.cwd())
    print("\n".join(offences) or "nothing that does not belong")
    sys.exit(1 if offences else 0)
