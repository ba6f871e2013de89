"""Answers of the endpoints: JSON, and as fresh as it is."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


def in_json(
    content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None, *, option: int = 0
) -> Response:
    """An answer that nobody keeps; ``headers`` add to its own, ``option`` is orjson's."""
    sent = {"Cache-Control": "no-store"} | dict(headers or {})
    return Response(orjson.dumps(content, option=option), status, sent, "application/json")
