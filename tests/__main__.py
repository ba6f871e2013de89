"""`python -m tests [unit|server|browser] [pytest's arguments]`: all tests, or one part of them.

Each part runs in a process of its own: Playwright's event loop and the one of asynchronous page tests do not get along,
and the tests of the real server take both cores for themselves. Exit code 0 only when everything asked for has run and
passed.
"""

import subprocess
import sys
import time
from pathlib import Path

from pages import install

PARTS = {
    "unit": ["--ignore=tests/browser", "--ignore=tests/server", "--numprocesses=auto"],
    "server": ["tests/server"],
    "browser": ["tests/browser"],
}


def main(arguments: list[str]) -> int:
    parts = list(PARTS)
    if arguments and arguments[0] in PARTS:
        parts = [arguments.pop(0)]
    named = [argument for argument in arguments if Path(argument.split("::")[0]).exists()]
    if named and len(parts) > 1:  # files or folders say themselves which part they belong to
        folders = {folder for name in named for folder in Path(name).parts}
        parts = ["browser" if "browser" in folders else "server" if "server" in folders else "unit"]
    native = ["native"] if "browser" in parts and sys.platform == "linux" else []  # for the desktop window's test
    install.provide("tests", ["test", *native])

    outcomes = {part: _run(part, arguments, named) for part in parts}
    print()
    for part, (code, seconds) in outcomes.items():
        # 5 is pytest's word for "nothing selected", which a -k or -m may mean for one part, but not for all.
        word = "passed" if code == 0 else "nothing selected" if code == 5 else f"FAILED (exit code {code})"
        print(f"{part} tests: {word}, {seconds:.0f} s")
    codes = [code for code, _ in outcomes.values()]
    if arguments and 0 in codes:
        codes = [code for code in codes if code != 5]
    return max(codes)


def _run(part: str, arguments: list[str], named: list[str]) -> tuple[int, float]:
    """Runs pytest; answers its exit code and the seconds it took."""
    started = time.monotonic()
    print(f"\n{part} tests", flush=True)
    if part == "browser":
        from tests.browser import chromium, display  # only now: they need what was installed

        for program in (chromium, display):
            try:
                print(f"using {program.obtain()}", flush=True)
            except LookupError as error:
                print(f"The browser tests cannot run: {error}", file=sys.stderr)
                return 1, time.monotonic() - started
    command = [sys.executable, "-m", "pytest", *([] if named else PARTS[part]), *arguments]
    return subprocess.run(command, cwd=install.ROOT).returncode, time.monotonic() - started


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
