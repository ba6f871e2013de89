"""The watch: what it lets go, what it does not count, and that nothing looks into its own future."""

from tests.shoppers import CONVERTED, EXPIRED, SECOND, STARTED, Shop

IP = "203.0.113.7"


def test_after_an_order_that_followed_its_expiry_the_next_session_of_the_address_may_expire_too() -> None:
    shop = Shop()
    shop.tell(1, STARTED, 0, IP, lines={"v1": 1})
    shop.tell(1, EXPIRED, 900 * SECOND)
    shop.tell(1, CONVERTED, 901 * SECOND)
    shop.tell(2, STARTED, 902 * SECOND, IP, lines={"v1": 1})
    shop.tell(2, EXPIRED, 1_802 * SECOND)
    told = shop.tell(3, STARTED, 1_803 * SECOND, IP, lines={"v1": 1})
    assert (told["ip_bought"], told["ip_over"]) == (1, 2)
