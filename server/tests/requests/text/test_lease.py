"""How long text workers get."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.requests.text.lease import MIN_TTL_S, ttl_s
from horde_server.requests.text.order import TextOrder

orders = st.builds(
    TextOrder,
    prompt=st.integers(1, 100_000).map("x".__mul__),
    max_length=st.integers(16, 4096),
    max_context_length=st.integers(80, 1_048_576),
)


@pytest.mark.parametrize(
    ("order", "texts", "speed", "expected_s"),
    [
        (TextOrder(prompt="x", max_length=80), 1, 1.0, 150),  # as upstream's, for what it suffices
        (TextOrder(prompt="x", max_length=512), 1, 1.0, 286),  # of unknown speed: two tokens a second
        (TextOrder(prompt="x", max_length=512), 1, 10.0, 150),
        (TextOrder(prompt="x", max_length=4096, max_context_length=8192), 1, 10.0, 849),  # half of what it has shown
        (TextOrder(prompt="x", max_length=4096, max_context_length=8192), 1, 500.0, 439),
        (TextOrder(prompt="x" * 40_000, max_length=512, max_context_length=8192), 1, 1.0, 449),  # a prompt is read too
    ],
)
def test_the_lease_follows_the_tokens_and_the_speed(order: Any, texts: int, speed: float, expected_s: int) -> None:
    assert ttl_s(order, texts=texts, speed=speed, extra_slow=False) == expected_s


def test_extra_slow_workers_get_three_times_as_long() -> None:
    order = TextOrder(prompt="x", max_length=80)
    assert ttl_s(order, texts=1, speed=1.0, extra_slow=True) == 3 * MIN_TTL_S


@given(orders, st.integers(1, 20), st.floats(0, 1e6))
def test_nobody_gets_less_than_upstream_gives_and_more_work_never_less_time(
    order: TextOrder, texts: int, speed: float
) -> None:
    given_s = ttl_s(order, texts=texts, speed=speed, extra_slow=False)
    assert given_s >= MIN_TTL_S
    assert ttl_s(order, texts=texts + 1, speed=speed, extra_slow=False) >= given_s
    assert ttl_s(order, texts=texts, speed=speed + 1, extra_slow=False) <= given_s
