"""What deliveries are about, in the words that Shopify's admin has for its topics."""

from data.deliveries import Source
from ui.language import Language


def topic_label(source: Source, topic: str, language: Language) -> str | None:
    """The words of a topic; None for one that has only its name."""
    shopify = {
        "carts/create": language.text("Cart creation"),
        "carts/update": language.text("Cart update"),
        "checkouts/create": language.text("Checkout creation"),
        "checkouts/update": language.text("Checkout update"),
        "checkouts/delete": language.text("Checkout deletion"),
        "orders/create": language.text("Order creation"),
        "orders/paid": language.text("Order payment"),
        "orders/cancelled": language.text("Order cancellation"),
        "disputes/create": language.text("Dispute creation"),
        "disputes/update": language.text("Dispute update"),
        "orders/risk_assessment_changed": language.text("Order risk assessment"),
        "customers/data_request": language.text("Customer's data request"),
        "customers/redact": language.text("Customer's data erasure"),
        "shop/redact": language.text("Shop's data erasure"),
        "other": language.text("Other topics"),
    }
    beacon = {
        "seen": language.text("Shopper seen"),
        "renew": language.text("Hold renewed"),
        "extend": language.text("Hold extended"),
        "other": language.text("Unreadable reports"),
    }
    return (shopify if source is Source.SHOPIFY else beacon).get(topic)
