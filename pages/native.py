"""The desktop window: whether one can be opened here. A missing part would end the whole program without a word."""

import importlib.util
import os
import subprocess
import sys

_PACKAGES = "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1"

# Opens what a window needs, and no window. Qt ends the process where the system lacks one of its libraries, so a
# process of its own has to try.
_PROBE = """
from webview.guilib import initialize
backend = initialize()
if backend.__name__.endswith("qt"):
    from qtpy.QtWidgets import QApplication
    QApplication.instance() or QApplication([])
"""
_PATIENCE = 60  # seconds; the first start of Qt reads 200 MB from the disk


class NativeProblem(Exception):
    """Why no window can be opened, and what to install."""


def check() -> None:
    """Prepare the process for a window. Raises NativeProblem where none can be opened."""
    if importlib.util.find_spec("webview") is None:
        raise NativeProblem(f"The desktop window needs more packages: pip install 'cartwatch[native]'{_on_debian()}.")
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise NativeProblem("There is no screen to open a window on. Leave out --native and use a browser.")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium, which Qt's web view is, refuses to run as root with its sandbox.
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    if sys.platform == "linux" and importlib.util.find_spec("gi") is None:
        # Else pywebview tries GTK first, and prints a page about its absence.
        os.environ.setdefault("PYWEBVIEW_GUI", "qt")
    try:
        probe = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, timeout=_PATIENCE)
        works = probe.returncode == 0
    except subprocess.TimeoutExpired:
        works = False
    if not works:
        raise NativeProblem(
            "No desktop window can be opened here: something that it needs is missing. "
            f"Try pip install 'cartwatch[native]'{_on_debian()}, or leave out --native and use a browser."
        )
    from nicegui import app

    app.native.settings["ALLOW_DOWNLOADS"] = True


def _on_debian() -> str:
    return f", and on Debian apt-get install {_PACKAGES}" if sys.platform == "linux" else ""
