"""A display for the desktop window's test: on Linux, a virtual one (Xvfb) that needs no screen."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pages import install

# What Qt's window and its web view load from the system, as Debian and Ubuntu name it.
PACKAGES = (
    "xvfb",
    "libdbus-1-3",
    "libegl1",
    "libgl1",
    "libnss3",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxcomposite1",
    "libxdamage1",
    "libxkbcommon-x11-0",
    "libxkbfile1",
    "libxrandr2",
    "libxtst6",
)


def obtain() -> str:
    """Names the display that will be used, installing it if need be; LookupError says what to install."""
    if sys.platform != "linux":
        return "this system's own display"
    if not (shutil.which("Xvfb") and _qt_starts()):
        install.system_packages(*PACKAGES)
    if not shutil.which("Xvfb"):
        raise LookupError(f"Xvfb is missing. As root: apt-get install {' '.join(PACKAGES)}")
    return "Xvfb"


@contextmanager
def virtual() -> Iterator[str]:
    """A running virtual display's name, such as `:99`, for the variable DISPLAY; 1440 × 900, gone afterwards."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            number = server.stdout.readline().strip() if server.stdout else ""
            if not number:
                raise LookupError("Xvfb did not start.")
            yield f":{number}"
        finally:
            server.terminate()


def _qt_starts() -> bool:
    """Whether Qt's X11 plugin finds its libraries: it kills the process where it does not, so another one asks."""
    program = "from PySide6 import QtWebEngineWidgets, QtWidgets; QtWidgets.QApplication([])"
    with virtual() as name:
        environment = {"DISPLAY": name, "QT_QPA_PLATFORM": "xcb", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
        return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True).returncode == 0
