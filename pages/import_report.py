"""The report of an import: one JSON line for every line that could not be imported."""

from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import orjson

from data.import_file import ImportProblem, Rejection


class ImportReport:
    """A file that is only made when there is something to report, in place of an older one.

    Its lines hold ``line`` (from 1), ``field`` (or null), ``error`` and ``content``, the line as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def write(self, rejection: Rejection) -> None:
        """Raises ImportProblem when it cannot be written."""
        entry = {
            "line": rejection.line,
            "field": rejection.field,
            "error": rejection.message,
            "content": rejection.content,
        }
        try:
            if self._file is None:
                self._file = self.path.open("wb")
            self._file.write(orjson.dumps(entry) + b"\n")
        except OSError as problem:
            raise ImportProblem(
                f"The report {self.path} cannot be written ({problem.strerror}). Name another with --report."
            ) from None

    def __enter__(self) -> "ImportReport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
