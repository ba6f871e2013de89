"""The secret that a store's deliveries are signed with, as it is given to a command: asked for, from a file, or piped.

Never as an argument: what is typed in a command stays in the shell's history, and every user of the machine sees it.
"""

import sys
from pathlib import Path
from typing import BinaryIO

import typer

from data.connections import ConnectionProblem

STANDARD_INPUT = "-"

_LARGEST = 4_096
"""Bytes that are read; a secret has at most 255."""


def obtained(file: str | None, question: str) -> str:
    """The secret; empty where none was given. Raises ConnectionProblem, FileNotFoundError and OSError.

    It is read from the first line of ``file`` (``-`` is standard input), else asked for without being shown, else
    read from what is piped into the command.
    """
    if file is not None and file != STANDARD_INPUT:
        with Path(file).open("rb") as source:
            return _first_line(source)
    if file is None and sys.stdin.isatty():
        return str(typer.prompt(question, default="", show_default=False, hide_input=True)).strip()
    return _first_line(sys.stdin.buffer)


def _first_line(source: BinaryIO) -> str:
    line = source.readline(_LARGEST + 1)
    if len(line) > _LARGEST:
        raise ConnectionProblem("That is too long for a secret of Shopify's.")
    try:
        return line.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ConnectionProblem("That is not the text of a secret.") from None
