"""The Chromium that drives the browser tests: one that is installed, else Playwright's, else the system's package."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

from pages import install

COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
MAC_APPLICATIONS = ("Google Chrome", "Chromium", "Microsoft Edge")
WINDOWS_PROGRAMS = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)

# The sandbox needs rights that containers lack, and only this project's own pages are opened. The others keep the
# browser from calling home and from drawing on a graphics card that is not there.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def obtain() -> Path:
    """Path of a working executable, installed on the way if need be; LookupError says what to install."""
    found = _installed() or _downloaded() or _packaged()
    if not found:
        raise LookupError(
            "no Chromium was found, and none could be downloaded or installed. Install Chromium, Google Chrome or "
            "Microsoft Edge (Debian, as root: apt-get install chromium), then run the tests again."
        )
    return found


@cache
def _installed() -> Path | None:
    return next((path for path in _candidates() if _works(path)), None)


def _candidates() -> Iterator[Path]:
    yield from (Path(path) for path in map(shutil.which, COMMANDS) if path)
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (folder / f"{name}.app/Contents/MacOS/{name}" for name in MAC_APPLICATIONS)
    if sys.platform == "win32":
        roots = [
            os.environ[name] for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData") if name in os.environ
        ]
        yield from (Path(root) / program for root in roots for program in WINDOWS_PROGRAMS)
    with sync_playwright() as playwright:
        yield Path(playwright.chromium.executable_path)


def _downloaded() -> Path | None:
    install.say("No Chromium is installed: asking Playwright for its own ...")
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        subprocess.run(command, stdout=sys.stderr, timeout=300)
    except subprocess.TimeoutExpired:
        install.say("Playwright's Chromium did not arrive within five minutes.")
    _installed.cache_clear()
    return _installed()


def _packaged() -> Path | None:
    install.system_packages("chromium")
    _installed.cache_clear()
    return _installed()


def _works(executable: Path) -> bool:
    """Whether it is there and starts: Ubuntu's `chromium-browser` may be a mere hint, a download may lack libraries."""
    if not executable.is_file():
        return False
    if sys.platform == "win32":  # --version opens a window there
        return True
    try:
        return subprocess.run([executable, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
