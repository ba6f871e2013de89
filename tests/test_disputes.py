"""What Shopify says of orders afterwards: chargebacks and assessed risk, as labels of the sessions they came from."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from data.disputes import judged
from tests.factories import a_store, after
from tests.post import Post, a_post
from tests.shopify import order

DISPUTE = {
    "id": 285332461,
    "order_id": 1001,
    "type": "chargeback",
    "amount": "49.95",
    "currency": "USD",
    "reason": "fraudulent",
    "network_reason_code": "4837",
    "status": "needs_response",
    "evidence_due_by": "2026-03-20T00:00:00Z",
    "evidence_sent_on": None,
    "finalized_on": None,
    "initiated_at": "2026-03-10T00:00:00Z",
}
RISK = {
    "order_id": "1001",
    "admin_graphql_api_order_id": "gid://shopify/Order/1001",
    "provider_id": None,
    "provider_title": None,
    "risk_level": "HIGH",
    "created_at": "2026-03-01T13:00:00Z",
}


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with a_post(tmp_path) as found:
        yield found


async def told(post: Post, topic: str, payload: object, minutes: float = 60) -> None:
    await post.receive(topic, payload, triggered_at=after(minutes), received_at=after(minutes))
    await post.applier.apply_waiting()


async def labels(post: Post) -> list[Any]:
    return [tuple(row) for row in await post.rows("SELECT source, bad FROM risk_label ORDER BY source")]


async def bought(post: Post) -> None:
    await told(post, "orders/create", order(id=1001), 5)


@pytest.mark.parametrize(
    ("reason", "status", "bad"),
    [
        ("fraudulent", "needs_response", True),
        ("fraudulent", "lost", True),
        ("Unrecognized", "under_review", True),
        ("fraudulent", "won", False),
        ("product_not_received", "lost", None),
        ("credit_not_processed", "won", None),
    ],
)
def test_only_a_dispute_about_fraud_says_something_of_a_shopper(reason: str, status: str, bad: bool | None) -> None:
    assert judged(reason, status) is bad


async def test_a_chargeback_labels_the_session_of_its_order(post: Post) -> None:
    await bought(post)
    await told(post, "disputes/create", DISPUTE)
    assert await labels(post) == [("dispute", 1)]
    assert (await post.states())[-1] == ("applied", None)


async def test_one_that_is_won_makes_it_good(post: Post) -> None:
    await bought(post)
    await told(post, "disputes/create", DISPUTE, 60)
    await told(post, "disputes/update", DISPUTE | {"status": "won"}, 90)
    assert await labels(post) == [("dispute", 0)]


async def test_what_comes_late_does_not_undo_what_was_said_after_it(post: Post) -> None:
    await bought(post)
    await told(post, "disputes/update", DISPUTE | {"status": "won"}, 90)
    await told(post, "disputes/update", DISPUTE | {"status": "under_review"}, 80)
    assert await labels(post) == [("dispute", 0)]


async def test_a_chargeback_before_its_order_waits_for_it(post: Post) -> None:
    await told(post, "disputes/create", DISPUTE)
    assert (await labels(post), await post.states()) == ([], [("unmatched", None)])
    await bought(post)
    await post.applier.apply_waiting()
    assert await labels(post) == [("dispute", 1)]
    assert await post.states() == [("applied", None), ("applied", None)]


async def test_a_high_risk_is_bad_and_no_other_is_proof_of_good(post: Post) -> None:
    await bought(post)
    await told(post, "orders/risk_assessment_changed", RISK, 60)
    assert await labels(post) == [("order_risk", 1)]
    await told(post, "orders/risk_assessment_changed", RISK | {"risk_level": "LOW"}, 61)
    assert await labels(post) == []


async def test_an_order_is_also_known_by_its_global_id(post: Post) -> None:
    await bought(post)
    await told(post, "orders/risk_assessment_changed", RISK | {"order_id": None})
    assert await labels(post) == [("order_risk", 1)]


@pytest.mark.parametrize("missing", ["order_id", "reason", "status"])
async def test_a_body_that_is_no_dispute_is_kept_and_not_taken_for_one(post: Post, missing: str) -> None:
    await told(post, "disputes/create", {name: value for name, value in DISPUTE.items() if name != missing})
    assert await post.states() == [("quarantined", f"{missing}: is required")]


async def test_another_stores_order_is_not_labelled(post: Post) -> None:
    other = await a_store(post.db, "other.example")
    await bought(post)
    await post.receive("disputes/create", DISPUTE, store=other)
    await post.applier.apply_waiting()
    assert await labels(post) == []
