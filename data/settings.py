"""Settings: from the command line, else from ``CARTWATCH_…`` variables, else as written here."""

import re
from ipaddress import IPv6Address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from data.host_names import HOST

_PREFIX = "CARTWATCH_"

_NAME = re.compile(HOST)
_USUAL_PORTS = {"http": 80, "https": 443}


class SettingsProblem(ValueError):
    """A setting that cannot be used: one sentence that names it."""


def _origin(address: str | None) -> str | None:
    """An address without path and without what goes without saying; only this machine may do without encryption."""
    if address is None:
        return None
    parts = urlsplit(address.strip().rstrip("/"))
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError
    host = _host((parts.hostname or "").rstrip("."))
    if parts.scheme not in (("http", "https") if host in ("localhost", "127.0.0.1", "[::1]") else ("https",)):
        raise ValueError
    usual = _USUAL_PORTS[parts.scheme]  # which nobody says in a Host header
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _host(name: str) -> str:
    """A name as it stands in a Host header: in ASCII, an IPv6 address in brackets. Raises ValueError."""
    if ":" in name:
        return f"[{IPv6Address(name)}]"
    ascii_name = name.encode("idna").decode()
    if not _NAME.fullmatch(ascii_name):
        raise ValueError
    return ascii_name


def _networks(text: str) -> str:
    for one in filter(None, map(str.strip, text.split(","))):
        ip_network(one, strict=False)
    return text


class Settings(BaseSettings):
    """How this console runs. ``database`` is a path or a URL; without one it is a file in the user's data folder.

    ``public_url`` is where deliveries reach it from outside; ``trusted_proxies`` are whose word counts for the address
    of a client.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, frozen=True)

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8080, ge=1, le=65535)
    database: str | None = None
    open: bool = True
    native: bool = False
    public_url: Annotated[str | None, AfterValidator(_origin)] = None
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = "127.0.0.1,::1"

    @property
    def public_host(self) -> str | None:
        """Name and port under which deliveries arrive from outside, as a Host header has them."""
        return urlsplit(self.public_url).netloc if self.public_url else None

    @classmethod
    def load(cls, **given: object) -> "Settings":
        """Settings where ``given`` counts before the variables; None means not given. Raises SettingsProblem."""
        chosen = {name: value for name, value in given.items() if value is not None}
        try:
            return cls(**chosen)  # type: ignore[arg-type]  # the model itself checks them
        except ValidationError as problems:
            first = problems.errors()[0]
            name = str(first["loc"][0])
            shown = f"--{name.replace('_', '-')}" if name in chosen else f"{_PREFIX}{name.upper()}"
            raise SettingsProblem(f"{shown} is {first['input']!r}, but must be {_MUST_BE[name]}.") from None

    def location(self, *, demo: bool = False) -> str:
        """Where the database is. The demo has one of its own, so that it never mixes with real sessions.

        Makes the user's data folder where it is needed and missing. Raises SettingsProblem when that cannot be done.
        """
        if self.database is not None:
            return self.database
        folder = user_data_path("cartwatch", appauthor=False)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise SettingsProblem(
                f"The folder {folder} cannot be made ({problem.strerror}). Say where the database is with --database."
            ) from None
        return str(Path(folder) / ("demo.db" if demo else "cartwatch.db"))


_MUST_BE = {
    "host": "an address of this machine, such as 127.0.0.1",
    "port": "a whole number between 1 and 65535",
    "database": "the path of a file",
    "open": "true or false",
    "native": "true or false",
    "public_url": "the https address under which Shopify reaches this console, such as https://cartwatch.shop.example",
    "trusted_proxies": "addresses or networks, separated by commas",
}
