"""Commands as they are typed: run in this process, in a folder and with a database of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pages.cli import commands

Cartwatch = Callable[..., Result]
"""Runs ``cartwatch`` with these words; ``given`` is what is piped into it."""


def typed_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    """Runs commands in the folder, with a database there."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CARTWATCH_DATABASE", str(folder / "cartwatch.db"))
    return lambda *words, given=None: CliRunner().invoke(commands, list(words), input=given, prog_name="cartwatch")


def added(cartwatch: Cartwatch, domain: str = "shop.example", *options: str) -> str:
    """The domain of a store that has just been added."""
    assert cartwatch("store", "add", domain, "--currency", "EUR", *options).exit_code == 0
    return domain


def said(result: Result) -> str:
    """What a command printed that went well and complained of nothing."""
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def said_only(result: Result, code: int) -> str:
    """The one line on standard error of a command that ended with this code, and nothing else was said."""
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()
