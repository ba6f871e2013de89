"""How a store is connected to Shopify: its domain and secret there, the address, the topics, and the steps."""

from datetime import datetime

from nicegui import ui

from data.deliveries import Source
from data.records import ConnectionRecord
from data.shopify import PRIVACY_TOPICS, TOPICS
from ui.card import fact, facts
from ui.copy_field import copy_field
from ui.language import Language
from ui.moments import countdown, relative
from ui.session_header import copy_button
from ui.text import Text
from ui.topics import topic_label

API_VERSION = "2026-10"
"""The version of Shopify's API whose payloads data.shopify_payloads knows."""


def connection_absent(language: Language) -> None:
    """What connecting brings, where there is no connection."""
    Text(
        language.text(
            "Shopify tells Cartwatch of every cart, checkout and order by signed webhooks. "
            "You need the right to open Settings in your shop's admin, and five minutes."
        ),
        "p",
    ).classes("cw-absent")


def connection_facts(connection: ConnectionRecord, now: datetime, language: Language) -> None:
    """Whose deliveries are taken, and by which secret."""
    with facts():
        with fact(language.text("Domain at Shopify")):
            Text(connection.shop or "", "bdi")
        with fact(language.text("Signing secret")):
            if connection.hint is None:
                Text(language.text("Not entered yet"))
            else:
                Text(f"••••{connection.hint}", "bdi").classes("cw-token")
        with fact(language.text("Connected")):
            relative(connection.created_at, now, language)
        if connection.former_until is not None and connection.former_until > now:
            with fact(language.text("Former secret counts for")):
                countdown(connection.former_until, now).classes("cw-figure")
                Text(language.text("until {time}", time=language.date_time(connection.former_until))).classes(
                    "cw-secondary cw-exact"
                )


def connection_setup(address: str, language: Language, *, reached: bool) -> None:
    """The webhook address, the topics, and what to do with them; ``reached`` says whether Shopify sends there."""
    if not reached:
        Text(
            language.text(
                "Shopify delivers only to https addresses, and this console does not have one yet. "
                "Start it with the one under which it is reached from outside, as in: "
                "cartwatch --public-url https://cartwatch.shop.example"
            ),
            "p",
        ).classes("cw-note cw-tone-attention")
    copy_field(language.text("Webhook address"), address, language.text("Copy webhook address"))
    with ui.element("div").classes("cw-copied"):
        with ui.element("div").classes("cw-topics-head"):
            Text(language.text("Topics")).classes("cw-copied-label")
            copy_button("\n".join(TOPICS), language.text("Copy topics"))
        with ui.element("ul").classes("cw-topics"):
            for topic in TOPICS:
                with ui.element("li"):
                    Text(topic_label(Source.SHOPIFY, topic, language) or "")
                    Text(topic, "code").classes("cw-token cw-secondary")
    _steps(language)
    _with_an_app(address, language)


def _steps(language: Language) -> None:
    Text(language.text("In your shop's admin"), "h3")
    with ui.element("ol").classes("cw-steps"):
        for step in (
            language.text("Open Settings, then Notifications, then Webhooks."),
            language.text("Create a webhook for each topic above: format JSON, and the webhook address as its URL."),
            language.text("Below the webhooks Shopify shows what they are signed with. Enter it here as the secret."),
            language.text("Send a test delivery from here. Then put something into a cart of your shop."),
        ):
            Text(step, "li")


def _with_an_app(address: str, language: Language) -> None:
    with ui.element("details").classes("cw-raw"):
        Text(language.text("With an app of your own"), "summary")
        Text(
            language.text(
                "The secret is then the app's client secret. These subscriptions go to its shopify.app.toml, "
                "those of privacy requests among them, which every app has to answer:"
            ),
            "p",
        ).classes("cw-secondary")
        copy_field("shopify.app.toml", _toml(address), language.text("Copy subscriptions"), block=True)


def _toml(address: str) -> str:
    # Apart from each other: Shopify's own command line has refused both kinds of topics in one subscription.
    # https://github.com/Shopify/cli/issues/5505
    lines = ["[webhooks]", f'api_version = "{API_VERSION}"']
    for name, topics in (("topics", TOPICS), ("compliance_topics", PRIVACY_TOPICS)):
        quoted = ", ".join(f'"{topic}"' for topic in topics)
        lines += ["", "[[webhooks.subscriptions]]", f"{name} = [{quoted}]", f'uri = "{address}"']
    return "\n".join(lines)
