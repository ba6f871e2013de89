"""The addresses where deliveries arrive and shops ask, as they are shown to the merchant or given to Shopify."""

from html import escape

RENEWS_USUALLY = 300
"""Seconds between two renewals of the beacon, unless its line says otherwise (assets/beacon.js)."""

SHOPIFY = "/webhooks/shopify/"
"""Before the address of a store's connection."""


def shopify_webhooks(base: str, address: str) -> str:
    """Where a store's webhooks go. ``base`` is where the console is reached, without a closing slash."""
    return f"{base}{SHOPIFY}{address}"


def beacon_line(base: str, address: str, timer_minutes: int) -> str:
    """The line of a theme that includes the storefront beacon, which renews twice in a hold of ``timer_minutes``."""
    seconds = min(RENEWS_USUALLY, timer_minutes * 20)
    renews = "" if seconds == RENEWS_USUALLY else f' data-renew-seconds="{seconds}"'
    return f'<script async src="{escape(base)}/beacon.js" data-key="{escape(address)}"{renews}></script>'


def events(base: str) -> str:
    """Where the events API is."""
    return f"{base}/api/events"


def decision(base: str) -> str:
    """Where a shop asks about a cart; its token follows."""
    return f"{base}/api/decision?cart_token="


def reached_by_shopify(base: str) -> bool:
    """Whether Shopify would send anything there: it takes encrypted addresses only.

    https://shopify.dev/docs/apps/build/webhooks/subscribe/https
    """
    return base.startswith("https://")
