"""`python -m tests [unit|browser] [pytest's arguments]`: all tests, or one half of them.

Unit and page tests run in one process, the browser tests in another: Playwright's event loop and the one of
asynchronous page tests do not get along. Exit code 0 only when everything asked for has run and passed.
"""

import subprocess
import sys
import time
from pathlib import Path

from pages import install

HALVES = {"unit": ["--ignore=tests/browser", "--numprocesses=auto"], "browser": ["tests/browser"]}


def main(arguments: list[str]) -> int:
    halves = list(HALVES)
    if arguments and arguments[0] in HALVES:
        halves = [arguments.pop(0)]
    named = [argument for argument in arguments if Path(argument.split("::")[0]).exists()]
    if named and len(halves) > 1:  # files or folders say themselves which half they belong to
        halves = ["browser" if any("browser" in Path(name).parts for name in named) else "unit"]
    native = ["native"] if "browser" in halves and sys.platform == "linux" else []  # for the desktop window's test
    install.provide("tests", ["test", *native])

    outcomes = {half: _run(half, arguments, named) for half in halves}
    print()
    for half, (code, seconds) in outcomes.items():
        # 5 is pytest's word for "nothing selected", which a -k or -m may mean for one half, but not for both.
        word = "passed" if code == 0 else "nothing selected" if code == 5 else f"FAILED (exit code {code})"
        print(f"{half} tests: {word}, {seconds:.0f} s")
    codes = [code for code, _ in outcomes.values()]
    if arguments and 0 in codes:
        codes = [code for code in codes if code != 5]
    return max(codes)


def _run(half: str, arguments: list[str], named: list[str]) -> tuple[int, float]:
    """Runs pytest; answers its exit code and the seconds it took."""
    started = time.monotonic()
    print(f"\n{half} tests", flush=True)
    if half == "browser":
        from tests.browser import chromium, display  # only now: they need what was installed

        for part in (chromium, display):
            try:
                print(f"using {part.obtain()}", flush=True)
            except LookupError as error:
                print(f"The browser tests cannot run: {error}", file=sys.stderr)
                return 1, time.monotonic() - started
    command = [sys.executable, "-m", "pytest", *([] if named else HALVES[half]), *arguments]
    return subprocess.run(command, cwd=install.ROOT).returncode, time.monotonic() - started


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
