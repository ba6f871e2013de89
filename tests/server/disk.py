"""Disks for tests: a small one of its own where this user may mount one, else a limit on the size of files."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

SMALL = 6 * 2**20
"""Bytes of a small disk: room for an empty database with its write-ahead log, and for little more."""

_LOWEST = 64 * 1024  # bytes that a file may have under the limit: the server's own output must fit in


class Disk(Protocol):
    """Something that can be made full, and free again."""

    def fill(self) -> None:
        """Leave no room."""

    def free(self) -> None:
        """Give the room back."""


class SmallDisk:
    """A file system that holds SMALL bytes, mounted at ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Write until nothing more fits."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        """Take away what was written."""
        self._ballast.unlink()


class LimitedFiles:
    """A process whose files may not grow: writing beyond the limit fails with "File too large"."""

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        self._usual = resource.prlimit(process_id, resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        """Let no file of the process grow any more, beyond a few pages."""
        resource.prlimit(self._process_id, resource.RLIMIT_FSIZE, (_LOWEST, self._usual[1]))

    def free(self) -> None:
        """Lift the limit."""
        resource.prlimit(self._process_id, resource.RLIMIT_FSIZE, self._usual)


@contextmanager
def small(folder: Path) -> Iterator[bool]:
    """Put a small disk at ``folder``; whether this user may do that."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    mounted = os.name == "posix" and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True, capture_output=True)
