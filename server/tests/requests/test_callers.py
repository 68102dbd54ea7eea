"""Who takes turns with others where something is scarce."""

from __future__ import annotations

import pytest

from horde_server.identity.caller import Caller


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2600:db8:1:2::7", "2600:db8:1:2::8", True),
        ("2600:db8:1:2::7", "2600:db8:1:3::7", False),
    ],
)
def test_who_has_no_account_is_his_household(one: str, other: str, are_one: bool) -> None:
    assert (Caller(None, one, "").requester == Caller(None, other, "").requester) is are_one
