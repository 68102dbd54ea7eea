"""The static order key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from horde_server.dispatch.order import order_key

CAP_S = 1800.0
balances = st.integers(-5_000, 10**15)


@given(balances, balances)
def test_more_kudos_never_means_later(one: int, other: int) -> None:
    poor, rich = sorted((one, other))
    assert order_key(0.0, rich, head_start_cap_s=CAP_S) <= order_key(0.0, poor, head_start_cap_s=CAP_S)


@given(balances)
def test_no_balance_buys_more_than_the_cap(balance: int) -> None:
    assert -CAP_S <= order_key(0.0, balance, head_start_cap_s=CAP_S) <= 0.0


def test_of_equals_the_earlier_is_first() -> None:
    assert order_key(1.0, 500, head_start_cap_s=CAP_S) < order_key(2.0, 500, head_start_cap_s=CAP_S)


def test_a_flagged_account_waits_longer_than_anybody_who_came_when_it_did() -> None:
    assert order_key(0.0, 10**12, head_start_cap_s=CAP_S, flagged=True) > order_key(0.0, -50, head_start_cap_s=CAP_S)
