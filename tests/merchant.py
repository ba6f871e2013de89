"""What a merchant does on the page of connections, and what they see there, without a browser."""

import asyncio
import json
from collections.abc import Callable

from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from data import connections
from data.deliveries import ConnectionKind
from data.records import StoreRecord
from pages import doorways
from tests.console import NOW, Site
from tests.shopify import SECRET, SHOP, headers
from ui.form import Form
from ui.text import Text


async def connected(site: Site, domain: str = "shop.example", secret: str = SECRET) -> StoreRecord:
    """A store that is connected to Shopify."""
    store = await site.store(domain)
    await connections.connect_shopify(site.database, store, shop=SHOP, secret=secret, now=NOW)
    return store


async def deliver(
    site: Site, store: StoreRecord, body: bytes, topic: str = "carts/create", secret: str = SECRET
) -> int:
    """Send a delivery to the store's address, and let the page hear of what became of it; the status."""
    found = (await connections.of_store(site.database, store.id))[ConnectionKind.SHOPIFY]
    path = doorways.shopify_webhooks("", found.address)
    answer = await site.client.post(path, content=body, headers=headers(topic, body, secret=secret))
    await site.console.applier.apply_waiting()
    await site.console.refusals.write()
    await site.console.live.look()
    return answer.status_code


def words(user: User) -> list[str]:
    """Every text of our own elements, in the order of the page."""
    assert user.client is not None
    return [element.text for element in user.client.elements.values() if isinstance(element, Text) and element.text]


def everything(user: User) -> str:
    """All that the browser is told of the page."""
    assert user.client is not None
    return json.dumps([element._to_dict() for element in user.client.elements.values()], default=str)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a page that is being brought up to date."""
    for _ in range(1_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the page was not brought up to date")


def form(user: User, field: str) -> UserInteraction[Form]:
    """The form with a field of this name."""
    assert user.client is not None
    found = [
        element
        for element in user.client.elements.values()
        if isinstance(element, Form) and any(inside.props.get("name") == field for inside in element.descendants())
    ]
    return UserInteraction(user, set(found[-1:]), Form)


def press(user: User, label: str, place: int = 0) -> None:
    """Press a button by its words; the first of them unless told otherwise."""
    assert user.client is not None
    buttons = [
        element
        for element in user.client.elements.values()
        if element.tag == "button"
        and label in [inside.text for inside in element.descendants() if isinstance(inside, Text)]
    ]
    UserInteraction(user, {buttons[place]}, None).click()


def counts(user: User, topic: str) -> list[str]:
    """What the table says of a topic: received, repeated, refused."""
    shown = words(user)
    found = [number for number, text in enumerate(shown) if text == topic][-1]
    return [text for text in shown[found + 1 : found + 5] if text.isdigit()][:3]


def fields(user: User) -> dict[str, str]:
    """What stands in the fields of the page where nobody has typed, by their names."""
    assert user.client is not None
    props = [element.props for element in user.client.elements.values()]
    return {known["name"]: known["defaultValue"] for known in props if "defaultValue" in known}
