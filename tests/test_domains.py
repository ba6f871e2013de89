"""Domains as merchants type and paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from data import domains


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" My-Shop.Example ", "my-shop.example"),
        ("https://My-Shop.example/", "my-shop.example"),
        ("http://my-shop.example/collections?page=2#top", "my-shop.example"),
        ("//my-shop.example", "my-shop.example"),
        ("my-shop.example.", "my-shop.example"),
        ("localhost:8080/", "localhost:8080"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("https://店.例え/", "xn--hxt.xn--r8jz45g"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_what_is_pasted_is_trimmed_to_its_host(typed: str, meant: str) -> None:
    assert domains.host(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        *("", "https://", "/", "a b", "-a.example", "a..b", "x" * 256, "a\x00", "ftp://a.example", "me@a.example"),
        *("ü" * 64 + ".example", "ü" * 100_000, "\u202ea.example", "a.example:123456", "\ud800.example"),
    ],
)
def test_what_has_no_host_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        domains.host(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("my-shop", "MY-SHOP.myshopify.com", "https://my-shop.myshopify.com/admin", "my-shop.myshopify.com/"),
        *("https://admin.shopify.com/store/my-shop", "admin.shopify.com/store/my-shop/settings/notifications"),
    ],
)
def test_a_shop_is_meant_by_its_name_its_domain_and_its_admin(typed: str) -> None:
    assert domains.shop(typed) == "my-shop.myshopify.com"


def test_a_shop_at_shopify_has_no_port() -> None:
    with pytest.raises(ValueError, match="no port"):
        domains.shop("my-shop.myshopify.com:443")


@given(some.text(max_size=300))
def test_whatever_is_typed_is_a_host_or_refused(typed: str) -> None:
    try:
        meant = domains.host(typed)
    except ValueError:
        return
    assert meant.isascii()
    assert domains.host(meant) == meant
