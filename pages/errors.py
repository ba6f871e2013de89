"""What is shown where something is not there or went wrong. Never a traceback, never a framework's own page."""

import logging

from nicegui import Client, app, ui
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from data.database import Busy
from pages.console import ASSETS_ADDRESS, language_of
from pages.security import HEADERS
from ui.frame import THEMES, document_head
from ui.states import not_found

log = logging.getLogger("cartwatch")


def register() -> None:
    """Take the place of the framework's error pages."""

    async def missing(request: Request, problem: Exception) -> Response:
        detail = problem.detail if isinstance(problem, HTTPException) else "Not Found"
        if _wants_data(request):
            return JSONResponse({"error": str(detail)}, 404)
        return nothing_here(request)

    async def failed(request: Request, problem: Exception) -> Response:
        busy = isinstance(problem, Busy)
        if not busy:
            # Only where it failed: what follows in an address may name a shopper's cart.
            log.error("%s /%s failed", request.method, request.url.path.split("/")[1][:50], exc_info=problem)
        language = language_of(request)
        words = (
            str(problem) if busy else language.text("Something went wrong on our side. It has been written to the log.")
        )
        status = 503 if busy else 500
        answer = JSONResponse({"error": words}, status) if _wants_data(request) else _page(request, status, words)
        answer.headers.update(HEADERS)
        return answer

    app.exception_handler(404)(missing)
    app.exception_handler(Busy)(failed)
    app.exception_handler(Exception)(failed)
    app.on_page_exception(_in_page)


def no_such_store(request: Request, domain: str) -> None:
    """Build the page for a store that is not there, or not for this visitor: both read the same."""
    language = language_of(request)
    _head(request)
    ui.context.client.status_code = 404
    not_found(language, language.text("There is no such store here."), "/", language.text("Back to the sessions"))


def nothing_here(request: Request) -> Response:
    """The page for an unknown address."""
    return _page(request, 404, language_of(request).text("There is nothing at this address."))


def busy(request: Request, problem: Busy) -> Response:
    """The page while the database cannot be read: what is wrong and what to do, as 503."""
    return _page(request, 503, str(problem))


def _in_page(_: Exception) -> None:
    request = ui.context.client.request
    _head(request)
    language = language_of(request)
    words = language.text("Something went wrong on our side. It has been written to the log.")
    not_found(language, words, "/", language.text("Back to the sessions"), code="500")


def _page(request: Request, status: int, words: str) -> Response:
    language = language_of(request)
    with Client(ui.page(""), request=request) as client:
        _head(request)
        not_found(language, words, "/", language.text("Back to the sessions"), code=str(status))
    return client.build_response(request, status)


def _head(request: Request) -> None:
    theme = request.cookies.get("cartwatch_theme", "auto")
    ui.add_head_html(document_head(ASSETS_ADDRESS, theme if theme in THEMES else "auto", language_of(request)))
    ui.page_title("Cartwatch")


def _wants_data(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/assets/", "/healthz", "/_nicegui"))
