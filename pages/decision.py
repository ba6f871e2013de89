"""``GET /api/decision``: a storefront or a checkout asks whether a cart may go on. The answer is in the README."""

from collections.abc import Callable
from datetime import UTC, datetime

from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from data import decisions
from data.database import DatabaseProblem
from data.event_format import LONGEST_ID
from pages.answers import in_json
from pages.api_key import store_of
from pages.body import Refused
from pages.console import Console


def register(console: Callable[[], Console]) -> None:
    """Add the endpoint."""

    @app.get("/api/decision")
    async def decide(request: Request) -> Response:
        return await answer(request, console())


async def answer(request: Request, console: Console) -> Response:
    """What counts for the cart that is asked about, or one sentence why nothing can be said."""
    try:
        store = await store_of(request, console.database)
        token = _token(request)
        verdict = await decisions.of_cart(console.database, store.id, token, console.clock())
    except Refused as refused:
        return in_json({"error": str(refused)}, refused.status)
    except DatabaseProblem as problem:
        return in_json({"error": f"Nothing can be said. {problem}"}, 503)
    return in_json(
        {
            "cart_token": token,
            "known": verdict.known,
            "level": verdict.level,
            "action": verdict.action,
            "score": verdict.score,
            "decision": verdict.decision,
            "reason": verdict.reason,
            "until": _text(verdict.until),
            "assessed_at": _text(verdict.assessed_at),
        }
    )


def _token(request: Request) -> str:
    """The token as it is stored: an event's token is cut and measured in the same way (data.event_format)."""
    asked = request.query_params.getlist("cart_token")
    if len(asked) > 1:
        raise Refused(400, "Ask about one cart at a time.")
    token = (asked[0] if asked else "").strip().partition("?")[0]
    if not token:
        raise Refused(400, "Say which cart: /api/decision?cart_token=TOKEN")
    if len(token) > LONGEST_ID:
        raise Refused(400, f"cart_token must have 1 to {LONGEST_ID} characters.")
    return token


def _text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
