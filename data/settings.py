"""Settings: from the command line, else from ``CARTWATCH_…`` variables, else these defaults."""

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How a console is started."""

    model_config = SettingsConfigDict(env_prefix="CARTWATCH_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    database: str | None = None
    open: bool = True
    native: bool = False

    def location(self, *, demo: bool = False) -> str:
        """The database: the one that is named, else one in the user's data folder; the demo has its own."""
        if self.database:
            return self.database
        return str(_folder() / ("demo.db" if demo else "cartwatch.db"))


def _folder() -> Path:
    return user_data_path("cartwatch", appauthor=False)
