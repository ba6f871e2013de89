"""The installation: the packages that Cartwatch needs, put into `.venv` beside pyproject.toml on the first start.

Only the standard library is used, and only syntax that older Pythons read, so that they too get a sentence
instead of a traceback.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
CONSTRAINTS = ROOT / "constraints.txt"
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "cartwatch.json"
ATTEMPT = "CARTWATCH_INSTALLED"  # set in the restarted process, so that a failed installation cannot loop


def provide(module: str, extras: Iterable[str] = ()) -> None:
    """Returns where every needed package can be imported; else installs them and restarts `python -m module`.

    `extras` are names from pyproject.toml's optional dependencies. Whoever brings an environment of their own
    (an activated one, uv, a packaged installation) keeps it: nothing is installed where nothing is missing.
    Exits with one sentence where it cannot be done.
    """
    if sys.version_info < (3, 11):  # noqa: UP036  # pip enforces the minimum, but this runs before pip
        found = ".".join(map(str, sys.version_info[:2]))
        stop(f"Cartwatch needs Python 3.11 or newer, and this is {found}: start it with a newer one.")
    extras = sorted(set(extras))
    if not PROJECT.is_file():  # installed as a package: its installer saw to the rest
        return
    lacking = missing(extras)
    if not lacking:
        os.environ.pop(ATTEMPT, None)
        return
    if os.environ.get(ATTEMPT):
        stop(f"Still missing after the installation: {', '.join(lacking)}. Delete {ENVIRONMENT} and start again.")
    install(extras)
    restart(module)


def missing(extras: Iterable[str]) -> list[str]:
    """Names of the required distributions that this interpreter lacks, or has in too old a version."""
    import tomllib  # here, because Pythons before 3.11 have none

    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    lines: list[str] = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return sorted({line for line in map(_lacking, lines) if line})


def install(extras: list[str]) -> None:
    """Makes `.venv` and installs the tested versions into it; returns at once where that is done already."""
    inputs, present = _stamp()
    wanted = sorted({*extras, *present})
    inside = Path(sys.prefix).resolve() == ENVIRONMENT.resolve()  # then something is missing, whatever the stamp says
    if inputs == _fingerprint() and present == wanted and PYTHON.exists() and not inside:
        return
    started = time.monotonic()
    if not PYTHON.exists():
        _make_environment()
    say(f"Installing Cartwatch's packages into {ENVIRONMENT} (only this once; about a minute) ...")
    name = f".[{','.join(wanted)}]" if wanted else "."
    pip = [str(PYTHON), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        subprocess.run([str(PYTHON), "-m", "ensurepip"], capture_output=True)
    quiet = ["-qq", "--disable-pip-version-check", "--no-input"]
    command = [*pip, "install", *quiet, "--constraint", str(CONSTRAINTS), "--editable", name]
    # A personal `user = true` in pip's settings makes no sense in an environment, and pip would refuse.
    if subprocess.run(command, cwd=ROOT, env={**os.environ, "PIP_USER": "0"}).returncode:
        stop("The packages could not be installed; pip says why above. Is this machine online?")
    STAMP.write_text(json.dumps({"inputs": _fingerprint(), "extras": wanted}), "utf-8")
    say(f"Installed in {time.monotonic() - started:.0f} s.")


def restart(module: str) -> NoReturn:
    """Runs `python -m module` with the same arguments in `.venv`, in place of this process as far as the system can."""
    command = [str(PYTHON), "-m", module, *sys.argv[1:]]
    os.environ[ATTEMPT] = "1"
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606  # no shell is wanted: our own Python and arguments
    child = subprocess.Popen(command)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue  # the console sent Ctrl-C to the child as well: its exit code tells how it ended


def system_packages(*names: str) -> bool:
    """Installs Debian packages with apt-get; False where there is none, or we are not allowed to."""
    apt = shutil.which("apt-get")
    if os.name == "nt" or not apt:
        return False
    command = ["env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq"]
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if not sudo:
            return False
        command = [sudo, *([] if sys.stdin.isatty() else ["-n"]), *command]
    say(f"Installing system packages: {' '.join(names)} ...")
    # Package lists that cannot be renewed may still be good enough: the installation itself decides.
    subprocess.run([*command, "update"], stdout=subprocess.DEVNULL)
    installed = subprocess.run([*command, "install", "--yes", "--no-install-recommends", *names], stdout=sys.stderr)
    return installed.returncode == 0


def say(sentence: str) -> None:
    """Progress goes to standard error: standard output belongs to the command that was asked for."""
    print(sentence, file=sys.stderr, flush=True)


def stop(sentence: str) -> NoReturn:
    say(sentence)
    sys.exit(1)


def _make_environment() -> None:
    if not importlib.util.find_spec("ensurepip"):  # Debian keeps it in a package of its own
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not system_packages(package):
            stop(f"Python cannot make virtual environments here: install {package}, then start this command again.")
    say(f"Making a virtual environment in {ENVIRONMENT} ...")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]).returncode:
        stop(f"The virtual environment could not be made in {ENVIRONMENT}; Python says why above.")


def _lacking(requirement: str) -> str | None:
    written = re.match(r"([\w.-]+)(?:\[.*?\])?>=([\d.]+)", requirement)
    if not written:
        raise ValueError(f"pyproject.toml: {requirement!r} does not give a lowest version as name>=1.2")
    name, lowest = written.groups()
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return name
    return name if _numbers(found) < _numbers(lowest) else None


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _fingerprint() -> str:
    return hashlib.sha256(PROJECT.read_bytes() + b"\0" + CONSTRAINTS.read_bytes()).hexdigest()


def _stamp() -> tuple[str, list[str]]:
    """What was installed last: the fingerprint of its inputs, and the extras; nothing where no stamp can be read."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
        return str(stamp["inputs"]), sorted(map(str, stamp["extras"]))
    except (OSError, ValueError, KeyError, TypeError):
        return "", []
