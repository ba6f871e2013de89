"""The command line as it is typed: what it says, where it says it, and with which exit code it ends."""

import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from pages import install, listening, native
from tests.browser.server import environment, running
from tests.command_line import Cartwatch, added, said_only, typed_in

HEADER = "cart_token,status,started_at,currency,value,item_count\n"
ROWS = HEADER + "".join(f"cart-{n},converted,2026-03-01T12:00:0{n}Z,EUR,{n}.50,1\n" for n in range(3))


@pytest.fixture
def cartwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartwatch:
    return typed_in(tmp_path, monkeypatch)


@pytest.fixture
def shop(cartwatch: Cartwatch) -> str:
    return added(cartwatch)


def test_the_version_is_the_projects(cartwatch: Cartwatch) -> None:
    result = cartwatch("--version")
    written = re.search(r'^version = "(.+)"$', install.PROJECT.read_text("utf-8"), re.MULTILINE)
    assert written
    assert (result.exit_code, result.stdout) == (0, f"cartwatch {written[1]}\n")


def test_help_names_every_command_and_variable(cartwatch: Cartwatch) -> None:
    text = cartwatch("--help").stdout
    for word in ("demo", "import", "store", "CARTWATCH_HOST", "CARTWATCH_PORT", "CARTWATCH_DATABASE", "CARTWATCH_OPEN"):
        assert word in text
    assert "CARTWATCH_NATIVE" in text


def test_a_file_is_imported_once(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    (tmp_path / "sessions.csv").write_text(ROWS)
    first, second = cartwatch("import", "sessions.csv"), cartwatch("import", "sessions.csv", "--store", shop)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout.startswith("3 sessions imported (")
    assert second.stdout.startswith("0 sessions imported, 3 were there already (")
    assert not list(tmp_path.glob("*.rejected.jsonl"))


def test_bad_lines_go_to_a_report_beside_the_file(cartwatch: Cartwatch, shop: str, tmp_path: Path) -> None:
    (tmp_path / "sessions.csv").write_text(ROWS + "cart-9,converted,2026-03-01T12:00:00Z,EUR,many,1\nshort\n")
    result = cartwatch("import", "sessions.csv")
    assert result.exit_code == 0
    assert result.stdout.startswith("3 sessions imported, 2 lines rejected (")
    assert "sessions.csv.rejected.jsonl" in result.stderr
    report = [json.loads(line) for line in (tmp_path / "sessions.csv.rejected.jsonl").read_text().splitlines()]
    assert [(entry["line"], entry["field"]) for entry in report] == [(5, "value"), (6, None)]
    assert report[0]["error"].startswith("value: must be a decimal amount")
    assert report[0]["content"] == "cart-9,converted,2026-03-01T12:00:00Z,EUR,many,1"


def test_the_report_may_be_somewhere_else_and_an_import_of_nothing_fails(
    cartwatch: Cartwatch, shop: str, tmp_path: Path
) -> None:
    (tmp_path / "sessions.csv").write_text(HEADER + "short\n")
    result = cartwatch("import", "sessions.csv", "--report", "bad.jsonl")
    assert (result.exit_code, (tmp_path / "bad.jsonl").read_text().count("\n")) == (1, 1)
    assert not (tmp_path / "sessions.csv.rejected.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("absent.csv",), 2, "There is no file absent.csv."),
        (("empty.csv",), 1, "The file is empty."),
        (("prices.csv",), 1, "The file holds neither sessions nor events."),
        (("sessions.csv", "--store", "absent.example"), 1, "There is no store absent.example."),
        (("sessions.csv", "--report", "sessions.csv"), 1, "The report cannot be the imported file itself."),
        (("sessions.csv", "--report", "absent/bad.jsonl"), 1, "The report absent/bad.jsonl cannot be written."),
        ((".",), 1, ". cannot be used: Is a directory."),
    ],
)
def test_an_import_that_cannot_be_done_is_a_sentence(
    cartwatch: Cartwatch, shop: str, tmp_path: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "prices.csv").write_text("name,price\nsocks,1\n")
    (tmp_path / "sessions.csv").write_text(ROWS)
    assert said_only(cartwatch("import", *words), code).startswith(sentence)
    assert (tmp_path / "sessions.csv").read_text() == ROWS


def test_what_is_wrong_with_a_database_is_a_sentence(cartwatch: Cartwatch, tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    said = said_only(cartwatch("store", "list", "--database", "broken.db"), 1)
    assert said.startswith("broken.db is damaged or not a Cartwatch database")
    assert said_only(cartwatch("demo", "--no-open", "--port", "1", "--database", "postgresql://x/y"), 1)


def test_a_wrong_setting_is_a_sentence(cartwatch: Cartwatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWATCH_PORT", "http")
    assert said_only(cartwatch(), 2).startswith("CARTWATCH_PORT is 'http', but must be a whole number")
    assert said_only(cartwatch("--port", "0", "demo"), 2).startswith("--port is 0, but must be")


def test_options_before_a_command_count_for_it(cartwatch: Cartwatch, tmp_path: Path) -> None:
    other = str(tmp_path / "other.db")
    assert cartwatch("--database", other, "store", "add", "other.example", "--currency", "EUR").exit_code == 0
    assert "other.example" in cartwatch("store", "list", "--database", other).stdout
    assert "other.example" not in cartwatch("store", "list").stdout


@pytest.mark.parametrize("command", [(), ("demo",)])
def test_a_port_in_use_is_a_sentence(cartwatch: Cartwatch, command: tuple[str, ...]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = said_only(cartwatch(*command, "--no-open", "--port", str(port)), 1)
    assert said.startswith(f"Port {port} is in use by another program")


def test_an_address_of_another_machine_is_a_sentence(cartwatch: Cartwatch) -> None:
    for host in ("192.0.2.1", "no such name"):  # the first is kept for documentation (RFC 5737)
        said = said_only(cartwatch("--no-open", "--host", host), 1)
        assert said == f"This machine has no address {host}. Give another with --host."


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104  # only read, never listened on
        ("::1", "http://[::1]:80"),
        ("::", "http://[::1]:80"),
        ("shop.local", "http://shop.local:80"),
    ],
)
def test_the_address_to_open_is_one_that_a_browser_takes(host: str, address: str) -> None:
    assert listening.url(host, 80) == address


def test_without_what_a_window_needs_it_is_said_what_to_install(
    cartwatch: Cartwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "webview", None)
    said = said_only(cartwatch("demo", "--native"), 1)
    assert "pip install 'cartwatch[native]'" in said


def test_without_a_screen_no_window_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(native.NativeProblem, match="There is no screen"):
        native.check()


def test_a_pipe_into_the_real_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pages", "--database", str(tmp_path / "piped.db")]
    variables = environment(tmp_path) | {"PYTHONPATH": str(install.ROOT)}

    def run(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *words], input=given, capture_output=True, text=True, cwd=tmp_path, env=variables
        )

    assert run("store", "add", "shop.example", "--currency", "EUR").returncode == 0
    piped = run("import", "-", given=ROWS + "short\n")
    assert (piped.returncode, piped.stdout[:37]) == (0, "3 sessions imported, 1 line rejected ")
    assert "Traceback" not in piped.stderr
    assert json.loads((tmp_path / "import.rejected.jsonl").read_text())["line"] == 5


def test_the_console_starts_says_where_it_is_and_stops(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        with urllib.request.urlopen(server.url) as answer:  # noqa: S310  # our own http address
            assert answer.status == 200
        assert f"Cartwatch is at {server.url}" in server.output()
        assert server.stop() in (0, -15)
        assert "Traceback" not in server.output()
