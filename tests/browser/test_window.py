"""The desktop window: `--native` opens a real one, and it shows the list."""

import os
import subprocess
import sys

from tests.browser.conftest import StartServer
from ui.tones import LIGHT, LIGHT_SURFACE, Tone

WITHIN = 40  # seconds; a web view starts slowly on a loaded machine

WATCH = """
import sys, time
from PySide6.QtGui import QColor, QGuiApplication

application = QGuiApplication([])
wanted = {QColor(name).rgb(): name for name in sys.argv[2:]}
deadline = time.monotonic() + float(sys.argv[1])
missing = wanted
while missing and time.monotonic() < deadline:
    time.sleep(0.3)
    screen = QGuiApplication.primaryScreen().grabWindow(0).toImage()
    seen = {screen.pixel(x, y) for x in range(0, screen.width(), 3) for y in range(0, screen.height(), 3)}
    missing = {colour: name for colour, name in wanted.items() if colour not in seen}
sys.exit(f"not on the screen: {', '.join(missing.values())}" if missing else 0)
"""
"""Looks at the screen until it shows all of the named colours."""


def test_the_window_shows_the_list(server: StartServer, virtual_display: str) -> None:
    started = server("demo", "--native", display=virtual_display)
    # Page, table and two kinds of badges: all of them are there only when the rows are.
    surfaces, badges = [LIGHT_SURFACE["page"], LIGHT_SURFACE["card"]], [LIGHT[Tone.INFO], LIGHT[Tone.SUCCESS]]
    colours = [*surfaces, *(pair.background for pair in badges)]
    environment = os.environ | {"DISPLAY": virtual_display, "QT_QPA_PLATFORM": "xcb"}
    seen = subprocess.run(
        [sys.executable, "-c", WATCH, str(WITHIN), *colours],
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN + 30,
    )
    assert seen.returncode == 0, seen.stderr
    assert started.process.poll() is None
