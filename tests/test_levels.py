"""The level that counts: the merchant's word beats every score."""

import pytest

from data.levels import Decision, RiskLevel, effective


@pytest.mark.parametrize("assessed", RiskLevel)
def test_the_merchants_decision_counts_and_without_one_the_assessment(assessed: RiskLevel) -> None:
    assert effective(assessed, None) is assessed
    assert effective(assessed, Decision.RESTRICTED) is RiskLevel.RESTRICTED
    assert effective(assessed, Decision.CLEARED) is RiskLevel.NORMAL
