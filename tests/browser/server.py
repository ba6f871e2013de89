"""The real application as a process of its own, as a merchant would start it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pages import install

READY_WITHIN = 30.0  # seconds; a loaded machine is slow, a start that hangs is slower
STOPPED_WITHIN = 10.0  # seconds


@dataclass(frozen=True)
class Server:
    """A running application: `url` without a closing slash, `database` its file, `log` what it has printed so far."""

    url: str
    database: Path
    log: Path
    process: subprocess.Popen[bytes]

    def output(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310  # always our own http address
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> int:
        """Asks it to end, as a service manager would; its exit code. AssertionError where it had to be killed."""
        self.process.terminate()
        try:
            return self.process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop within {STOPPED_WITHIN:.0f} s of SIGTERM:\n{self.output()}") from None


@contextmanager
def running(
    folder: Path, *arguments: str, display: str | None = None, port: int | None = None, module: str = "pages"
) -> Iterator[Server]:
    """`python -m pages arguments` with its database and its data in `folder`, ready to answer; stopped afterwards.

    `display` is for `--native`, `module` for a start that differs from the usual one. The same folder again is a
    restart with the same data. AssertionError with the application's output where it does not become ready.
    """
    port = port or free_port()
    database = folder / "cartwatch.db"
    log = folder / f"output-{port}.txt"
    options = ["--host", "127.0.0.1", "--port", str(port), "--database", str(database)]
    window = [] if "--native" in arguments else ["--no-open"]
    command = [sys.executable, "-m", module, *arguments, *options, *window]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=install.ROOT, env=environment(folder, display), stdout=output, stderr=subprocess.STDOUT
        )
    server = Server(f"http://127.0.0.1:{port}", database, log, process)
    try:
        deadline = time.monotonic() + READY_WITHIN
        while not server.ready():
            assert process.poll() is None, f"ended with exit code {process.returncode}:\n{server.output()}"
            assert time.monotonic() < deadline, f"not ready within {READY_WITHIN:.0f} s:\n{server.output()}"
            time.sleep(0.05)
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def environment(folder: Path, display: str | None = None) -> dict[str, str]:
    """This process's variables without those that would change the application, its data in `folder`."""
    foreign = ("PYTEST", "NICEGUI", "CARTWATCH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    kept |= {"XDG_DATA_HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    if display:
        kept |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
    return kept


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
