"""What nobody should send: bodies and headers that are broken in every way we know of."""

import gzip
import json
from datetime import timedelta
from typing import Any

from data.event_format import DEEPEST
from tests import shopify
from tests.server import shop

DEEP = 1_025
"""Levels that orjson does not read."""

_TOKENS = ["a?key=secret", "100%", "under_score", "back\\slash", "quote'\"", "<b>", "ﷺ\u202egnp\u200b", "x" * 255]
_NO_TOKENS = ["", "?key=secret", "\0", "a\0b", "\ud800", "\x1b[31m", "x" * 5_000]
_ODD: list[Any] = [7, None, [], {}, 2**70]
_NO_LISTS: list[Any] = [{}, "x", 7, [7], [None], [[]]]
_NO_SIGNALS: list[Any] = ["", "SEEN", "expire", "\0", 7, None, []]
_PRICES: list[Any] = ["-1.00", "NaN", "Infinity", "1e999", "9" * 4_000, "1,00", "three", str(2**70), 2**70]
_QUANTITIES: list[Any] = [-1, 1.5, "2", True, 2**31, 2**70, [], {}]


def _cart(token: object = "t", **known: Any) -> dict[str, Any]:
    at = shop.text(shop.moment(timedelta(minutes=3)))
    return shopify.cart() | {"id": None, "token": token, "updated_at": at, "created_at": at} | known


def _sent(document: object) -> bytes:
    return json.dumps(document).encode()  # lone surrogates stay as they are, escaped


def _with(name: str, value: object) -> bytes:
    return _sent(_cart(line_items=[shopify.item() | {name: value}]))


def _priced(amount: object, currency: object = "USD") -> bytes:
    money = {"shop_money": {"amount": amount, "currency_code": currency}}
    item = shopify.item() | {"price": amount, "discounted_price": amount, "price_set": money}
    return _sent(_cart(line_items=[item | {"discounted_price_set": money}]))


NOT_JSON = [
    *(b"", b" ", b"\0", b"\xff\xfe", b"{", b"[", b"]", b"nul", b'{"a":' * 2_000, b"\xef\xbb\xbf{}", b"{}\n{"),
    b"[" * DEEP + b"]" * DEEP,
    b'{"token":"t","a":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    gzip.compress(_sent(_cart())),
    gzip.compress(bytes(50_000_000)),  # 50 kB that would be 50 MB
]

UNREADABLE = [
    *NOT_JSON,
    *(b"null", b"true", b"[]", b"[{}]", b'""', b"NaN", b"1e999", b"{}", b"1" * 5_000, b'{"token":"\xff"}'),
    *(_sent(_cart(token)) for token in _NO_TOKENS),
    *(_sent(_cart(line_items=wrong)) for wrong in _NO_LISTS),
    *(_with("quantity", wrong) for wrong in _QUANTITIES),
    *(_priced(wrong) for wrong in _PRICES),
    *(_priced("1.00", wrong) for wrong in ("ZZZ", "\0", "US", "x" * 500)),
    *(_sent(_cart(updated_at=wrong)) for wrong in ("yesterday", "9999-99-99T99:99:99Z", "0001-01-01T00:00:00+14:00")),
    _sent(_cart(line_items=[{"quantity": 1}] * 10_000)),
    _sent(_cart(line_items=[{"title": "x", "price": "9" * 15, "quantity": 1_000_000}])),
    _sent(_cart() | {"cart_token": "t"}),
    b'{"token":"t","line_items":[{"quantity":1e400}]}',
    b'{"token":"t","updated_at":"2026-01-01T00:00:00Z","line_items":[],"line_items":7}',
]
"""Bodies of ``carts/update`` that cannot be understood."""

READABLE = [
    *(_sent(_cart(token)) for token in _TOKENS),
    *(_with("quantity", few) for few in (0, 1_000_000_000, None)),
    *(_with("properties", odd) for odd in (None, "NULL", {"a": float("nan")}, {"a": {"b": 2**70}}, ["\ud800"])),
    *(_with("title", odd) for odd in ("", "\u202eevil\u200b", "\0\0", "\ud800", "=1+1", "<script>alert(1)</script>")),
    *(_priced(*both) for both in (("0", "USD"), ("23600", "JPY"), ("1.234", "KWD"), ("52000.0", "EUR"), ("٣", "USD"))),
    *(_sent(_cart(updated_at=when)) for when in ("2199-12-31T00:00:00Z", "2000-01-01T00:00:00Z", "NULL", None)),
    b'{"token":"first","token":"second","line_items":[],"line_items":null}',
    b'{"token":"nested","a":' + b"[" * DEEPEST * 2 + b"]" * DEEPEST * 2 + b"}",
    b'{"token":"number","note":NaN,"line_items":null,"attributes":[1e999,-Infinity]}',
]
"""Bodies of ``carts/update`` that are odd, and understood all the same."""

_EVENT = {"type": "cart.updated", "cart_token": "t", "occurred_at": "2026-03-01T12:00:00Z"}

EVENTS = [
    *NOT_JSON,
    *(b"null", b"[]", b"[[]]", b"[{}]", b"NaN", b"[1e999]", b"{}\n{\n[]\n\xff", b'{"type": "\xff"}'),
    *(_sent(_EVENT | {"cart_token": token}) for token in [*_TOKENS, *_NO_TOKENS]),
    *(_sent(_EVENT | {"lines": [{"quantity": wrong}]}) for wrong in _QUANTITIES),
    *(_sent(_EVENT | {"lines": [{"unit_price": wrong}]}) for wrong in _PRICES),
    *(_sent(_EVENT | {"currency": wrong, "lines": [{"unit_price": "1.23"}]}) for wrong in ("ZZZ", "JPY", "KWD", 7)),
    *(_sent(_EVENT | {"ip": odd}) for odd in ("::ffff:192.0.2.1", "fe80::1%eth0", "010.1.1.1", "999.1.1.1", 2**70)),
    *(_sent(_EVENT | {"country": odd}) for odd in ("XX", "T1", "\0\0", "ß", 7)),
    *(_sent(_EVENT | {name: 2**70}) for name in ("id", "occurred_at", "expires_at", "checkout_token", "anything")),
    *(_sent(_EVENT | {"occurred_at": when}) for when in ("2199-12-31T23:59:59Z", "2000-01-01T00:00:00Z", "now")),
    _sent(_EVENT | {"lines": [{"quantity": 1}] * 10_000}),
    _sent([_EVENT] * 1_001),
    _sent(_EVENT | {"anything": json.loads("[" * 70 + "]" * 70)}),
    b'{"type":"session.started","type":7,"cart_token":{},"occurred_at":1e999}',
]

SIGNALS = [
    *NOT_JSON,
    *(b"null", b"[]", b"{}", b"NaN", b'{"cart_token":"t"}', b'{"cart_token":"t","signal":"seen","signal":7}'),
    *(_sent({"cart_token": token, "signal": "seen"}) for token in [*_TOKENS, *_NO_TOKENS, *_ODD]),
    *(_sent({"cart_token": "t", "signal": odd}) for odd in _NO_SIGNALS),
    _sent({"cart_token": "t", "signal": "extend", "ip": "1.2.3.4", "expires_at": "2199-01-01T00:00:00Z", "lines": []}),
]

TOO_LARGE = b"[" + b" " * 2_000_000 + b"]"

HEADERS: list[dict[str, str]] = [
    *({}, {}, {}, {}),  # mostly as they should be
    *({"X-Shopify-Topic": odd} for odd in ("", "x" * 8_000, "<script>", "carts/../update", "\xff\xfe", "CARTS/UPDATE")),
    *({"X-Shopify-Triggered-At": odd} for odd in ("", "soon", "9999-12-31T23:59:59Z", "2199-01-01T00:00:00Z", "NaN")),
    *({"X-Shopify-Webhook-Id": odd} for odd in ("", "x" * 8_000, "\xff", "' OR 1=1 --")),
    *({"Content-Type": odd} for odd in ("", "text/html", "multipart/form-data", "application/json; charset=utf-16")),
    *(
        {"X-Forwarded-For": odd}
        for odd in ("", "x" * 5_000, "1.2.3.4, \xff", "fe80::1%eth0", "010.1.1.1", "[::1]:99999")
    ),
    *({"User-Agent": odd} for odd in ("", "x" * 8_000, "\xff\x80", "<script>alert(1)</script>")),
    *({"Cookie": "cartwatch_language=../../x; ;=;"}, {"Accept-Language": "*;q=x,,--;q=1e999"}, {"Range": "bytes=-1-"}),
]

RAW = [
    b"\0" * 100 + b"\r\n\r\n",
    b"POST {path} HTTP/9.9\r\n\r\n",
    b"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
    b"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n{}",
    b"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
    b"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Shopify-Topic: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    b"POST {path} HTTP/1.1\r\nHost: [\r\nContent-Length: 2\r\n\r\n{}",
    b"POST {path} HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    b"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{}",  # and hangs up
]
"""What is no HTTP, or stops halfway."""
