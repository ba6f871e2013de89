"""``/learning``: what a store's labels have taught, how it does on trial, and whether to use it."""

from collections.abc import Callable
from typing import Any

from nicegui import ui
from starlette.requests import Request

from data import learned_models, learning
from data.database import Busy
from data.learned_models import LearnedModel, PromotionProblem
from data.learning import ENOUGH
from data.records import StoreRecord
from data.risk_models import ModelState
from pages.console import Console, language_of
from pages.store_page import store_page
from ui.card import card
from ui.controls import button
from ui.learning_report import comparison, learning_report
from ui.learning_words import learning_address, standing_words, verdict_words
from ui.text import Text
from ui.toast import toast


def register(console: Callable[[], Console]) -> None:
    """Add the page."""
    store_page(
        console,
        "/learning",
        title="Learning · Cartwatch",
        here="learning",
        sheet="connections.css",
        address=learning_address,
        build=lambda console, request, store: LearningView(console, request, store).build(),
    )


class LearningView:
    """One open page of one visitor."""

    def __init__(self, console: Console, request: Request, store: StoreRecord) -> None:
        self._console = console
        self._store = store
        self._language = language_of(request)
        self._client = ui.context.client

    async def build(self) -> None:
        """Render the page."""
        with ui.element("div").classes("cw-page"):
            with ui.element("div").classes("cw-page-header"):
                Text(self._language.text("Learning"), "h1").classes("cw-title")
                Text(self._store.domain, "bdi").classes("cw-secondary cw-page-store")
            self._part = ui.element("div").classes("cw-column")
            await self._show()

    async def _show(self) -> None:
        db, language = self._console.database, self._language
        standing = learning.standing(await learning.labelled(db, self._store.id))
        models = await learned_models.of_store(db, self._store.id)
        tried = next((one for one in models if one.state is ModelState.SHADOW), None)
        trial = await learning.on_trial(db, self._store.id, tried.created_at) if tried else None
        self._part.clear()
        with self._part:
            self._used(next((one for one in models if one.state is ModelState.ACTIVE), None))
            with card(language.text("What is known"), name="labels"):
                Text(standing_words(standing.bad, standing.good, ENOUGH, language), "p")
                words = language.text(
                    "Cartwatch learns from your decisions about single sessions, from chargebacks, and from your files."
                )
                Text(words, "p").classes("cw-secondary")
            if tried is not None:
                self._tried(tried, trial)

    def _used(self, used: LearnedModel | None) -> None:
        language = self._language
        with card(language.text("In use"), name="model-in-use"):
            if used is None:
                Text(language.text("Rules, not yet calibrated."), "p")
                return
            Text(language.text("Learned model {version}.", version=used.version), "p")
            button(language.text("Back to the rules"), on_click=self._forget)

    def _tried(self, tried: LearnedModel, trial: dict[str, Any] | None) -> None:
        language = self._language
        with card(language.text("On trial: {version}", version=tried.version), name="model-on-trial"):
            learning_report(tried.report, language)
            if trial is not None:
                Text(language.text("Since it was learned"), "h3")
                Text(verdict_words(trial, language), "p")
                comparison(trial, language)
            if learned_models.proven(tried.report):
                button(language.text("Use it"), kind="primary", on_click=self._promote)
            else:
                button(language.text("Use it anyway"), on_click=self._promote_anyway)

    async def _promote(self) -> None:
        await self._do(anyway=False)

    async def _promote_anyway(self) -> None:
        await self._do(anyway=True)

    async def _do(self, *, anyway: bool) -> None:
        try:
            await learned_models.promote(
                self._console.database, self._store.id, now=self._console.clock(), anyway=anyway
            )
        except (PromotionProblem, Busy) as problem:
            toast(self._client, str(problem))
            return
        await self._show()

    async def _forget(self) -> None:
        try:
            await learned_models.forget(self._console.database, self._store.id, now=self._console.clock())
        except Busy as problem:
            toast(self._client, str(problem))
            return
        await self._show()
