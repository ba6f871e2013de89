"""Settings come from options, then variables, then defaults, and a wrong one is named."""

from pathlib import Path

import pytest

from data.settings import Settings, SettingsProblem


def test_without_anything_the_console_listens_only_on_this_machine_and_opens_the_browser() -> None:
    settings = Settings.load()
    assert (settings.host, settings.port, settings.open, settings.native) == ("127.0.0.1", 8080, True, False)


def test_an_option_counts_before_its_variable_and_a_variable_before_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARTWATCH_PORT", "9001")
    monkeypatch.setenv("CARTWATCH_HOST", "0.0.0.0")  # noqa: S104  # only read, never listened on
    monkeypatch.setenv("CARTWATCH_OPEN", "no")
    settings = Settings.load(port=9002, host=None)
    assert (settings.port, settings.host, settings.open) == (9002, "0.0.0.0", False)  # noqa: S104  # the same


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWATCH_PORT", "")
    assert Settings.load().port == 8080


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CARTWATCH_PORT", "http", "CARTWATCH_PORT is 'http', but must be a whole number between 1 and 65535."),
        ("CARTWATCH_PORT", "70000", "CARTWATCH_PORT is '70000', but must be a whole number between 1 and 65535."),
        ("CARTWATCH_NATIVE", "perhaps", "CARTWATCH_NATIVE is 'perhaps', but must be true or false."),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsProblem) as problem:
        Settings.load()
    assert str(problem.value) == words


def test_a_wrong_option_is_named_as_one() -> None:
    with pytest.raises(SettingsProblem, match=r"^--port is 0, but must be"):
        Settings.load(port=0)


def test_without_a_database_there_is_one_in_the_users_data_folder_and_the_demo_has_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("data.settings.user_data_path", lambda *_, **__: tmp_path / "new" / "cartwatch")
    settings = Settings.load()
    assert Path(settings.location()) == tmp_path / "new" / "cartwatch" / "cartwatch.db"
    assert Path(settings.location(demo=True)) == tmp_path / "new" / "cartwatch" / "demo.db"
    assert (tmp_path / "new" / "cartwatch").is_dir()


def test_a_database_that_was_named_is_used_as_it_is(tmp_path: Path) -> None:
    named = str(tmp_path / "absent" / "my.db")
    settings = Settings.load(database=named)
    assert settings.location() == settings.location(demo=True) == named
    assert not (tmp_path / "absent").exists()


def test_a_data_folder_that_cannot_be_made_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("data.settings.user_data_path", lambda *_, **__: tmp_path / "file" / "cartwatch")
    with pytest.raises(SettingsProblem, match="--database"):
        Settings.load().location()


@pytest.mark.parametrize(
    "address", ["https://cartwatch.shop.example", "HTTPS://Cartwatch.shop.example/", "http://127.0.0.1:9"]
)
def test_where_deliveries_arrive_is_an_origin(address: str) -> None:
    assert Settings.load(public_url=address).public_url == address.lower().rstrip("/")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://cartwatch.shop.example:443", "cartwatch.shop.example"),
        ("https://cartwatch.shop.example:8443", "cartwatch.shop.example:8443"),
        ("https://cartwatch.shop.example:80/", "cartwatch.shop.example:80"),
        ("http://localhost:80", "localhost"),
        ("https://[2001:DB8::1]", "[2001:db8::1]"),
        ("https://[2001:db8:0:0::1]:443", "[2001:db8::1]"),
        ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("http://[::1]:80", "[::1]"),
        ("https://Käse.example.", "xn--kse-qla.example"),
    ],
)
def test_where_deliveries_arrive_is_named_as_a_host_header_names_it(address: str, host: str) -> None:
    settings = Settings.load(public_url=address)
    assert settings.public_host == host
    assert settings.public_url == f"{address.split(':')[0]}://{host}"


@pytest.mark.parametrize(
    "address",
    [
        *("http://cartwatch.shop.example", "cartwatch.shop.example", "https://", "https://a/b", "https://a@b"),
        *("ftp://a", "https://*", "https://a b", "https://a:99999", "https://a:port", "https://a:65536"),
        *("https://[2001:db8::1", "https://[shop]"),
    ],
)
def test_an_address_that_shopify_could_not_reach_is_refused(address: str) -> None:
    with pytest.raises(SettingsProblem, match=r"--public-url is .* must be the https address"):
        Settings.load(public_url=address)


def test_trusted_proxies_are_addresses_or_networks() -> None:
    assert Settings.load(trusted_proxies="10.0.0.0/8, ::1").trusted_proxies == "10.0.0.0/8, ::1"
    with pytest.raises(SettingsProblem, match="--trusted-proxies is 'everyone'"):
        Settings.load(trusted_proxies="everyone")
