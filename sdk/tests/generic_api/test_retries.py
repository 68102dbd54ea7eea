"""How long a client waits before it tries again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, strategies as st

from horde_sdk.generic_api.retries import RetryConfiguration, seconds_of


def test_waits_grow_and_honour_the_server() -> None:
    patience = RetryConfiguration()

    assert [patience.delay_s(failures, chance=lambda: 0.0) for failures in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert patience.delay_s(1, "7", chance=lambda: 0.0) == 7.0
    in_ten_s = format_datetime(datetime.now(UTC) + timedelta(seconds=10))
    assert 8 < patience.delay_s(1, in_ten_s, chance=lambda: 0.0) <= 10


@given(failures=st.integers(1, 9), header=st.one_of(st.none(), st.text(max_size=20), st.integers().map(str)))
def test_wait_is_never_negative_nor_beyond_the_longest(failures: int, header: str | None) -> None:
    assert 0 < RetryConfiguration().delay_s(failures, header) <= 30.0


@pytest.mark.parametrize("date", [f"Mon, 01 Jan {'9' * 20} 00:00:00 +0000", "Mon, 01 Jan 2026 00:00:00", "nan", ";"])
def test_date_that_is_none_says_nothing(date: str) -> None:
    assert seconds_of(date) == 0.0


@pytest.mark.parametrize(
    "wrong", [{"max_retries": 10}, {"initial_delay_seconds": 0}, {"backoff_factor": 1}, {"jitter_factor": 0}]
)
def test_senseless_patience_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        RetryConfiguration(**wrong)
